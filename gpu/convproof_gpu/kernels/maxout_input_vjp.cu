// maxout_input_vjp: each cotangent goes to the first maximum of its unit.
//
//   x_bar[n, pool u + j, i] = y_bar[n, u, i] if j is the first maximum of the unit, 0 otherwise
//
// Shapes         x (N, U pool, I)   y_bar (N, U, I)   x_bar (N, U pool, I), C-contiguous
// Mapping        a thread owns the units of WIDTH neighbouring positions, all their channels
// Order of sum   there is none: units do not overlap
// Races          none; no atomics
// Preconditions  a thread for every unit of every WIDTH positions; with WIDTH > 1 it divides I, and the arrays begin at
//                multiples of 16 bytes
#include "maxout.cuh"

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(256)
maxout_input_vjp(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Units<Int> units) {
  const Int output = (static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x) * WIDTH;
  if (output >= units.count) return;
  const Int first = units.first(output);
  float greatest[WIDTH];
  Int where[WIDTH];
  units.template maximum<WIDTH>(x + first, greatest, where);
  const auto cotangents = loaded<WIDTH>(y_bar + output);
  const T zero = rounded<T>(0.0f);
  for (Int j = 0; j < units.pool; j++) {
    Vector<T, WIDTH> made;
#pragma unroll
    for (int k = 0; k < WIDTH; k++) made.at[k] = j == where[k] ? cotangents.at[k] : zero;
    store(x_bar + first + j * units.inner, made);
  }
}
