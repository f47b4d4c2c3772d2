// softmax_input_vjp: the derivative of y = exp(x) / sum exp(x) along one axis.
//
//   x_bar[o, i, p] = y[o, i, p] * (y_bar[o, i, p] - sum_j y_bar[o, j, p] y[o, j, p])
//
// Shapes         x (outer, size, inner)   y_bar, x_bar (outer, size, inner), C-contiguous
// Mapping        lines.cuh: lanes share a line, which is read four times
// Order of sum   each lane's elements ascending, then a binary tree
// Races          none: a barrier between the steps of the tree; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes lines, rounded up
#include "lines.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(THREADS)
softmax_input_vjp(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Lines<Int> lines) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(lines);
  const Exponentials line = exponentials(held, portion, x);
  const auto power = [&](Int at) { return expf(widened(x[at]) - line.greatest); };
  float sum = 0.0f;
  portion.each([&](Int at) { sum += widened(y_bar[at]) * power(at); });
  sum = together<plus>(held, portion, sum) / line.total;
  portion.each([&](Int at) { x_bar[at] = rounded<T>(power(at) / line.total * (widened(y_bar[at]) - sum)); });
}
