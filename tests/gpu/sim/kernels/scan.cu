// Inclusive prefix sums of a block: shuffles in warps, then the warps' totals.
#ifndef FAULT
#define FAULT 0
#endif

extern "C" __global__ void block_scan(const int* __restrict__ x, int* __restrict__ y, int n) {
  extern __shared__ int totals[];
  int i = threadIdx.x, lane = i % 32, warp = i / 32;
  int v = i < n ? x[i] : 0;
  for (int d = 1; d < 32; d *= 2) {
#if FAULT == 1
    if (lane >= d) v += __shfl_up_sync(0xffffffffu, v, d);  // fault 1
#else
    int up = __shfl_up_sync(0xffffffffu, v, d);
    if (lane >= d) v += up;
#endif
  }
#if FAULT == 2
  if (lane == 31) totals[warp + 1] = v;  // fault 2
#else
  if (lane == 31) totals[warp] = v;
#endif
#if FAULT != 3
  __syncthreads();
#endif
  int before = 0;
#if FAULT == 4
  for (int k = 0; k <= warp; k++) before += totals[k], before -= k == warp ? totals[k + 1] : 0;  // fault 4
#else
  for (int k = 0; k < warp; k++) before += totals[k];  // fault 3
#endif
#if FAULT == 5
  y[i] = v + before;  // fault 5
#else
  if (i < n) y[i] = v + before;
#endif
}

// The same in one array of shared memory, by one warp, which needs no barrier of the block
extern "C" __global__ void warp_scan(const int* __restrict__ x, int* __restrict__ y) {
  __shared__ int s[32];
  int lane = threadIdx.x;
  s[lane] = x[lane];
  __syncwarp();
  for (int d = 1; d < 32; d *= 2) {
    int v = lane >= d ? s[lane - d] : 0;  // fault 6, fault 7
#if FAULT != 6
    __syncwarp();
#endif
    s[lane] += v;
#if FAULT != 7
    __syncwarp();
#endif
  }
  y[lane] = s[lane];
}
