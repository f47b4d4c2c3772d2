// bias_vjp: b_bar, the sum of the cotangent over all axes but the channels.
//
//   b_bar[c] = sum_{n,i}  y_bar[n, c, i]
//
// Shapes         y_bar (N, C, I)   b_bar (C), C-contiguous
// Mapping        lines.cuh, with a line for each channel: its elements are (n, i); where I is 1, neighbouring
//                threads have neighbouring channels, else they share a channel and have neighbouring positions
// Order of sum   each thread's elements ascending, then a binary tree
// Races          none: a barrier between the steps of the tree; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes channels, rounded up
#include "channels.cuh"
#include "lines.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(THREADS)
bias_vjp(const T* __restrict__ y_bar, T* __restrict__ b_bar, const Channels<Int> sizes, const Int lanes) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(Lines<Int>{sizes.channels, sizes.outer * sizes.inner, sizes.inner == 1 ? sizes.channels : 1, lanes});
  // (n, i) is counted on by `lanes`, for quotients are slow.
  const Int images = lanes / sizes.inner, positions = lanes % sizes.inner, plane = sizes.channels * sizes.inner;
  Int n = portion.lane / sizes.inner, i = portion.lane % sizes.inner;
  float sum = 0.0f;
  while (portion.there && n < sizes.outer) {
    sum += widened(y_bar[n * plane + portion.line * sizes.inner + i]);
    n += images;
    i += positions;
    if (i >= sizes.inner) {
      i -= sizes.inner;
      n++;
    }
  }
  sum = together<plus>(held, portion, sum);
  if (portion.there && portion.lane == 0) b_bar[portion.line] = rounded<T>(sum);
}
