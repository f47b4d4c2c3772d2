// Matrix products on tensor cores: C = A B in float32, of TF32 operands, and of bfloat16 ones by a pipeline of
// asynchronous copies.
#ifndef FAULT
#define FAULT 0
#endif
#include <cuda_bf16.h>
#include "prims.cuh"

// C[M][N] = A[M][K] B[K][N], one warp for a tile of 16 x 8
extern "C" __global__ void gemm_tf32(const float* __restrict__ A, const float* __restrict__ B, float* __restrict__ C, int M, int N, int K) {
  int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4, m0 = blockIdx.y * 16, n0 = blockIdx.x * 8;
  float acc[4] = {0.f, 0.f, 0.f, 0.f};
  for (int k0 = 0; k0 < K; k0 += 8) {
    unsigned a[4], b[2];
    for (int j = 0; j < 4; j++) {
      int r = m0 + g + j % 2 * 8, c = k0 + t + j / 2 * 4;
      a[j] = cvt_rna_tf32(r < M && c < K ? A[r * K + c] : 0.f);
    }
    for (int j = 0; j < 2; j++) {
      int r = k0 + t + j * 4, c = n0 + g;
      b[j] = cvt_rna_tf32(r < K && c < N ? B[r * N + c] : 0.f);
    }
#if FAULT == 1
    if (lane < 16)
#endif
    mma_m16n8k8_tf32(acc, a, b, acc);  // fault 1
  }
  for (int j = 0; j < 4; j++) {
    int r = m0 + g + j / 2 * 8, c = n0 + 2 * t + j % 2;
    if (r < M && c < N) C[r * N + c] = acc[j];
  }
}

constexpr int BM = 64, BN = 32, BK = 32, LDA = BK + 8, LDB = BN + 8, THREADS = 128;

// The same of bfloat16: 4 warps for a tile of 64 x 32, two stages
extern "C" __global__ void __launch_bounds__(THREADS)
gemm_bf16(const __nv_bfloat16* __restrict__ A, const __nv_bfloat16* __restrict__ B, float* __restrict__ C, int M, int N, int K) {
  extern __shared__ __align__(16) unsigned char shared[];
  __nv_bfloat16* sA = reinterpret_cast<__nv_bfloat16*>(shared);
  __nv_bfloat16* sB = sA + 2 * BM * LDA;
  int tid = threadIdx.x, lane = tid % 32, warp = tid / 32, m0 = blockIdx.y * BM, n0 = blockIdx.x * BN;
  float acc[4][4];
  for (int j = 0; j < 4; j++)
    for (int i = 0; i < 4; i++) acc[j][i] = 0.f;
  auto load = [&](int stage, int k0) {
    for (int i = tid; i < BM * BK / 8; i += THREADS) {
      int r = i / (BK / 8), c = i % (BK / 8) * 8;
      bool ok = m0 + r < M && k0 + c < K;
#if FAULT == 2
      cp_async<16>(sA + stage * BM * LDA + r * LDA + c + 1, A + (ok ? (m0 + r) * K + k0 + c : 0), ok);  // fault 2
#elif FAULT == 3
      cp_async<16>(sA + stage * BM * LDA + r * LDA + c, A + (m0 + r) * K + k0 + c);  // fault 3
#else
      cp_async<16>(sA + stage * BM * LDA + r * LDA + c, A + (ok ? (m0 + r) * K + k0 + c : 0), ok);  // fault 7
#endif
    }
    for (int i = tid; i < BK * BN / 8; i += THREADS) {
      int r = i / (BN / 8), c = i % (BN / 8) * 8;
      bool ok = k0 + r < K && n0 + c < N;
      cp_async<16>(sB + stage * BK * LDB + r * LDB + c, B + (ok ? (k0 + r) * N + n0 + c : 0), ok);
    }
    cp_async_commit();
  };
  int steps = (K + BK - 1) / BK;
  load(0, 0);
  for (int step = 0; step < steps; step++) {
    if (step + 1 < steps) load((step + 1) % 2, (step + 1) * BK);
    else cp_async_commit();
#if FAULT == 4
    cp_async_wait<2>();
#elif FAULT != 5
    cp_async_wait<1>();
#endif
#if FAULT != 6
    __syncthreads();
#endif
    const __nv_bfloat16 *a_tile = sA + step % 2 * BM * LDA, *b_tile = sB + step % 2 * BK * LDB;
    for (int k = 0; k < BK; k += 16) {
      unsigned a[4], b[2];
      ldmatrix(a, a_tile + (warp * 16 + lane % 16) * LDA + k + lane / 16 * 8);  // fault 4, fault 5, fault 6
      for (int j = 0; j < 4; j++) {
#if FAULT == 8
        ldmatrix_trans(b, b_tile + (k + lane % 16) * LDB + j * 8 + 1);  // fault 8
#else
        ldmatrix_trans(b, b_tile + (k + lane % 16) * LDB + j * 8);
#endif
        mma_m16n8k16_bf16(acc[j], a, b, acc[j]);
      }
    }
#if FAULT != 7
    __syncthreads();
#endif
  }
  int g = lane / 4, t = lane % 4;
  for (int j = 0; j < 4; j++)
    for (int i = 0; i < 4; i++) {
      int r = m0 + warp * 16 + g + i / 2 * 8, c = n0 + j * 8 + 2 * t + i % 2;
      if (r < M && c < N) C[r * N + c] = acc[j][i];
    }
}
