// relu_input_vjp: the derivative of max(x, 0), which is 0 at 0 and 1 at NaN.
//
//   x_bar[i] = 0 if x[i] <= 0, y_bar[i] otherwise
//
// Shapes         x (n)   y_bar (n)   x_bar (n), C-contiguous
// Mapping        vectors.cuh: a thread owns WIDTH neighbouring elements
// Order of sum   there is none
// Races          none: one thread owns an output
// Preconditions  at least n / WIDTH threads, rounded up; with WIDTH > 1 the arrays begin at multiples of 16 bytes
#include "vectors.cuh"

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(256)
relu_input_vjp(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Int n) {
  elementwise<WIDTH>(n, x_bar, [](float v, float cotangent) { return v <= 0.0f ? 0.0f : cotangent; }, x, y_bar);
}
