// Fragments written out from the tables of the PTX ISA, one register at a time, for the tests of prims.cuh.
#include "prims.cuh"

// D = A B + C of one warp: a[lane][register] and so on, as the instruction has them
extern "C" __global__ void tf32(const unsigned* a, const unsigned* b, const float* c, float* d) {
  int lane = threadIdx.x;
  unsigned ra[4], rb[2];
  float rc[4], rd[4];
  for (int j = 0; j < 4; j++) ra[j] = a[lane * 4 + j], rc[j] = c[lane * 4 + j];
  for (int j = 0; j < 2; j++) rb[j] = b[lane * 2 + j];
  mma_m16n8k8_tf32(rd, ra, rb, rc);
  for (int j = 0; j < 4; j++) d[lane * 4 + j] = rd[j];
}

extern "C" __global__ void bf16(const unsigned* a, const unsigned* b, const float* c, float* d) {
  int lane = threadIdx.x;
  unsigned ra[4], rb[2];
  float rc[4], rd[4];
  for (int j = 0; j < 4; j++) ra[j] = a[lane * 4 + j], rc[j] = c[lane * 4 + j];
  for (int j = 0; j < 2; j++) rb[j] = b[lane * 2 + j];
  mma_m16n8k16_bf16(rd, ra, rb, rc);
  for (int j = 0; j < 4; j++) d[lane * 4 + j] = rd[j];
}

extern "C" __global__ void f16(const unsigned* a, const unsigned* b, const float* c, float* d) {
  int lane = threadIdx.x;
  unsigned ra[4], rb[2];
  float rc[4], rd[4];
  for (int j = 0; j < 4; j++) ra[j] = a[lane * 4 + j], rc[j] = c[lane * 4 + j];
  for (int j = 0; j < 2; j++) rb[j] = b[lane * 2 + j];
  mma_m16n8k16_f16(rd, ra, rb, rc);
  for (int j = 0; j < 4; j++) d[lane * 4 + j] = rd[j];
}

// r[lane][register] of four matrices of 8 rows of 16 bytes
extern "C" __global__ void matrices(const unsigned short* x, unsigned* straight, unsigned* turned) {
  __shared__ __align__(16) unsigned short s[4 * 64];
  int lane = threadIdx.x;
  for (int i = lane; i < 4 * 64; i += 32) s[i] = x[i];
  __syncwarp();
  unsigned r[4], t[4];
  ldmatrix(r, s + lane * 8);
  ldmatrix_trans(t, s + lane * 8);
  for (int j = 0; j < 4; j++) straight[lane * 4 + j] = r[j], turned[lane * 4 + j] = t[j];
}

// y = x through shared memory, 16, 8 and 4 bytes at a time; what is not there is zero
extern "C" __global__ void copies(const float* x, float* y, int n) {
  __shared__ __align__(16) float s[32 * 7];
  int t = threadIdx.x;
  cp_async<16>(s + 4 * t, x + 4 * t, 4 * t < n);
  cp_async_commit();
  cp_async<8>(s + 128 + 2 * t, x + 128 + 2 * t, 128 + 2 * t < n);
  cp_async<4>(s + 192 + t, x + 192 + t, 192 + t < n);
  cp_async_commit();
  cp_async_wait<1>();
  __syncthreads();
  for (int i = t; i < 128; i += 32) y[i] = s[i];
  cp_async_wait<0>();
  __syncthreads();
  for (int i = 128 + t; i < 224; i += 32) y[i] = s[i];
}

extern "C" __global__ void rounds(const float* x, unsigned* y, int n) {
  if (threadIdx.x < n) y[threadIdx.x] = cvt_rna_tf32(x[threadIdx.x]);
}
