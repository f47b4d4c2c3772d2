// cross_entropy_input_vjp: the derivative of the loss in the scores.
//
//   x_bar[n, i] = loss_bar[n] * (exp(x[n, i] - m) / sum_j exp(x[n, j] - m) - [i = target[n]])       m = max_j x[n, j]
//   x_bar[n, i] = 0                                                                                 target[n] = ignored
//
// Shapes         x, x_bar (N, classes)   target (N) of 64-bit integers   loss_bar (N), C-contiguous
// Mapping        lines.cuh: lanes share a line and hold EACH elements of it in registers, which are read once; with
//                EACH = 0 it is read again, three times
// Order of sum   each lane's elements ascending, then a binary tree
// Races          none: see lines.cuh; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes rows, rounded up; lanes EACH >= the line's elements, unless
//                EACH is 0; with WIDTH > 1 it divides classes, x and x_bar begin at multiples of 16 bytes;
//                of a target that is no class the derivative is NaN
#include "lines.cuh"

template <class T, class Int, int WIDTH, int EACH>
__global__ void __launch_bounds__(THREADS, 1)
cross_entropy_input_vjp(const T* __restrict__ x, const long long* __restrict__ target, const T* __restrict__ loss_bar,
                        T* __restrict__ x_bar, const Lines<Int> lines, const long long ignored) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(lines);
  const long long wanted = portion.there ? target[portion.line] : 0;
  const bool is_class = 0 <= wanted && wanted < lines.size;
  const bool counts = wanted != ignored;
  const float cotangent = portion.there && is_class ? widened(loss_bar[portion.line]) : not_a_number();
  if constexpr (EACH == 0) {
    const Exponentials line = exponentials(held, portion, x);
    portion.each([&](Int at) {
      const float y = expf(widened(x[at]) - line.greatest) / line.total;
      x_bar[at] = rounded<T>(counts ? cotangent * (at - portion.first == wanted ? y - 1.0f : y) : 0.0f);
    });
  } else {
    float v[EACH];
    portion.template load<WIDTH>(x, lowest(), v);
    const Over total(exponentials(held, portion, v).total);
    const int one = is_class ? static_cast<int>(wanted) - portion.lanes.lane * WIDTH : -1;  // from the lane's first
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      const float y = total(v[k]);
      v[k] = counts ? cotangent * (k / WIDTH * portion.lanes.count * WIDTH + k % WIDTH == one ? y - 1.0f : y) : 0.0f;
    }
    portion.template store<WIDTH>(x_bar, v);
  }
}
