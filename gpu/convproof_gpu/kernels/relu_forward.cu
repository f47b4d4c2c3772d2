// relu_forward: y = max(x, 0); NaN stays NaN.
//
//   y[i] = 0 if x[i] <= 0, x[i] otherwise
//
// Shapes         x (n)   y (n), C-contiguous
// Mapping        vectors.cuh: a thread owns WIDTH neighbouring elements
// Order of sum   there is none
// Races          none: one thread owns an output
// Preconditions  at least n / WIDTH threads, rounded up; with WIDTH > 1 the arrays begin at multiples of 16 bytes
#include "vectors.cuh"

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(256) relu_forward(const T* __restrict__ x, T* __restrict__ y, const Int n) {
  elementwise<WIDTH>(n, y, [](float v) { return v <= 0.0f ? 0.0f : v; }, x);
}
