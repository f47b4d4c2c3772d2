// softmax_input_vjp: the derivative of y = exp(x) / sum exp(x) along one axis.
//
//   x_bar[o, i, p] = y[o, i, p] * (y_bar[o, i, p] - sum_j y_bar[o, j, p] y[o, j, p])
//
// Shapes         x (outer, size, inner)   y_bar, x_bar (outer, size, inner), C-contiguous
// Mapping        lines.cuh: lanes share a line and hold EACH elements of it in registers, which are read once; with
//                EACH = 0 it is read again, four times
// Order of sum   each lane's elements ascending, then a binary tree
// Races          none: see lines.cuh; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes lines, rounded up; lanes EACH >= the line's elements, unless
//                EACH is 0; with WIDTH > 1 inner is 1, WIDTH divides size and the arrays begin at multiples of 16 bytes
#include "lines.cuh"

template <class T, class Int, int WIDTH, int EACH>
__global__ void __launch_bounds__(THREADS, 1)
softmax_input_vjp(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Lines<Int> lines) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(lines);
  float sum = 0.0f;
  if constexpr (EACH == 0) {
    const Exponentials line = exponentials(held, portion, x);
    const auto power = [&](Int at) { return expf(widened(x[at]) - line.greatest); };
    portion.each([&](Int at) { sum += widened(y_bar[at]) * power(at); });
    sum = together<plus>(held, portion.lanes, sum) / line.total;
    portion.each([&](Int at) { x_bar[at] = rounded<T>(power(at) / line.total * (widened(y_bar[at]) - sum)); });
  } else {
    float v[EACH], cotangents[EACH];
    portion.template load<WIDTH>(x, lowest(), v);
    portion.template load<WIDTH>(y_bar, 0.0f, cotangents);
    const Over total(exponentials(held, portion, v).total);
#pragma unroll
    for (int k = 0; k < EACH; k++) sum += cotangents[k] * v[k];
    sum = together<plus>(held, portion.lanes, sum) / total.total;
#pragma unroll
    for (int k = 0; k < EACH; k++) v[k] = total(v[k]) * (cotangents[k] - sum);
    portion.template store<WIDTH>(x_bar, v);
  }
}
