// Arithmetic that CUDA has and C++ has not. The fast functions are the exact ones: what their errors are on a GPU
// is not simulated.
#pragma once
#include <math.h>
#include <string.h>

#include "interface.hpp"

#define SIM_LEAST_GREATEST(T)                                    \
  constexpr T min(T a, T b) { return b < a ? b : a; }            \
  constexpr T max(T a, T b) { return a < b ? b : a; }
SIM_LEAST_GREATEST(int)
SIM_LEAST_GREATEST(unsigned)
SIM_LEAST_GREATEST(long)
SIM_LEAST_GREATEST(unsigned long)
SIM_LEAST_GREATEST(long long)
SIM_LEAST_GREATEST(unsigned long long)
#undef SIM_LEAST_GREATEST
constexpr unsigned min(unsigned a, int b) { return min(a, static_cast<unsigned>(b)); }
constexpr unsigned min(int a, unsigned b) { return min(static_cast<unsigned>(a), b); }
constexpr unsigned max(unsigned a, int b) { return max(a, static_cast<unsigned>(b)); }
constexpr unsigned max(int a, unsigned b) { return max(static_cast<unsigned>(a), b); }
template <class A, class B>
constexpr auto min(A a, B b) {
  using C = decltype(a + b);
  return static_cast<C>(b) < static_cast<C>(a) ? static_cast<C>(b) : static_cast<C>(a);
}
template <class A, class B>
constexpr auto max(A a, B b) {
  using C = decltype(a + b);
  return static_cast<C>(a) < static_cast<C>(b) ? static_cast<C>(b) : static_cast<C>(a);
}
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

template <class T> SIM_INLINE T __ldg(const T* p) { return *p; }
// At the level of memory that all blocks share: as good as volatile.
template <class T>
SIM_INLINE T __ldcg(const T* p) {
  if constexpr (__is_class(T)) return *p;
  else return *const_cast<const volatile T*>(p);
}
template <class T> SIM_INLINE T __ldca(const T* p) { return *p; }
template <class T> SIM_INLINE T __ldcs(const T* p) { return *p; }
template <class T> SIM_INLINE T __ldlu(const T* p) { return *p; }
template <class T> SIM_INLINE T __ldcv(const T* p) { return *const_cast<const volatile T*>(p); }
template <class T> SIM_INLINE void __stcg(T* p, T v) { *p = v; }
template <class T> SIM_INLINE void __stcs(T* p, T v) { *p = v; }
template <class T> SIM_INLINE void __stwb(T* p, T v) { *p = v; }
template <class T> SIM_INLINE void __stwt(T* p, T v) { *const_cast<volatile T*>(p) = v; }

template <class To, class From>
inline To sim_bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}
inline float __int_as_float(int v) { return sim_bits<float>(v); }
inline int __float_as_int(float v) { return sim_bits<int>(v); }
inline float __uint_as_float(unsigned v) { return sim_bits<float>(v); }
inline unsigned __float_as_uint(float v) { return sim_bits<unsigned>(v); }
inline double __longlong_as_double(long long v) { return sim_bits<double>(v); }
inline long long __double_as_longlong(double v) { return sim_bits<long long>(v); }

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }

inline float __expf(float x) { return expf(x); }
inline float __exp10f(float x) { return powf(10.0f, x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __frsqrt_rn(float a) { return 1.0f / sqrtf(a); }
inline float __saturatef(float a) { return a != a ? 0.0f : fminf(fmaxf(a, 0.0f), 1.0f); }
inline float rsqrtf(float a) { return 1.0f / sqrtf(a); }
inline double rsqrt(double a) { return 1.0 / sqrt(a); }

inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __popcll(unsigned long long v) { return __builtin_popcountll(v); }
inline int __clz(int v) { return v == 0 ? 32 : __builtin_clz(static_cast<unsigned>(v)); }
inline int __clzll(long long v) { return v == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(v)); }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline int __ffsll(long long v) { return __builtin_ffsll(v); }
inline unsigned __brev(unsigned v) {
  unsigned r = 0;
  for (int i = 0; i < 32; i++) r |= (v >> i & 1u) << (31 - i);
  return r;
}
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32); }
inline int __mulhi(int a, int b) { return static_cast<int>(static_cast<long long>(a) * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) { return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64); }
inline int __mul24(int a, int b) {
  long long product = static_cast<long long>(static_cast<int>(static_cast<unsigned>(a) << 8) >> 8) * (static_cast<int>(static_cast<unsigned>(b) << 8) >> 8);
  return static_cast<int>(static_cast<unsigned>(product));
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned by) { return (by & 31) == 0 ? high : high << (by & 31) | low >> (32 - (by & 31)); }
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned by) { return (by & 31) == 0 ? low : low >> (by & 31) | high << (32 - (by & 31)); }
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  unsigned long long both = static_cast<unsigned long long>(y) << 32 | x;
  unsigned result = 0;
  for (int i = 0; i < 4; i++) {
    unsigned chosen = selector >> (4 * i) & 15, byte = static_cast<unsigned>(both >> (8 * (chosen & 7)) & 255);
    result |= (chosen & 8 ? (byte & 128 ? 255u : 0u) : byte) << (8 * i);
  }
  return result;
}
inline int sim_saturated(double v) { return v != v ? 0 : v >= 2147483647.0 ? 2147483647 : v <= -2147483648.0 ? -2147483647 - 1 : static_cast<int>(v); }
inline unsigned sim_saturated_unsigned(double v) { return !(v > 0) ? 0u : v >= 4294967295.0 ? 4294967295u : static_cast<unsigned>(v); }
inline int __float2int_rn(float v) { return sim_saturated(rint(v)); }
inline int __float2int_rz(float v) { return sim_saturated(trunc(v)); }
inline int __float2int_rd(float v) { return sim_saturated(floor(v)); }
inline int __float2int_ru(float v) { return sim_saturated(ceil(v)); }
inline unsigned __float2uint_rn(float v) { return sim_saturated_unsigned(rint(v)); }
inline unsigned __float2uint_rz(float v) { return sim_saturated_unsigned(trunc(v)); }
inline int __double2int_rn(double v) { return sim_saturated(rint(v)); }
inline int __double2int_rz(double v) { return sim_saturated(trunc(v)); }
inline unsigned __float2uint_rd(float v) { return sim_saturated_unsigned(floor(v)); }
inline unsigned __float2uint_ru(float v) { return sim_saturated_unsigned(ceil(v)); }
inline double __uint2double_rn(unsigned v) { return v; }
inline int __double2hiint(double v) { return static_cast<int>(sim_bits<unsigned long long>(v) >> 32); }
inline int __double2loint(double v) { return static_cast<int>(sim_bits<unsigned long long>(v)); }
inline double __hiloint2double(int high, int low) { return sim_bits<double>(static_cast<unsigned long long>(static_cast<unsigned>(high)) << 32 | static_cast<unsigned>(low)); }
inline unsigned long long __brevll(unsigned long long v) { return static_cast<unsigned long long>(__brev(static_cast<unsigned>(v))) << 32 | __brev(static_cast<unsigned>(v >> 32)); }
inline int __hadd(int a, int b) { return static_cast<int>((static_cast<long long>(a) + b) >> 1); }
inline int __rhadd(int a, int b) { return static_cast<int>((static_cast<long long>(a) + b + 1) >> 1); }
inline float rcbrtf(float v) { return 1.0f / cbrtf(v); }
inline float __int2float_rn(int v) { return static_cast<float>(v); }
inline float __uint2float_rn(unsigned v) { return static_cast<float>(v); }
inline long long __float2ll_rn(float v) { return static_cast<long long>(rint(v)); }
inline long long __float2ll_rz(float v) { return static_cast<long long>(v); }
inline float __ll2float_rn(long long v) { return static_cast<float>(v); }
inline float __ull2float_rn(unsigned long long v) { return static_cast<float>(v); }
inline float __double2float_rn(double v) { return static_cast<float>(v); }
inline double __int2double_rn(int v) { return v; }
inline int __dp4a(int a, int b, int c) {
  unsigned sum = static_cast<unsigned>(c);
  for (int i = 0; i < 32; i += 8) sum += static_cast<unsigned>(static_cast<signed char>(a >> i) * static_cast<signed char>(b >> i));
  return static_cast<int>(sum);
}
inline unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
  for (int i = 0; i < 32; i += 8) c += (a >> i & 255) * (b >> i & 255);
  return c;
}
inline unsigned __sad(int a, int b, unsigned c) { return c + (a < b ? static_cast<unsigned>(b) - static_cast<unsigned>(a) : static_cast<unsigned>(a) - static_cast<unsigned>(b)); }
inline unsigned __usad(unsigned a, unsigned b, unsigned c) { return c + (a < b ? b - a : a - b); }
inline unsigned __umul24(unsigned a, unsigned b) { return (a & 0xffffffu) * (b & 0xffffffu); }
inline long long __mul64hi(long long a, long long b) { return static_cast<long long>(static_cast<__int128>(a) * b >> 64); }
inline float norm3df(float a, float b, float c) { return static_cast<float>(sqrt(static_cast<double>(a) * a + static_cast<double>(b) * b + static_cast<double>(c) * c)); }
inline float rnorm3df(float a, float b, float c) { return 1.0f / norm3df(a, b, c); }
inline float rhypotf(float a, float b) { return 1.0f / hypotf(a, b); }
inline float normcdff(float x) { return static_cast<float>(0.5 * erfc(-x * 0.70710678118654752440)); }
inline float sinpif(float x) { return static_cast<float>(sin(3.14159265358979323846 * fmod(x, 2.0))); }
inline float cospif(float x) { return static_cast<float>(cos(3.14159265358979323846 * fmod(x, 2.0))); }
inline float fdividef(float a, float b) { return a / b; }

// Functions of libm that write through pointers: the writes are the kernel's.
#define SIM_TWO(T, name, call, T2) \
  SIM_INLINE T sim_##name(T x, T2* p) { T2 second; T first = call(x, &second); *p = second; return first; }
SIM_TWO(float, modff, ::modff, float)
SIM_TWO(double, modf, ::modf, double)
SIM_TWO(float, frexpf, ::frexpf, int)
SIM_TWO(double, frexp, ::frexp, int)
#undef SIM_TWO
SIM_INLINE void sim_sincosf(float x, float* s, float* c) { *s = sinf(x), *c = cosf(x); }
SIM_INLINE void sim_sincos(double x, double* s, double* c) { *s = sin(x), *c = cos(x); }
SIM_INLINE float sim_remquof(float x, float y, int* p) { int quotient; float rest = ::remquof(x, y, &quotient); *p = quotient; return rest; }
#define modff sim_modff
#define modf sim_modf
#define frexpf sim_frexpf
#define frexp sim_frexp
#define sincosf sim_sincosf
#define __sincosf sim_sincosf
#define sincos sim_sincos
#define remquof sim_remquof

inline long long clock64() { return 0; }
#define clock() (static_cast<long>(clock64()))  // which time.h may have declared
inline size_t __cvta_generic_to_shared(const void* p) { return reinterpret_cast<size_t>(p); }
