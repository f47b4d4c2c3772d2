// A product of a warpgroup (four warps) on the tensor cores: wgmma on sm_90a, mma.sync elsewhere.
//
//   sum[m, n] = add sum[m, n] + sum_{k<8}  a[m, k] * b[n, k]     m < 64, n < N; words of tf32, the low 13 bits not looked at
//
// With warp w, g = lane / 4 and t = lane % 4, a thread holds
//
//   sum    register 4 j + e: m = 16 w + g + 8 (e >= 2), n = 8 j + 2 t + (e & 1)
//   a      register e: m = 16 w + g + 8 (e & 1), k = t + 4 (e >> 1)
//
// b lies in shared memory, 32 words of each n side by side, swizzled as `swizzled` says ("128-byte swizzle" of the PTX
// ISA), from an address that 1024 divides. A sum is not to be read or written from the first product of a group until
// `warpgroup_wait`; what ordinary stores wrote to b is ordered by `warpgroup_visible` in the writing thread and a barrier.
#pragma once
#include "prims.cuh"

// Where word k of line n lies.
__device__ inline int swizzled(int n, int k) { return n * 32 + (k ^ (n & 7) * 4); }

#if !defined(CONVPROOF_SIM) && defined(__CUDA_ARCH_FEAT_SM90_ALL)

__device__ __forceinline__ void warpgroup_visible() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ __forceinline__ void warpgroup_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void warpgroup_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void warpgroup_wait() { asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory"); }

// The descriptor of b at k: K-major, groups of eight lines 1024 bytes apart, 128-byte swizzle.
__device__ __forceinline__ unsigned long long described(const float* b, int k) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(b)) + 4 * k;
  return static_cast<unsigned long long>((address & 0x3ffff) >> 4) | 1ull << 16 | 64ull << 32 | 1ull << 62;
}

#define WORDS4(d, i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define WORDS16(d, i) WORDS4(d, i), WORDS4(d, i + 4), WORDS4(d, i + 8), WORDS4(d, i + 12)
#define OPERANDS(a, b, k, add) "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(described(b, k)), "r"(add ? 1 : 0)
__device__ __forceinline__ void warpgroup_multiply(float (&d)[64], const unsigned (&a)[4], const float* b, int k, bool add = true) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %69, 0;\n"
               "wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32 "
               "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,"
               "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}, "
               "{%64,%65,%66,%67}, %68, p, 1, 1;\n}"
               : WORDS16(d, 0), WORDS16(d, 16), WORDS16(d, 32), WORDS16(d, 48)
               : OPERANDS(a, b, k, add));
}
__device__ __forceinline__ void warpgroup_multiply(float (&d)[32], const unsigned (&a)[4], const float* b, int k, bool add = true) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %37, 0;\n"
               "wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32 "
               "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}, "
               "{%32,%33,%34,%35}, %36, p, 1, 1;\n}"
               : WORDS16(d, 0), WORDS16(d, 16)
               : OPERANDS(a, b, k, add));
}
__device__ __forceinline__ void warpgroup_multiply(float (&d)[16], const unsigned (&a)[4], const float* b, int k, bool add = true) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %21, 0;\n"
               "wgmma.mma_async.sync.aligned.m64n32k8.f32.tf32.tf32 "
               "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15}, {%16,%17,%18,%19}, %20, p, 1, 1;\n}"
               : WORDS16(d, 0)
               : OPERANDS(a, b, k, add));
}
__device__ __forceinline__ void warpgroup_multiply(float (&d)[8], const unsigned (&a)[4], const float* b, int k, bool add = true) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %13, 0;\n"
               "wgmma.mma_async.sync.aligned.m64n16k8.f32.tf32.tf32 "
               "{%0,%1,%2,%3,%4,%5,%6,%7}, {%8,%9,%10,%11}, %12, p, 1, 1;\n}"
               : WORDS4(d, 0), WORDS4(d, 4)
               : OPERANDS(a, b, k, add));
}
#undef OPERANDS
#undef WORDS16
#undef WORDS4

#else

__device__ inline void warpgroup_visible() {}
__device__ inline void warpgroup_begin() {}
__device__ inline void warpgroup_commit() {}
__device__ inline void warpgroup_wait() {}

template <int HALF>
__device__ inline void warpgroup_multiply(float (&d)[HALF], const unsigned (&a)[4], const float* b, int k, bool add = true) {
  const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
  for (int j = 0; j < HALF / 4; j++) {
    const unsigned words[2] = {__float_as_uint(b[swizzled(8 * j + g, k + t)]), __float_as_uint(b[swizzled(8 * j + g, k + t + 4)])};
    float sum[4];
#pragma unroll
    for (int e = 0; e < 4; e++) sum[e] = add ? d[4 * j + e] : 0.0f;
    mma_m16n8k8_tf32(sum, a, words, sum);
#pragma unroll
    for (int e = 0; e < 4; e++) d[4 * j + e] = sum[e];
  }
}

#endif
