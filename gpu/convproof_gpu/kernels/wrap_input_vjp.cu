// wrap_input_vjp: each input adds up the cotangents of its copies, gathered.
//
//   x_bar[n, c, i] = sum_p  y_bar[n, c, p]       p = (i + low) mod I, then every I-th, along each axis
//
// Stands in      convproof/index_maps/wrapping.py, Wrapping
// Shapes         y_bar (N, C, *B) float   x_bar (N, C, *I)   v (n)   wide (n) float, C-contiguous
// Mapping        two kernels: one thread owns an operand v of the product that gives y_bar, and widens it; then one thread
//                owns an input; neighbours have neighbouring inputs
// Order of sum   p, row-major, ascending, in one float; y_bar is float, so that halves are rounded once
// Races          none: a gather; no atomics
// Preconditions  a thread for every operand, then for every input
#include "wrapping.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(256) wrap_operand(const T* __restrict__ v, float* __restrict__ wide, const Int n) {
  const Int i = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) wide[i] = widened(v[i]);
}

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256)
wrap_input_vjp(const float* __restrict__ y_bar, T* __restrict__ x_bar, const Wrapping<Int, DIMS> wrapping) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= wrapping.planes * volume(wrapping.input)) return;
  Int i[DIMS];
  const float* image = y_bar + unflat(number, wrapping.input, i) * volume(wrapping.bordered);
  float sum = 0.0f;
  wrapping.copies(i).each(wrapping.bordered, [&](Int p, const Int (&)[DIMS]) { sum += image[p]; });
  x_bar[number] = rounded<T>(sum);
}
