// cross_entropy_input_vjp: the derivative of the loss in the scores.
//
//   x_bar[n, i] = loss_bar[n] * (exp(x[n, i] - m) / sum_j exp(x[n, j] - m) - [i = target[n]])       m = max_j x[n, j]
//
// Shapes         x, x_bar (N, classes)   target (N) of 64-bit integers   loss_bar (N), C-contiguous
// Mapping        lines.cuh: lanes share a row, which is read three times
// Order of sum   each lane's elements ascending, then a binary tree
// Races          none: a barrier between the steps of the tree; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes rows, rounded up; of a target that is no class the
//                derivative is NaN
#include "lines.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(THREADS)
cross_entropy_input_vjp(const T* __restrict__ x, const long long* __restrict__ target, const T* __restrict__ loss_bar,
                        T* __restrict__ x_bar, const Lines<Int> lines) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(lines);
  const Exponentials line = exponentials(held, portion, x);
  const long long wanted = portion.there ? target[portion.line] : 0;
  const bool is_class = 0 <= wanted && wanted < lines.size;
  const float cotangent = portion.there && is_class ? widened(loss_bar[portion.line]) : not_a_number();
  portion.each([&](Int at) {
    const float y = expf(widened(x[at]) - line.greatest) / line.total;
    x_bar[at] = rounded<T>(cotangent * (at - portion.first == wanted ? y - 1.0f : y));
  });
}
