// A product of a warpgroup (four warps) on the tensor cores: wgmma on sm_90a, mma.sync elsewhere.
//
//   sum[m, n] = add sum[m, n] + sum_{k<K}  a[m, k] * b[n, k]     m < 64, n < N
//
// of words of tf32, the low 13 bits not looked at, and K = 8; or of half or bfloat16, and K = 16: 32 bytes of a line.
// With warp w, g = lane / 4 and t = lane % 4, a thread holds
//
//   sum    register 4 j + e: m = 16 w + g + 8 (e >= 2), n = 8 j + 2 t + (e & 1)
//   a      of tf32, register e: m = 16 w + g + 8 (e & 1), k = t + 4 (e >> 1)
//
// b, and a where it is no registers, lie in shared memory: 128 bytes of each n or m side by side, swizzled as `swizzled`
// says ("128-byte swizzle" of the PTX ISA), from an address that 1024 divides. A sum is not to be read or written from
// the first product of a group until `warpgroup_wait`; what others stored is ordered by `warpgroup_visible` in the
// storing thread and a barrier.
//
// a may lie in `Planes` instead, not swizzled: a core matrix is 16 bytes of eight rows side by side, from any multiple of
// 16 bytes. Of the descriptor (PTX ISA 9.7.15.5.1.2.1, K-major, no swizzling; CUTLASS, cute/arch/mma_sm90_desc.hpp and
// make_gmma_desc: ((8,n),2):((1,SBO),LBO) in 16 bytes) the leading dimension byte offset is from the first column of core
// matrices to the second, a plane; the stride byte offset from eight rows to the next eight.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "prims.cuh"

// Bytes, multiples of 16: from 16 bytes of a row's depth to its next, and from eight rows to the next eight.
struct Planes {
  int plane, eight;
};
constexpr int SLAB = 4;  // products of a warpgroup, of 32 bytes of depth each

// Where word k, of 32 bits, of line n lies.
__device__ inline int swizzled(int n, int k) { return n * 32 + (k ^ (n & 7) * 4); }

__device__ inline void multiplied(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const float*) { mma_m16n8k8_tf32(d, a, b, d); }
__device__ inline void multiplied(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const __half*) { mma_m16n8k16_f16(d, a, b, d); }
__device__ inline void multiplied(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const __nv_bfloat16*) {
  mma_m16n8k16_bf16(d, a, b, d);
}

#if !defined(CONVPROOF_SIM) && defined(__CUDA_ARCH_FEAT_SM90_ALL)

__device__ __forceinline__ void warpgroup_visible() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ __forceinline__ void warpgroup_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void warpgroup_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void warpgroup_wait() { asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory"); }

// The descriptor of lines from their word k on: K-major, groups of eight lines 1024 bytes apart, 128-byte swizzle.
__device__ __forceinline__ unsigned long long described(const void* lines, int k) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(lines)) + 4 * k;
  return static_cast<unsigned long long>((address & 0x3ffff) >> 4) | 1ull << 16 | 64ull << 32 | 1ull << 62;
}

__device__ __forceinline__ unsigned long long described(const void* first, const Planes& planes) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(first)), plane = planes.plane, eight = planes.eight;
  return static_cast<unsigned long long>(eight >> 4) << 32 | ((address & 0x3ffff) >> 4 | plane >> 4 << 16);
}

#define WORDS4(d, i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define WORDS8(d, i) WORDS4(d, i), WORDS4(d, i + 4)
#define WORDS16(d, i) WORDS8(d, i), WORDS8(d, i + 8)
#define WORDS32(d, i) WORDS16(d, i), WORDS16(d, i + 16)
#define WORDS64(d, i) WORDS32(d, i), WORDS32(d, i + 32)
#define NAMES8 "%0,%1,%2,%3,%4,%5,%6,%7"
#define NAMES16 NAMES8 ",%8,%9,%10,%11,%12,%13,%14,%15"
#define NAMES32 NAMES16 ",%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define NAMES64                                                                                                  \
  NAMES32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56," \
          "%57,%58,%59,%60,%61,%62,%63"

// a in registers: operands HALF to HALF + 3, then b's descriptor and whether to add.
#define FROM_REGISTERS(HALF, N, A0, A1, A2, A3, B, ADD)                                                                         \
  __device__ __forceinline__ void warpgroup_multiply(float (&d)[HALF], const unsigned (&a)[4], const float* b, int k, bool add = true) { \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #ADD ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N "k8.f32.tf32.tf32 {" NAMES##HALF \
                 "}, {%" #A0 ",%" #A1 ",%" #A2 ",%" #A3 "}, %" #B ", p, 1, 1;\n}"                                                   \
                 : WORDS##HALF(d, 0)                                                                                              \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(described(b, k)), "r"(add ? 1 : 0));                            \
  }
FROM_REGISTERS(64, 128, 64, 65, 66, 67, 68, 69)
FROM_REGISTERS(32, 64, 32, 33, 34, 35, 36, 37)
FROM_REGISTERS(16, 32, 16, 17, 18, 19, 20, 21)
FROM_REGISTERS(8, 16, 8, 9, 10, 11, 12, 13)
#undef FROM_REGISTERS

#define FROM_SHARED(WORD, KIND, MORE, HALF, N, A, B, ADD)                                                                       \
  __device__ __forceinline__ void warpgroup_multiply(float (&d)[HALF], const WORD* a, const WORD* b, int k, bool add = true) {          \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #ADD ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N KIND " {" NAMES##HALF "}, %" #A \
                 ", %" #B ", p, 1, 1" MORE ";\n}"                                                                                 \
                 : WORDS##HALF(d, 0)                                                                                              \
                 : "l"(described(a, k)), "l"(described(b, k)), "r"(add ? 1 : 0));                                                 \
  }
#define FROM_PLANES(WORD, KIND, MORE, HALF, N, A, B, ADD)                                                                       \
  __device__ __forceinline__ void warpgroup_multiply(float (&d)[HALF], unsigned long long a, const WORD* b, int k, bool add) {          \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #ADD ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N KIND " {" NAMES##HALF "}, %" #A \
                 ", %" #B ", p, 1, 1" MORE ";\n}"                                                                                 \
                 : WORDS##HALF(d, 0)                                                                                              \
                 : "l"(a), "l"(described(b, k)), "r"(add ? 1 : 0));                                                               \
  }
#define OF_WORDS(WORD, KIND, MORE)                       \
  FROM_PLANES(WORD, KIND, MORE, 64, 128, 64, 65, 66) \
  FROM_PLANES(WORD, KIND, MORE, 32, 64, 32, 33, 34)  \
  FROM_SHARED(WORD, KIND, MORE, 64, 128, 64, 65, 66) \
  FROM_SHARED(WORD, KIND, MORE, 32, 64, 32, 33, 34)  \
  FROM_SHARED(WORD, KIND, MORE, 16, 32, 16, 17, 18)  \
  FROM_SHARED(WORD, KIND, MORE, 8, 16, 8, 9, 10)
OF_WORDS(float, "k8.f32.tf32.tf32", "")
OF_WORDS(__half, "k16.f32.f16.f16", ", 0, 0")
OF_WORDS(__nv_bfloat16, "k16.f32.bf16.bf16", ", 0, 0")

// sum[m, n] += sum_{k < SLAB K} a[m, k] * b[n, k], the sum over k alone at first, in `part`; add is false. While it is on
// its way `meanwhile` is done.
template <int HALF, class Word, class Meanwhile>
__device__ __forceinline__ void warpgroup_add(float (&sum)[HALF], float (&part)[HALF], const Word* a, const Planes& planes, const Word* b,
                                              bool add, const Meanwhile& meanwhile) {
  const unsigned long long first = described(a, planes);
  warpgroup_begin();
#pragma unroll
  for (int s = 0; s < SLAB; s++) warpgroup_multiply(part, first + s * (2 * planes.plane >> 4), b, 8 * s, s > 0 || add);
  warpgroup_commit();
  meanwhile();
  warpgroup_wait();
#pragma unroll
  for (int j = 0; j < HALF; j++) sum[j] += part[j];
}
#undef OF_WORDS
#undef FROM_PLANES
#undef FROM_SHARED
#undef NAMES64
#undef NAMES32
#undef NAMES16
#undef NAMES8
#undef WORDS64
#undef WORDS32
#undef WORDS16
#undef WORDS8
#undef WORDS4

#else

__device__ inline void warpgroup_visible() {}
__device__ inline void warpgroup_begin() {}
__device__ inline void warpgroup_commit() {}
__device__ inline void warpgroup_wait() {}

template <int HALF, class Word>
__device__ inline void warpgroup_multiply(float (&d)[HALF], const unsigned (&a)[4], const Word* b, int k, bool add = true) {
  const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  const unsigned* const lines = reinterpret_cast<const unsigned*>(b);
#pragma unroll
  for (int j = 0; j < HALF / 4; j++) {
    const unsigned words[2] = {lines[swizzled(8 * j + g, k + t)], lines[swizzled(8 * j + g, k + t + 4)]};
    float sum[4];
#pragma unroll
    for (int e = 0; e < 4; e++) sum[e] = add ? d[4 * j + e] : 0.0f;
    multiplied(sum, a, words, b);
#pragma unroll
    for (int e = 0; e < 4; e++) d[4 * j + e] = sum[e];
  }
}
template <int HALF, class Word>
__device__ inline void warpgroup_multiply(float (&d)[HALF], const Word* a, const Word* b, int k, bool add = true) {
  unsigned words[4];
  ldmatrix(words, reinterpret_cast<const unsigned*>(a) + swizzled(threadIdx.x / 32 % 4 * 16 + threadIdx.x % 16, k + 4 * (threadIdx.x % 32 / 16)));
  warpgroup_multiply(d, words, b, k, add);
}

template <int HALF, class Word, class Meanwhile>
__device__ inline void warpgroup_add(float (&sum)[HALF], float (&)[HALF], const Word* a, const Planes& planes, const Word* b, bool,
                                     const Meanwhile& meanwhile) {
  unsigned words[SLAB][4];
  const int row = threadIdx.x / 32 % 4 * 16 + threadIdx.x % 16, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  const char* const lines = reinterpret_cast<const char*>(a) + row / 8 * planes.eight + row % 8 * 16 + threadIdx.x % 32 / 16 * planes.plane;
#pragma unroll
  for (int s = 0; s < SLAB; s++) ldmatrix(words[s], lines + 2 * s * planes.plane);
#pragma unroll
  for (int j = 0; j < HALF / 4; j++) {
    float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
    for (int s = 0; s < SLAB; s++) {
      const unsigned* const n = reinterpret_cast<const unsigned*>(b);
      multiplied(part, words[s], {n[swizzled(8 * j + g, 8 * s + t)], n[swizzled(8 * j + g, 8 * s + t + 4)]}, b);
    }
#pragma unroll
    for (int e = 0; e < 4; e++) sum[4 * j + e] += part[e];
  }
  meanwhile();
}

#endif
