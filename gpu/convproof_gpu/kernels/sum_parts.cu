// sum_parts: w_bar = parts[0] + parts[1] + ..., the second pass of a sum that several blocks share.
//
//   y[i] = sum_s  parts[s, i]
//
// Shapes         parts (splits, n) float   y (n), C-contiguous
// Mapping        one thread owns an element
// Order of sum   s, ascending
// Races          none; no atomics
// Preconditions  at least n threads; y has less than 2^31 elements
#include "element.cuh"

template <class T>
__global__ void __launch_bounds__(256) sum_parts(const float* __restrict__ parts, T* __restrict__ y, const int splits, const int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = parts[i];
  for (int s = 1; s < splits; s++) sum += parts[static_cast<long long>(s) * n + i];
  y[i] = rounded<T>(sum);
}
