// conv_halo: a convolution of stride 1, or a phase of an adjoint, on the tensor cores, its source staged once for all taps.
//
//   y[n, g R + r, i(q)] = activation( b[g R + r] + sum_{j,c}  w'[g R + r, j, c] * x'[n, g, o(q, j), c] )
//   o(q, j) = origin + q + step j       i(q) = first + spread q       along two axes; zero outside the source
//
// Stands in      convproof/index_maps/halo.py, Halo
// Shapes         x' (N, G, *source, C')   w' (G R, J, C')   b (G R) or null   y (N, G R, *result), C-contiguous, as of conv_tensor
// Mapping        halo.cuh: a block for each tile of rows, and of pixels of an image and a group
// Order of sum   halo.cuh; the bias last
// Races          none: one thread owns an output; no atomics
// Preconditions  every array has less than 2^31 elements; operands begin at multiples of 16 bytes; two taps or more, stride 1;
//                operands of floats are words of tf32
#include "epilogue.cuh"
#include "halo.cuh"

template <class T, class Halos>
__global__ void __launch_bounds__(Halos::THREADS, Halos::RESIDENT)
conv_halo(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Correlations<2> sizes,
          const Halo halo, const int tiles, const Epilogue epilogue) {
  contract_halo<T, Halos>(Correlation<2, UNIT<T>>(sizes), halo, w, x, tiles, [&](int product, int r, int at, float sum) {
    if (b != nullptr) sum += widened(b[product * sizes.rows + r]);
    y[at] = rounded<T>(epilogue(sum));
  });
}
