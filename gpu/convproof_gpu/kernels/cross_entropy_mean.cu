// cross_entropy_mean: a sum over the number of the targets that are not ignored.
//
//   y = scale sum_i x[i] / #{v : target[v] != ignored}
//
// Shapes         x (count)   target (N) of 64-bit integers   kept (splits) float   y (1), C-contiguous
// Mapping        two kernels: the targets are shared out among `splits` blocks, `each` to a block; then one block
//                adds up x and the counts
// Order of sum   a thread's elements ascending, then the trees of lines.cuh; counts are exact up to 2^24
// Races          none: between a write and a read of shared memory there is a barrier; no atomics
// Preconditions  a block of 256 threads for each split, then one block; each < 2^31; of no target that counts y is
//                0 / 0 or x / 0
#include "lines.cuh"

template <class Int>
__global__ void __launch_bounds__(THREADS)
cross_entropy_kept(const long long* __restrict__ target, float* __restrict__ kept, const long long ignored, const Int count,
                   const Int each) {
  __shared__ float held[THREADS];
  const Int split = blockIdx.x;
  const Int last = (split + 1) * each < count ? (split + 1) * each : count;
  int found = 0;
#pragma unroll 4
  for (Int v = split * each + static_cast<int>(threadIdx.x); v < last; v += THREADS) found += target[v] != ignored;
  const float sum = together<plus>(held, Lanes{static_cast<int>(threadIdx.x), THREADS, 1}, static_cast<float>(found));
  if (threadIdx.x == 0) kept[split] = sum;
}

template <class T>
__global__ void __launch_bounds__(THREADS)
cross_entropy_mean(const T* __restrict__ x, const float* __restrict__ kept, T* __restrict__ y, const float scale, const int count,
                   const int splits) {
  __shared__ float held[THREADS];
  const Lanes all{static_cast<int>(threadIdx.x), THREADS, 1};
  float sum = 0.0f, found = 0.0f;
  for (int i = threadIdx.x; i < count; i += THREADS) sum += widened(x[i]);
  for (int s = threadIdx.x; s < splits; s += THREADS) found += kept[s];
  sum = together<plus>(held, all, sum);
  found = together<plus>(held, all, found);
  if (threadIdx.x == 0) y[0] = rounded<T>(scale * sum / found);
}
