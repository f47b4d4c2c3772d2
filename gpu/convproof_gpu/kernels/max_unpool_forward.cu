// max_unpool_forward: pooled values put back where they came from, gathered.
//
//   y[j] = x[last[j]] if last[j] >= 0, 0 otherwise
//
// Shapes         x (N, C, *O)   last (N, C, *I) of max_unpool_last   y (N, C, *I), C-contiguous
// Mapping        one thread owns an output; neighbours have neighbouring outputs
// Order of sum   there is none
// Races          none: a gather; no atomics
// Preconditions  a thread for every output
#include "element.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(256)
max_unpool_forward(const T* __restrict__ x, const Int* __restrict__ last, T* __restrict__ y, const Int n) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= n) return;
  const Int from = last[number];
  y[number] = from < 0 ? rounded<T>(0.0f) : x[from];
}
