// Products of a warpgroup with both operands in shared memory, of words of tf32, half and bfloat16.
#include "warpgroup.cuh"

template <int HALF, class Word> __device__ void product_of(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) {
  __shared__ __align__(1024) unsigned sa[64 * 32];
  __shared__ __align__(1024) unsigned sb[2 * HALF * 32];
  const int t = threadIdx.x;
  for (int i = t; i < 64 * 32; i += 128) sa[swizzled(i / 32, i % 32)] = a[i];
  for (int i = t; i < 2 * HALF * 32; i += 128) sb[swizzled(i / 32, i % 32)] = b[i];
  float sum[HALF], other[HALF];
  for (int j = 0; j < HALF; j++) sum[j] = c[HALF * t + j], other[j] = 0;
  const Word* left = reinterpret_cast<const Word*>(sa);
  const Word* right = reinterpret_cast<const Word*>(sb);
  warpgroup_visible();
  __syncthreads();
  warpgroup_begin();
  for (int k = 0; k < 32; k += 8) warpgroup_multiply(sum, left, right, k);
  warpgroup_multiply(other, left, right, 8, false);
  warpgroup_commit();
  warpgroup_wait();
  for (int j = 0; j < HALF; j++) to[HALF * t + j] = sum[j], alone[HALF * t + j] = other[j];
}
extern "C" __global__ void shared_8_tf32(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<8, float>(a, b, c, to, alone); }
extern "C" __global__ void shared_16_tf32(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<16, float>(a, b, c, to, alone); }
extern "C" __global__ void shared_32_tf32(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<32, float>(a, b, c, to, alone); }
extern "C" __global__ void shared_64_tf32(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<64, float>(a, b, c, to, alone); }
extern "C" __global__ void shared_8_f16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<8, __half>(a, b, c, to, alone); }
extern "C" __global__ void shared_16_f16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<16, __half>(a, b, c, to, alone); }
extern "C" __global__ void shared_32_f16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<32, __half>(a, b, c, to, alone); }
extern "C" __global__ void shared_64_f16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<64, __half>(a, b, c, to, alone); }
extern "C" __global__ void shared_8_bf16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<8, __nv_bfloat16>(a, b, c, to, alone); }
extern "C" __global__ void shared_16_bf16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<16, __nv_bfloat16>(a, b, c, to, alone); }
extern "C" __global__ void shared_32_bf16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<32, __nv_bfloat16>(a, b, c, to, alone); }
extern "C" __global__ void shared_64_bf16(const unsigned* a, const unsigned* b, const float* c, float* to, float* alone) { product_of<64, __nv_bfloat16>(a, b, c, to, alone); }
