// Loads and stores of every kind, vector types, constants, and copies between kinds of memory.
#include <math_constants.h>

#include "prims.cuh"
#include "rows.cuh"

ONE(of_ldg, float, float, __ldg(x + i))
ONE(of_ldcg, float, float, __ldcg(x + i))
ONE(of_ldca, float, float, __ldca(x + i))
ONE(of_ldcs, float, float, __ldcs(x + i))
ONE(of_ldlu, float, float, __ldlu(x + i))
ONE(of_ldcv, float, float, __ldcv(x + i))
ONE(of_cvt_rna_tf32, float, float, __uint_as_float(cvt_rna_tf32(a)))

template <class T> __device__ T stored(T* p, T v, int how) {
  if (how == 0) __stcg(p, v);
  if (how == 1) __stcs(p, v);
  if (how == 2) __stwb(p, v);
  if (how == 3) __stwt(p, v);
  return *p;
}
ONE(of_stcg, float, float, stored(to + i, a, 0))
ONE(of_stcs, float, float, stored(to + i, a, 1))
ONE(of_stwb, float, float, stored(to + i, a, 2))
ONE(of_stwt, float, float, stored(to + i, a, 3))

// Four numbers by one load and one store, and whether generic addresses of shared memory differ as the elements do
extern "C" __global__ void vectors(const float* x, float* to) {
  __shared__ __align__(16) float s[128];
  const int t = threadIdx.x;
  const float4 v = __ldg(reinterpret_cast<const float4*>(x) + t);
  *reinterpret_cast<float4*>(s + 4 * t) = make_float4(v.w, v.z, v.y, v.x);
  __syncthreads();
  __stcg(reinterpret_cast<float4*>(to) + t, *reinterpret_cast<float4*>(s + 4 * (31 - t)));
  if (t == 0) to[128] = static_cast<float>(__cvta_generic_to_shared(s + 3) - __cvta_generic_to_shared(s));
}

// sizeof, alignof, and the members of what make_ makes
#define KINDS(KIND)                                                                                              \
  KIND(char, signed char) KIND(uchar, unsigned char) KIND(short, short) KIND(ushort, unsigned short) KIND(int, int) \
  KIND(uint, unsigned) KIND(longlong, long long) KIND(ulonglong, unsigned long long) KIND(float, float)          \
  KIND(double, double) KIND(long, long) KIND(ulong, unsigned long)
#define LAYOUT(name, T)                                                                \
  *to++ = sizeof(name##1), *to++ = alignof(name##1), *to++ = make_##name##1(static_cast<T>(1)).x;   \
  *to++ = sizeof(name##2), *to++ = alignof(name##2), *to++ = make_##name##2(1, 2).y;   \
  *to++ = sizeof(name##3), *to++ = alignof(name##3), *to++ = make_##name##3(1, 2, 3).z; \
  *to++ = sizeof(name##4), *to++ = alignof(name##4), *to++ = make_##name##4(1, 2, 3, 4).w;
extern "C" __global__ void layouts(int* to) {
  KINDS(LAYOUT)
  *to++ = sizeof(dim3), *to++ = warpSize;
}

extern "C" __global__ void constants(double* to) {
  const float floats[] = {CUDART_INF_F, CUDART_MIN_DENORM_F, CUDART_MAX_NORMAL_F, CUDART_NEG_ZERO_F, CUDART_ZERO_F, CUDART_ONE_F,
                          CUDART_SQRT_HALF_F, CUDART_SQRT_TWO_F, CUDART_PIO2_F, CUDART_PI_F, CUDART_L2E_F, CUDART_LN2_F, CUDART_NAN_F};
  const double doubles[] = {CUDART_INF, CUDART_PI, CUDART_SQRT_TWO, CUDART_L2E, CUDART_LN2, CUDART_NAN};
  for (float v : floats) *to++ = v;
  for (double v : doubles) *to++ = v;
}

// ldmatrix of one, two and four matrices, straight and transposed: register j of a lane at to[(lane * 14) + j]
template <int N> __device__ void load(const unsigned short* row, unsigned* to) {
  unsigned straight[N], turned[N];
  ldmatrix(straight, row);
  ldmatrix_trans(turned, row);
  for (int j = 0; j < N; j++) to[j] = straight[j], to[N + j] = turned[j];
}
extern "C" __global__ void matrices(const unsigned short* x, unsigned* to) {
  __shared__ __align__(16) unsigned short s[256];
  const int t = threadIdx.x;
  for (int i = t; i < 256; i += 32) s[i] = x[i];
  __syncwarp();
  load<1>(s + t * 8, to + t * 14);
  load<2>(s + t * 8, to + t * 14 + 2);
  load<4>(s + t * 8, to + t * 14 + 6);
}

// Copies of 16, 8 and 4 bytes in two groups; what is not there is zero
extern "C" __global__ void copies(const float* x, float* to, int n) {
  __shared__ __align__(16) float s[32 * 7];
  const int t = threadIdx.x;
  cp_async<16>(s + 4 * t, x + 4 * t, 4 * t < n);
  cp_async_commit();
  cp_async<8>(s + 128 + 2 * t, x + 128 + 2 * t, 128 + 2 * t < n);
  cp_async<4>(s + 192 + t, x + 192 + t, 192 + t < n);
  cp_async_commit();
  cp_async_wait<1>();
  __syncthreads();
  for (int i = t; i < 128; i += 32) to[i] = s[i];
  cp_async_wait<0>();
  __syncthreads();
  for (int i = 128 + t; i < 224; i += 32) to[i] = s[i];
}
