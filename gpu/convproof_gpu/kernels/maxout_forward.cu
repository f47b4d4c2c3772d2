// maxout_forward: the maximum of each unit of neighbouring channels; NaN is greater than every number.
//
//   y[n, u, i] = max_{0 <= j < pool}  x[n, pool u + j, i]
//
// Shapes         x (N, U pool, I)   y (N, U, I), C-contiguous
// Mapping        maxout.cuh: a thread owns WIDTH neighbouring outputs
// Order of sum   there is none
// Races          none
// Preconditions  a thread for every WIDTH outputs; with WIDTH > 1 it divides I, and x and y begin at multiples of
//                16 bytes
#include "maxout.cuh"

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(256) maxout_forward(const T* __restrict__ x, T* __restrict__ y, const Units<Int> units) {
  const Int output = (static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x) * WIDTH;
  if (output >= units.count) return;
  float greatest[WIDTH];
  Int where[WIDTH];
  units.template maximum<WIDTH>(x + units.first(output), greatest, where);
  Vector<T, WIDTH> made;
#pragma unroll
  for (int k = 0; k < WIDTH; k++) made.at[k] = rounded<T>(greatest[k]);
  store(y + output, made);
}
