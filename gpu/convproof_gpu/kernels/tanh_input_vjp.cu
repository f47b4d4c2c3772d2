// tanh_input_vjp: the derivative of amplitude tanh(slope x), by an exponential: no nearly equal numbers are subtracted.
//
//   x_bar[i] = y_bar[i] * amplitude * slope * 4 q / (1 + q)^2       q = exp(-2 |slope * x[i]|)
//
// Shapes         x (n)   y_bar (n)   x_bar (n), C-contiguous
// Mapping        vectors.cuh: a thread owns WIDTH neighbouring elements
// Order of sum   there is none
// Races          none: one thread owns an output
// Preconditions  at least n / WIDTH threads, rounded up; with WIDTH > 1 the arrays begin at multiples of 16 bytes
#include "vectors.cuh"

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(256)
tanh_input_vjp(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const float amplitude, const float slope,
               const Int n) {
  const auto derivative = [=](float v, float cotangent) {
    const float q = expf(-2.0f * fabsf(slope * v)), one = 1.0f + q;
    return cotangent * (amplitude * slope * 4.0f * q / (one * one));
  };
  elementwise<WIDTH>(n, x_bar, derivative, x, y_bar);
}
