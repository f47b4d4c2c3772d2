// Sums, three ways: a tree in shared memory, shuffles in warps, and atomics. Faults are planted by -DFAULT=n; the comment
// `fault n` stands on the line that must be named.
#ifndef FAULT
#define FAULT 0
#endif

// y[block] = sum of the block's 2 * blockDim.x elements
extern "C" __global__ void block_sum(const float* __restrict__ x, float* __restrict__ y, int n) {
  __shared__ float s[256];
  int t = threadIdx.x, i = blockIdx.x * 2 * blockDim.x + t;
#if FAULT == 1
  if (i >= n) return;
#endif
  float v = 0.f;
#if FAULT == 2
  if (i <= n) v = x[i];  // fault 2
#elif FAULT == 3
  if (i < n) v = x[i - 1];  // fault 3
#else
  if (i < n) v = x[i];
#endif
  if (i + blockDim.x < n) v += x[i + blockDim.x];
#if FAULT == 4
  if (t > 0) s[t] = v;
#else
  s[t] = v;
#endif
#if FAULT != 5
  __syncthreads();  // fault 1
#endif
  for (int d = blockDim.x / 2; d > 0; d /= 2) {
#if FAULT == 6
    if (t < d) {
      s[t] += s[t + d];
      __syncthreads();  // fault 6
    }
#elif FAULT == 7
    if (t < d) s[t] += s[t + d];  // fault 7
#else
    if (t < d) s[t] += s[t + d];  // fault 4, fault 5
    __syncthreads();
#endif
  }
  if (t == 0) y[blockIdx.x] = s[0];
}

// y[0] = sum, by shuffles within warps and one atomic addition per warp
extern "C" __global__ void warp_sum(const float* __restrict__ x, float* __restrict__ y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float v = i < n ? x[i] : 0.f;
#if FAULT == 10
  if (i < n)
#elif FAULT == 11
  if (i >= n) return;
#endif
  for (int d = 16; d > 0; d /= 2) v += __shfl_down_sync(0xffffffffu, v, d);  // fault 10, fault 11
#if FAULT == 12
  if (threadIdx.x % 32 == 0) y[0] = y[0] + v;  // fault 12
#elif FAULT == 13
  v += __shfl_sync(0x0000ffffu, v, 0);  // fault 13
#elif FAULT == 14
  if (threadIdx.x % 32 < 16) v += __shfl_sync(0x0000ffffu, v, 20);  // fault 14
#elif FAULT == 15
  if (threadIdx.x % 32 < 16) __syncthreads(); else __syncwarp(0xffff0000u);
  if (threadIdx.x % 32 >= 16) v += __shfl_xor_sync(0xffffffffu, v, 16);  // fault 15
#else
  if (threadIdx.x % 32 == 0) atomicAdd(y, v);
#endif
}

// y[0] = the count of positive elements: a counter in shared memory
extern "C" __global__ void count_positive(const float* __restrict__ x, int* __restrict__ y, int n) {
  __shared__ int found;
#if FAULT != 20
  if (threadIdx.x == 0) found = 0;
#endif
#if FAULT != 21
  __syncthreads();
#endif
  for (int i = threadIdx.x; i < n; i += blockDim.x)
#if FAULT == 22
    if (x[i] > 0.f) found = found + 1;  // fault 22
#else
    if (x[i] > 0.f) atomicAdd(&found, 1);  // fault 20, fault 21, fault 23
#endif
#if FAULT != 23
  __syncthreads();
#endif
  if (threadIdx.x == 0) *y = found;
}
