// softmax_forward: y = exp(x) / sum exp(x) along one axis.
//
//   y[o, i, p] = exp(x[o, i, p] - m) / sum_j exp(x[o, j, p] - m)       m = max_j x[o, j, p]
//
// Shapes         x (outer, size, inner)   y (outer, size, inner), C-contiguous
// Mapping        lines.cuh: lanes share a line and hold EACH elements of it in registers, which are read once; with
//                EACH = 0 it is read again, three times
// Order of sum   each lane's elements ascending, then a binary tree
// Races          none: see lines.cuh; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes lines, rounded up; lanes EACH >= the line's elements, unless
//                EACH is 0; with WIDTH > 1 inner is 1, WIDTH divides size and the arrays begin at multiples of 16 bytes
#include "lines.cuh"

template <class T, class Int, int WIDTH, int EACH>
__global__ void __launch_bounds__(THREADS) softmax_forward(const T* __restrict__ x, T* __restrict__ y, const Lines<Int> lines) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(lines);
  if constexpr (EACH == 0) {
    const Exponentials line = exponentials(held, portion, x);
    portion.each([&](Int at) { y[at] = rounded<T>(expf(widened(x[at]) - line.greatest) / line.total); });
  } else {
    float v[EACH];
    portion.template load<WIDTH>(x, lowest(), v);
    const Over total(exponentials(held, portion, v).total);
#pragma unroll
    for (int k = 0; k < EACH; k++) v[k] = total(v[k]);
    portion.template store<WIDTH>(y, v);
  }
}
