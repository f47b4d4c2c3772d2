// y[b] = sum of the elements of block b, as a tree in shared memory. Checked on a CPU, without a GPU:
//
//   convproof sim-check examples/block_sum.cu --grid 4 --block 256
//       --arg 'float32[1000]' --arg 'out:float32[4]' --arg 1000
//
// With --option -DMISSING_BARRIER or --option -DOFF_BY_ONE it is wrong, and the check says where.
extern "C" __global__ void block_sum(const float* x, float* y, int n) {
  __shared__ float s[256];
  int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
#ifdef OFF_BY_ONE
  s[t] = i <= n ? x[i] : 0.f;
#else
  s[t] = i < n ? x[i] : 0.f;
#endif
  __syncthreads();
  for (int d = blockDim.x / 2; d > 0; d /= 2) {
    if (t < d) s[t] += s[t + d];
#ifndef MISSING_BARRIER
    __syncthreads();
#endif
  }
  if (t == 0) y[blockIdx.x] = s[0];
}
