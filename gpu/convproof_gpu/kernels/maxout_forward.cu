// maxout_forward: the maximum of each unit of neighbouring channels; NaN is greater than every number.
//
//   y[n, u, i] = max_{0 <= j < pool}  x[n, pool u + j, i]
//
// Shapes         x (N, U pool, I)   y (N, U, I), C-contiguous
// Mapping        one thread owns an output; neighbours have neighbouring positions
// Order of sum   there is none
// Races          none
// Preconditions  a thread for every output
#include "maxout.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(256) maxout_forward(const T* __restrict__ x, T* __restrict__ y, const Units<Int> units) {
  const Int output = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (output >= units.count) return;
  float greatest;
  units.maximum(x + units.first(output), greatest);
  y[output] = rounded<T>(greatest);
}
