// softmax_forward: y = exp(x) / sum exp(x) along one axis.
//
//   y[o, i, p] = exp(x[o, i, p] - m) / sum_j exp(x[o, j, p] - m)       m = max_j x[o, j, p]
//
// Shapes         x (outer, size, inner)   y (outer, size, inner), C-contiguous
// Mapping        lines.cuh: lanes share a line, which is read three times
// Order of sum   each lane's elements ascending, then a binary tree
// Races          none: a barrier between the steps of the tree; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes lines, rounded up
#include "lines.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(THREADS) softmax_forward(const T* __restrict__ x, T* __restrict__ y, const Lines<Int> lines) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(lines);
  const Exponentials line = exponentials(held, portion, x);
  portion.each([&](Int at) { y[at] = rounded<T>(expf(widened(x[at]) - line.greatest) / line.total); });
}
