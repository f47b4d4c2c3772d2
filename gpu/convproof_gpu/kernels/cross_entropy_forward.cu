// cross_entropy_forward: the loss of a classifier, minus the logarithm of its target's softmax.
//
//   loss[n] = m - x[n, target[n]] + log sum_j exp(x[n, j] - m)       m = max_j x[n, j]
//   loss[n] = 0                                                      target[n] = ignored
//
// Shapes         x (N, classes)   target (N) of 64-bit integers   loss (N), C-contiguous
// Mapping        lines.cuh: lanes share a line and hold EACH elements of it in registers, which are read once; with
//                EACH = 0 it is read again, two times
// Order of sum   each lane's elements ascending, then a binary tree
// Races          none: see lines.cuh; no atomics
// Preconditions  a block of 256 threads for every 256 / lanes rows, rounded up; lanes EACH >= the line's elements, unless
//                EACH is 0; with WIDTH > 1 it divides classes, and x begins at multiples of 16 bytes;
//                of a target that is no class the loss is NaN
#include "lines.cuh"

template <class T, class Int, int WIDTH, int EACH>
__global__ void __launch_bounds__(THREADS)
cross_entropy_forward(const T* __restrict__ x, const long long* __restrict__ target, T* __restrict__ loss, const Lines<Int> lines,
                      const long long ignored) {
  __shared__ float held[THREADS];
  const Portion<Int> portion(lines);
  Exponentials line;
  if constexpr (EACH == 0) {
    line = exponentials(held, portion, x);
  } else {
    float v[EACH];
    portion.template load<WIDTH>(x, lowest(), v);
    line = exponentials(held, portion, v);
  }
  if (!portion.there || portion.lanes.lane != 0) return;
  const long long wanted = target[portion.line];
  const bool is_class = 0 <= wanted && wanted < lines.size;
  const float of_target = is_class ? widened(x[portion.first + static_cast<Int>(wanted)]) : not_a_number();
  loss[portion.line] = rounded<T>(wanted == ignored ? 0.0f : line.greatest - of_target + logf(line.total));
}
