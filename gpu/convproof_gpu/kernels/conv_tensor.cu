// conv_tensor: the products of a convolution on the tensor cores, and what lays out their weights.
//
//   conv_tensor             y[n, g R + r, i(q)] = activation( b[g R + r] + sum_{j,c}  w'[g R + r, j, c] * x[n, g C + c, o(q, j)] )
//   conv_tensor_parts       the same sums, not yet added to a bias, each of a part of the depth; conv_tensor_finish adds them
//   conv_tensor_weight_vjp  parts[g R + r, j, c] = sum_{n,q}  y_bar[n, g R + r, q] * x[n, g C + c, o(q, j)]
//   conv_tensor_weights     w'[g R + r, j, c] = w[g R + r, c, j],  or  w[g C + c, r, tap + apart j]  of an adjoint's phase
//   conv_tensor_sum         w_bar[g R + r, c, j] = sum of the parts
//
// Stands in      convproof/index_maps/correlation.py
// Shapes         x (N, G C, *source)   w' (G R, J, C8)   b (G R) or null   y (N, G R, *result), C-contiguous;
//                C8 is C padded to a multiple of 8, with zeros; (J, C8) in the order of `Order`
// Mapping        tensor_contraction.cuh
// Order of sum   tensor_contraction.cuh; the bias last; the parts, ascending: the same in every run
// Races          none: one thread owns an output, or a weight of a part; no atomics
// Preconditions  every array has less than 2^31 elements; one block for each tile of each group and split
#include "epilogue.cuh"
#include "tensor_products.cuh"

template <class T, int DIMS, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Correlations<DIMS> sizes,
            const Epilogue epilogue) {
  contract_on_tensor_cores<T, Tensor>(Correlation<DIMS>(sizes), w, x, 1, [&](int product, int r, int at, int, float sum) {
    if (b != nullptr) sum += widened(b[product * sizes.rows + r]);
    y[at] = rounded<T>(epilogue(sum));
  });
}

template <class T, int DIMS, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor_parts(const T* __restrict__ x, const T* __restrict__ w, float* __restrict__ parts, const int splits, const int n,
                  const Correlations<DIMS> sizes) {
  contract_on_tensor_cores<T, Tensor>(Correlation<DIMS>(sizes), w, x, splits, [&](int, int, int at, int split, float sum) {
    parts[static_cast<long long>(split) * n + at] = sum;
  });
}

template <class T, int DIMS, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, float* __restrict__ parts, const int splits,
                       const Correlations<DIMS> sizes) {
  const Pairing<DIMS> map(sizes);
  const long long weights = static_cast<long long>(map.products) * map.rows * map.columns;
  contract_on_tensor_cores<T, Tensor>(map, y_bar, x, splits, [&](int, int, int at, int split, float sum) { parts[split * weights + at] = sum; });
}

// Where w' element `number`, of n, lies in w; -1 for a zero.
struct Laid {
  int channels, padded, taps, rows, kernel[3], tap[3], apart[3], many[3];  // kernel of w; many of w'; of three axes
  int adjoint;
  Quotient four_taps, rest;

  __device__ int operator()(int number) const {
    const int row = number / padded / taps;
    int c, rest;
    Order{four_taps, this->rest, padded}(number % (padded * taps), rest, c);
    if (c >= channels) return -1;
    int k = 0, place[3];
#pragma unroll
    for (int d = 2; d >= 0; d--) {
      place[d] = tap[d] + apart[d] * (rest % many[d]);
      rest /= many[d];
    }
#pragma unroll
    for (int d = 0; d < 3; d++) k = k * kernel[d] + place[d];
    const int all = kernel[0] * kernel[1] * kernel[2], product = row / rows, r = row % rows;
    return (adjoint ? (product * channels + c) * rows + r : row * channels + c) * all + k;
  }
};

template <class T>
__global__ void conv_tensor_weights(const T* __restrict__ w, T* __restrict__ laid_out, const int n, const Laid laid) {
  const long long at = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= n) return;
  const int from = laid(static_cast<int>(at));
  laid_out[at] = from < 0 ? rounded<T>(0.0f) : w[from];
}

template <class T>
__global__ void conv_tensor_sum(const float* __restrict__ parts, T* __restrict__ w_bar, const int splits, const int n, const Laid laid) {
  const long long at = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= n) return;
  const int to = laid(static_cast<int>(at));
  if (to < 0) return;
  float sum = 0.0f;
  for (int split = 0; split < splits; split++) sum += parts[static_cast<long long>(split) * n + at];
  w_bar[to] = rounded<T>(sum);
}

// y, of n elements and `volume` positions of each of `channels`.
template <class T>
__global__ void conv_tensor_finish(const float* __restrict__ parts, const T* __restrict__ b, T* __restrict__ y, const int splits, const int n,
                                   const int volume, const int channels, const Epilogue epilogue) {
  const long long at = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= n) return;
  float sum = 0.0f;
  for (int split = 0; split < splits; split++) sum += parts[static_cast<long long>(split) * n + at];
  if (b != nullptr) sum += widened(b[at / volume % channels]);
  y[at] = rounded<T>(epilogue(sum));
}
