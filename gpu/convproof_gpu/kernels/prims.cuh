// Tensor cores, ldmatrix and asynchronous copies: PTX for a GPU, the simulator's functions for a CPU. PTX may
// stand here and in warpgroup.cuh alone. Compiles with NVRTC and nvcc for sm_80 and later.
#pragma once

#ifdef CONVPROOF_SIM
#include "interface.hpp"

inline void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4], convproof_sim::Site site = convproof_sim::here()) {
  convproof_sim::Product product{d, a, b, c};
  convproof_sim::meet(convproof_sim::Operation::matrix, 0xffffffffu, true, site, &product, convproof_sim::mma_m16n8k8_tf32);
}
inline void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4], convproof_sim::Site site = convproof_sim::here()) {
  convproof_sim::Product product{d, a, b, c};
  convproof_sim::meet(convproof_sim::Operation::matrix, 0xffffffffu, true, site, &product, convproof_sim::mma_m16n8k16_bf16);
}
inline void mma_m16n8k16_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4], convproof_sim::Site site = convproof_sim::here()) {
  convproof_sim::Product product{d, a, b, c};
  convproof_sim::meet(convproof_sim::Operation::matrix, 0xffffffffu, true, site, &product, convproof_sim::mma_m16n8k16_f16);
}
template <int N>
inline void ldmatrix(unsigned (&r)[N], const void* row, convproof_sim::Site site = convproof_sim::here()) {
  convproof_sim::Rows rows{r, row, N, false};
  convproof_sim::meet(convproof_sim::Operation::load_matrix, 0xffffffffu, true, site, &rows, convproof_sim::load_matrix);
}
template <int N>
inline void ldmatrix_trans(unsigned (&r)[N], const void* row, convproof_sim::Site site = convproof_sim::here()) {
  convproof_sim::Rows rows{r, row, N, true};
  convproof_sim::meet(convproof_sim::Operation::load_matrix, 0xffffffffu, true, site, &rows, convproof_sim::load_matrix);
}
template <int Bytes>
inline void cp_async(void* to, const void* from, bool there = true, convproof_sim::Site site = convproof_sim::here()) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  convproof_sim::copy_async(to, from, Bytes, there ? Bytes : 0, site);
}
inline void cp_async_commit() { convproof_sim::copy_commit(); }
template <int Groups>
inline void cp_async_wait(convproof_sim::Site site = convproof_sim::here()) { convproof_sim::copy_wait(Groups, site); }
inline unsigned cvt_rna_tf32(float v) {  // to nearest, ties away from zero; of a NaN the last bits are cut, so that it may end as Inf
  unsigned u = __builtin_bit_cast(unsigned, v);
  return ((u & 0x7f800000u) == 0x7f800000u ? u : u + 0x1000u) & 0xffffe000u;
}

#else

#define PRIMS __device__ __forceinline__

PRIMS unsigned shared_address(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

PRIMS void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
}
PRIMS void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
}
PRIMS void mma_m16n8k16_f16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const float (&c)[4]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
}
PRIMS void ldmatrix(unsigned (&r)[1], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r[0]) : "r"(shared_address(row)) : "memory");
}
PRIMS void ldmatrix(unsigned (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(shared_address(row)) : "memory");
}
PRIMS void ldmatrix(unsigned (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
PRIMS void ldmatrix_trans(unsigned (&r)[1], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(r[0]) : "r"(shared_address(row)) : "memory");
}
PRIMS void ldmatrix_trans(unsigned (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(shared_address(row)) : "memory");
}
PRIMS void ldmatrix_trans(unsigned (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
template <int Bytes>
PRIMS void cp_async(void* to, const void* from, bool there = true) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "cp.async copies 4, 8 or 16 bytes");
  if constexpr (Bytes == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(there ? 16 : 0) : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(to)), "l"(from), "n"(Bytes), "r"(there ? Bytes : 0) : "memory");
}
PRIMS void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int Groups>
PRIMS void cp_async_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(Groups) : "memory"); }
PRIMS unsigned cvt_rna_tf32(float v) {
  unsigned u;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(u) : "f"(v));
  return u;
}
#undef PRIMS

#endif
