// bias_vjp: b_bar, the sum of the cotangent over all axes but the channels.
//
//   b_bar[c] = sum_{n,i}  y_bar[n, c, i]
//
// Shapes         y_bar (N, C, I)   b_bar (C), C-contiguous   parts (C, splits) float: where splits is 1, b_bar
// Mapping        the elements (n, i) of a channel are shared out among `splits` blocks, `each` vectors of WIDTH to a
//                block, and neighbouring threads have neighbouring ones; where I is 1 it is rows that are shared out,
//                and a thread has WIDTH neighbouring channels of every ROWS-th row. bias_parts adds up the parts of
//                a channel, a block for each
// Order of sum   a thread's elements in turn in SUMS sums (where I is 1, in one), these, the threads of a block and
//                the parts in the trees of lines.cuh
// Races          none: between a write and a read of shared memory there is a barrier; no atomics
// Preconditions  a block of 256 threads for each channel (where I is 1, for each COLUMNS vectors of them) and split;
//                with WIDTH > 1 I (where it is 1, C) is a multiple of it, and y_bar begins at a multiple of 16 bytes
#include "channels.cuh"
#include "lines.cuh"

constexpr int SUMS = 4, COLUMNS = 32, ROWS = THREADS / COLUMNS;

// Writes a part, and where there is but one the sum.
template <class T, class Int>
__device__ inline void write(float* parts, T* b_bar, Int splits, Int channel, Int split, float sum) {
  if (splits == 1)
    b_bar[channel] = rounded<T>(sum);
  else
    parts[channel * splits + split] = sum;
}

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(THREADS)
bias_vjp(const T* __restrict__ y_bar, float* __restrict__ parts, T* __restrict__ b_bar, const Channels<Int> sizes, const Int splits,
         const Int each) {
  __shared__ float held[THREADS];
  const Int channel = blockIdx.x / splits, split = blockIdx.x % splits;
  const Int row = sizes.inner / WIDTH, count = sizes.outer * row, plane = sizes.channels * sizes.inner;
  const Int last = (split + 1) * each < count ? (split + 1) * each : count;
  // (n, i) is counted on by THREADS vectors, for quotients are slow.
  const Int images = THREADS / row, vectors = THREADS % row, first = channel * sizes.inner;
  Int v = split * each + static_cast<int>(threadIdx.x), n = v / row, i = v % row;

  float sums[SUMS] = {};
  while (v < last) {
    Vector<T, WIDTH> y[SUMS];
#pragma unroll
    for (int k = 0; k < SUMS * WIDTH; k++) y[k / WIDTH].at[k % WIDTH] = rounded<T>(0.0f);
#pragma unroll
    for (int s = 0; s < SUMS; s++) {  // all loads are under way before the first sum
      if (v < last) y[s] = loaded<WIDTH>(y_bar + n * plane + first + i * WIDTH);
      v += THREADS;
      n += images;
      i += vectors;
      if (i >= row) {
        i -= row;
        n++;
      }
    }
#pragma unroll
    for (int k = 0; k < SUMS * WIDTH; k++) sums[k / WIDTH] += widened(y[k / WIDTH].at[k % WIDTH]);
  }
  const float sum = together<plus>(held, Lanes{static_cast<int>(threadIdx.x), THREADS, 1}, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  if (threadIdx.x == 0) write(parts, b_bar, splits, channel, split, sum);
}

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(THREADS)
bias_vjp_of_rows(const T* __restrict__ y_bar, float* __restrict__ parts, T* __restrict__ b_bar, const Channels<Int> sizes,
                 const Int splits, const Int each) {
  __shared__ float held[THREADS];
  const int thread = threadIdx.x;
  const Int split = blockIdx.x % splits, channel = (blockIdx.x / splits * COLUMNS + thread % COLUMNS) * WIDTH;
  const Int last = (split + 1) * each < sizes.outer ? (split + 1) * each : sizes.outer;
  const bool there = channel < sizes.channels;
  float sums[WIDTH] = {};
#pragma unroll 4
  for (Int n = split * each + thread / COLUMNS; there && n < last; n += ROWS) {
    const Vector<T, WIDTH> y = loaded<WIDTH>(y_bar + n * sizes.channels + channel);
#pragma unroll
    for (int k = 0; k < WIDTH; k++) sums[k] += widened(y.at[k]);
  }
#pragma unroll
  for (int k = 0; k < WIDTH; k++) {
    const float sum = together<plus>(held, Lanes{thread / COLUMNS, ROWS, COLUMNS}, sums[k]);
    if (there && thread < COLUMNS) write(parts, b_bar, splits, channel + k, split, sum);
  }
}

template <class T>
__global__ void __launch_bounds__(THREADS) bias_parts(const float* __restrict__ parts, T* __restrict__ b_bar, const int splits) {
  __shared__ float held[THREADS];
  float sum = 0.0f;
  for (int s = threadIdx.x; s < splits; s += THREADS) sum += parts[static_cast<long long>(blockIdx.x) * splits + s];
  sum = together<plus>(held, Lanes{static_cast<int>(threadIdx.x), THREADS, 1}, sum);
  if (threadIdx.x == 0) b_bar[blockIdx.x] = rounded<T>(sum);
}
