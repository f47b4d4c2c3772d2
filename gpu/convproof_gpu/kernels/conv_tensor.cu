// conv_tensor: the products of a convolution on the tensor cores, and what lays out their operands.
//
//   conv_tensor             y[n, g R + r, i(q)] = activation( b[g R + r] + sum_{j,c}  w'[g R + r, j, c] * x'[n, g, o(q, j), c] )
//   conv_tensor_parts       the same sums, not yet added to a bias, each of a part of the depth; conv_tensor_finish adds them
//   conv_tensor_weight_vjp  parts[g R + r, j, c] = sum_{n,q}  y_bar'[g R + r, n, q] * x'[n, g, o(q, j), c]
//   conv_tensor_last        y[n, i, r] = relu( b[r] + the same sum )   of one group
//   conv_tensor_pooled      y[n, g R + r, p] = max_m relu( b[g R + r] + the sum at q = 2 p + m )   or y[n, p, r], m in {0, 1}^2
//                           or of the sums in parts, which conv_tensor_finish_fused adds
//   conv_tensor_source      x'[n, g, o, c] = x[n, g C + c, o]
//   conv_tensor_rows        y_bar'[r, n, q] = y_bar[n, r, q]
//   conv_tensor_weights     w'[g R + r, j, c] = w[g R + r, c, j],  or  w[g C + c, r, tap + apart j]  of an adjoint's phase
//   conv_tensor_sum         w_bar[g R + r, c, j] = sum of the parts
//
// Stands in      convproof/index_maps/correlation.py; the pooled columns and channels last, convproof/index_maps/pooled.py
// Shapes         x (N, G C, *source)   b (G R) or null   y (N, G R, *result), C-contiguous; x' (N, G, *source, C'),
//                w' (G R, J, C'): C' is C padded with zeros to whole units of 16 bytes, (J, C') in the order of `Order`;
//                y_bar' (G R, N Q) padded with zeros to a multiple of 4, or y_bar as it is (Pairing); with its channels
//                last y (N, *result, R), where R is whole units of 16 bytes; pooled, of floor(result / 2) windows
// Mapping        tensor_contraction.cuh; a block of conv_tensor_source turns 32 channels of 64 positions round, one of
//                conv_tensor_finish_fused has 8 channels of 32 windows
// Order of sum   tensor_contraction.cuh; the bias last; the parts, ascending: the same in every run
// Races          none: one thread owns an output, or a weight of a part; no atomics
// Preconditions  every array has less than 2^31 elements; operands begin at multiples of 16 bytes; one block for each
//                tile of each group and split
#include "epilogue.cuh"
#include "tensor_products.cuh"
#include "vectors.cuh"

template <class T, int DIMS, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Correlations<DIMS> sizes,
            const Epilogue epilogue) {
  contract_on_tensor_cores<T, Tensor>(Correlation<DIMS, UNIT<T>>(sizes), w, x, 1, [&](int product, int r, int at, int, float sum) {
    if (b != nullptr) sum += widened(b[product * sizes.rows + r]);
    y[at] = rounded<T>(epilogue(sum));
  });
}

template <class T, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor_last(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Correlations<2> sizes,
                 const int relu) {
  contract_on_tensor_cores<T, Tensor>(Last<UNIT<T>>(sizes), w, x, 1, [&](int, int r, int at, int, const float (&sums)[UNIT<T>]) {
    Vector<T, UNIT<T>> unit;
#pragma unroll
    for (int k = 0; k < UNIT<T>; k++) unit.at[k] = rectified(sums[k], b, r + k, relu);
    store(y + at, unit);
  });
}

// LAST: y has its channels last.
template <class T, int LAST, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor_pooled(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y,
                   const Correlations<2> sizes, const int relu) {
  constexpr int ROWS = LAST ? UNIT<T> : 1;
  using Map = Pooled<UNIT<T>, LAST != 0>;
  contract_on_tensor_cores<T, Tensor>(Map(sizes), w, x, 1, [&](int product, int r, int at, int, const float (&sums)[4 * ROWS]) {
    const int channel = product * sizes.rows + r;
    Vector<T, ROWS> greatest;
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      greatest.at[k] = rectified(sums[k], b, channel + k, relu);
#pragma unroll
      for (int m = 1; m < 4; m++) greatest.at[k] = greater(greatest.at[k], rectified(sums[m * ROWS + k], b, channel + k, relu));
    }
    store(y + at, greatest);
  });
}

template <class T, int DIMS, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor_parts(const T* __restrict__ x, const T* __restrict__ w, float* __restrict__ parts, const int splits, const int n,
                  const Correlations<DIMS> sizes) {
  contract_on_tensor_cores<T, Tensor>(Correlation<DIMS, UNIT<T>>(sizes), w, x, splits, [&](int, int, int at, int split, float sum) {
    parts[static_cast<long long>(split) * n + at] = sum;
  });
}

template <int DIMS, class Tensor>
__global__ void __launch_bounds__(Tensor::THREADS, Tensor::RESIDENT)
conv_tensor_weight_vjp(const float* __restrict__ y_bar, const float* __restrict__ x, float* __restrict__ parts, const int splits,
                       const int length, const Correlations<DIMS> sizes) {
  const Pairing<DIMS> map(sizes, length);
  const long long weights = static_cast<long long>(map.products) * map.rows * map.columns;
  contract_on_tensor_cores<float, Tensor>(map, y_bar, x, splits, [&](int, int, int at, int split, float sum) { parts[split * weights + at] = sum; });
}

// An operand as it is multiplied: a word of tf32, nearest, where words are wanted; a number beyond the largest is cut.
template <class Word>
__device__ inline Word operand(float v, int words) {
  const unsigned nearest = __float_as_uint(v) + 0x1000u & 0xffffe000u, cut = __float_as_uint(v) & 0xffffe000u;
  if (words == 0 || !(fabsf(v) <= 3.402823466e38f)) return rounded<Word>(v);
  return rounded<Word>(__uint_as_float((nearest & 0x7f800000u) == 0x7f800000u ? cut : nearest));
}

// A block turns 32 channels of 64 positions of an image and a group round.
template <class T, class Word>
__global__ void __launch_bounds__(256)
conv_tensor_source(const T* __restrict__ x, Word* __restrict__ laid_out, const int channels, const int volume, const int words) {
  constexpr int CHANNELS = 32, POSITIONS = 64, EACH = UNIT<Word>, ACROSS = CHANNELS / EACH;
  __shared__ float turned[CHANNELS][POSITIONS + 1];
  const int padded = (channels + EACH - 1) / EACH * EACH, thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  const int along = (volume + POSITIONS - 1) / POSITIONS, deep = (padded + CHANNELS - 1) / CHANNELS;
  int block = blockIdx.x;
  const int first = block % along * POSITIONS;
  block /= along;
  const int channel = block % deep * CHANNELS, image = block / deep;
#pragma unroll
  for (int j = 0; j < 8; j++) {
    const int c = warp + 8 * (j / 2), p = lane + 32 * (j % 2);
    const bool there = (channel + c < channels) & (first + p < volume);
    turned[c][p] = there ? widened(x[(image * channels + channel + c) * volume + first + p]) : 0.0f;
  }
  __syncthreads();
#pragma unroll
  for (int j = 0; j < POSITIONS * ACROSS / 256; j++) {
    const int number = thread + 256 * j, c = number % ACROSS * EACH, p = number / ACROSS;
    if ((channel + c >= padded) | (first + p >= volume)) continue;
    Vector<Word, EACH> unit;
#pragma unroll
    for (int k = 0; k < EACH; k++) unit.at[k] = operand<Word>(turned[c + k][p], words);
    store(laid_out + ((image * volume + first + p) * padded + channel + c), unit);
  }
}

// A block has 1024 depths of a row of y_bar, which has `rows` of them.
template <class T>
__global__ void __launch_bounds__(256)
conv_tensor_rows(const T* __restrict__ y_bar, float* __restrict__ laid_out, const int rows, const int depths, const Quotient volume,
                 const int words) {
  const int length = (depths + 3) / 4 * 4, blocks = (length + 1023) / 1024, row = static_cast<int>(blockIdx.x) / blocks;
  const int first = (static_cast<int>(blockIdx.x) % blocks * 256 + static_cast<int>(threadIdx.x)) * 4;
  if (first >= length) return;
  Vector<float, 4> unit;
#pragma unroll
  for (int k = 0; k < 4; k++) {
    int n = first + k;
    const int q = volume.rest(n);
    unit.at[k] = first + k < depths ? operand<float>(widened(y_bar[(n * rows + row) * volume.by + q]), words) : 0.0f;
  }
  store(laid_out + (row * length + first), unit);
}

// Where a unit of w' lies, and in w its first weight, `weights` that are there, and how far apart they are.
struct LaidUnit {
  int to, from, apart, weights;
};

// The units of w': those of a block of eight, all taps, all rows of a group; then the blocks, and the groups. So the
// threads of a block read neighbouring weights, forward and adjoint.
struct Laid {
  int channels, all, kernel[3], tap[3], apart[3], adjoint;  // all weights of a channel; kernel of w, of three axes
  Quotient across, taps, rows, deep, many[2];               // units of a block; blocks; taps of the last two axes

  template <int UNIT>
  __device__ LaidUnit of(int number) const {
    const int units = (channels + UNIT - 1) / UNIT, in = across.rest(number);
    int rest = taps.rest(number);
    const int j = rest, r = rows.rest(number), block = deep.rest(number), row = number * rows.by + r;
    const int unit = 8 * block + in, c = unit * UNIT, width = units - 8 * block < 8 ? units - 8 * block : 8;
    if (in >= width) return {0, 0, 0, -1};
    int place[3];
#pragma unroll
    for (int d = 2; d >= 0; d--) place[d] = tap[d] + apart[d] * (d > 0 ? many[d - 1].rest(rest) : rest);
    int k = 0;
#pragma unroll
    for (int d = 0; d < 3; d++) k = k * kernel[d] + place[d];
    LaidUnit at;
    at.to = (row * taps.by * units + 8 * block * taps.by + j * width + in) * UNIT;
    at.from = (adjoint ? (number * channels + c) * rows.by + r : row * channels + c) * all + k;
    at.apart = adjoint ? rows.by * all : all;
    at.weights = channels - c < UNIT ? channels - c : UNIT;
    return at;
  }
};

template <class T>
__global__ void __launch_bounds__(256)
conv_tensor_weights(const T* __restrict__ w, T* __restrict__ laid_out, const int n, const int words, const Laid laid) {
  const int number = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (number >= n) return;
  const LaidUnit at = laid.of<UNIT<T>>(number);
  if (at.weights < 0) return;
  Vector<T, UNIT<T>> unit;
#pragma unroll
  for (int k = 0; k < UNIT<T>; k++)
    unit.at[k] = k < at.weights ? operand<T>(widened(w[at.from + k * at.apart]), words) : rounded<T>(0.0f);
  store(laid_out + at.to, unit);
}

// The parts have `size` weights each.
template <class T>
__global__ void __launch_bounds__(256)
conv_tensor_sum(const float* __restrict__ parts, T* __restrict__ w_bar, const int splits, const int size, const int n, const Laid laid) {
  const int number = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (number >= n) return;
  const LaidUnit at = laid.of<UNIT<float>>(number);
  if (at.weights < 0) return;
  Vector<float, 4> sum{};
#pragma unroll 8
  for (int split = 0; split < splits; split++) {
    const Vector<float, 4> part = loaded<4>(parts + (static_cast<long long>(split) * size + at.to));
#pragma unroll
    for (int k = 0; k < 4; k++) sum.at[k] += part.at[k];
  }
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (k < at.weights) w_bar[at.from + k * at.apart] = rounded<T>(sum.at[k]);
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

// Of a part, (N, rows, height, width), the windows of `side` x `side` positions, 2 or 1, down x along; last: y has its channels last.
struct Cells {
  int rows, height, width, down, along, side, last;
};

// A block has 8 channels of 32 windows of an image: neighbours read neighbouring windows, and write these, or the channels.
template <class T>
__global__ void __launch_bounds__(256)
conv_tensor_finish_fused(const float* __restrict__ parts, const T* __restrict__ b, T* __restrict__ y, const int splits, const int n,
                         const Cells cells, const int relu) {
  constexpr int CHANNELS = 8, WINDOWS = 32;
  __shared__ T turned[CHANNELS][WINDOWS + 1];
  const int windows = cells.down * cells.along, thread = threadIdx.x, lane = thread % WINDOWS, warp = thread / WINDOWS;
  const int along = (windows + WINDOWS - 1) / WINDOWS, deep = (cells.rows + CHANNELS - 1) / CHANNELS;
  int block = blockIdx.x;
  const int first = block % along * WINDOWS;
  block /= along;
  const int channel = block % deep * CHANNELS, image = block / deep;
  const int r = channel + warp, p = first + lane;
  if (r < cells.rows && p < windows) {
    const int down = p / cells.along * cells.side, beside = p % cells.along * cells.side;
    T greatest = rounded<T>(0.0f);
    for (int m = 0; m < cells.side * cells.side; m++) {
      const int row = (image * cells.rows + r) * cells.height + (down + m / cells.side);
      const int at = row * cells.width + (beside + m % cells.side);
      float sum = 0.0f;
#pragma unroll 4
      for (int split = 0; split < splits; split++) sum += parts[static_cast<long long>(split) * n + at];
      const T v = rectified(sum, b, r, relu);
      greatest = m == 0 ? v : greater(greatest, v);
    }
    if (cells.last) turned[warp][lane] = greatest;
    else y[(image * cells.rows + r) * windows + p] = greatest;
  }
  if (!cells.last) return;
  __syncthreads();
  const int c = channel + thread % CHANNELS, w = first + thread / CHANNELS;
  if (c < cells.rows && w < windows) y[(image * windows + w) * cells.rows + c] = turned[thread % CHANNELS][thread / CHANNELS];
}
