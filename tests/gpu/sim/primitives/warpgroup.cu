// Products of a warpgroup: wgmma on sm_90a, mma.sync elsewhere. sum[m, n] += sum_k a[m, k] b[n, k], and once without adding.
#include "warpgroup.cuh"

template <int HALF> __device__ void product_of(const unsigned* a, const float* b, const float* c, float* to, float* alone) {
  __shared__ __align__(1024) float s[2 * HALF * 32];
  const int t = threadIdx.x;
  for (int i = t; i < 2 * HALF * 32; i += 128) s[swizzled(i / 32, i % 32)] = b[i];
  unsigned words[4];
  float sum[HALF], other[HALF];
  for (int j = 0; j < 4; j++) words[j] = a[4 * t + j];
  for (int j = 0; j < HALF; j++) sum[j] = c[HALF * t + j], other[j] = 0;
  warpgroup_visible();
  __syncthreads();
  warpgroup_begin();
  for (int k = 0; k < 32; k += 8) warpgroup_multiply(sum, words, s, k);
  warpgroup_multiply(other, words, s, 8, false);
  warpgroup_commit();
  warpgroup_wait();
  for (int j = 0; j < HALF; j++) to[HALF * t + j] = sum[j], alone[HALF * t + j] = other[j];
}
extern "C" __global__ void of_8(const unsigned* a, const float* b, const float* c, float* to, float* alone) { product_of<8>(a, b, c, to, alone); }
extern "C" __global__ void of_16(const unsigned* a, const float* b, const float* c, float* to, float* alone) { product_of<16>(a, b, c, to, alone); }
extern "C" __global__ void of_32(const unsigned* a, const float* b, const float* c, float* to, float* alone) { product_of<32>(a, b, c, to, alone); }
extern "C" __global__ void of_64(const unsigned* a, const float* b, const float* c, float* to, float* alone) { product_of<64>(a, b, c, to, alone); }
