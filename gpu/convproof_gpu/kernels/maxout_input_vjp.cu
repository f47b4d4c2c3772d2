// maxout_input_vjp: each cotangent goes to the first maximum of its unit.
//
//   x_bar[n, pool u + j, i] = y_bar[n, u, i] if j is the first maximum of the unit, 0 otherwise
//
// Shapes         x (N, U pool, I)   y_bar (N, U, I)   x_bar (N, U pool, I), C-contiguous
// Mapping        one thread owns a unit of a position, all its channels; neighbours have neighbouring positions
// Order of sum   there is none: units do not overlap
// Races          none; no atomics
// Preconditions  a thread for every unit of every position
#include "maxout.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(256)
maxout_input_vjp(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Units<Int> units) {
  const Int output = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (output >= units.count) return;
  const Int first = units.first(output);
  float greatest;
  const Int where = units.maximum(x + first, greatest);
  const T cotangent = y_bar[output], zero = rounded<T>(0.0f);
  for (Int j = 0; j < units.pool; j++) x_bar[first + j * units.inner] = j == where ? cotangent : zero;
}
