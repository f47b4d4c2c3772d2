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
// Of zeros -0 is the least; of NaN and a number, the number.
#define SIM_LEAST_GREATEST(T, least, greatest)                                                                           \
  inline T sim_##least(T a, T b) { return a != a ? b : b != b || a < b || (a == b && __builtin_signbit(a)) ? a : b; }    \
  inline T sim_##greatest(T a, T b) { return a != a ? b : b != b || a > b || (a == b && !__builtin_signbit(a)) ? a : b; } \
  inline T min(T a, T b) { return sim_##least(a, b); }                                                                   \
  inline T max(T a, T b) { return sim_##greatest(a, b); }
SIM_LEAST_GREATEST(float, fminf, fmaxf)
SIM_LEAST_GREATEST(double, fmin, fmax)
#undef SIM_LEAST_GREATEST
#ifdef SIM_PROVENANCE
inline convproof_sim::Traced sim_fminf(convproof_sim::Traced a, convproof_sim::Traced b) { return fminf(a, b); }
inline convproof_sim::Traced sim_fmaxf(convproof_sim::Traced a, convproof_sim::Traced b) { return fmaxf(a, b); }
#endif
#define fminf sim_fminf
#define fmaxf sim_fmaxf
#define fmin sim_fmin
#define fmax sim_fmax

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
inline float __saturatef(float a) { return a != a ? 0.0f : fminf(fmaxf(a, 0.0f), 1.0f); }
inline float rsqrtf(float a) { return static_cast<float>(1.0 / sqrt(static_cast<double>(a))); }
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
inline unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned by) { return by >= 32 ? low : __funnelshift_l(low, high, by); }
inline unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned by) { return by >= 32 ? high : __funnelshift_r(low, high, by); }
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  unsigned long long both = static_cast<unsigned long long>(y) << 32 | x;
  unsigned result = 0;
  for (int i = 0; i < 4; i++) {
    unsigned chosen = selector >> (4 * i) & 7;  // the fourth bit, which PTX's prmt has, is not looked at
    result |= static_cast<unsigned>(both >> (8 * chosen) & 255) << (8 * i);
  }
  return result;
}
inline int __double2hiint(double v) { return static_cast<int>(sim_bits<unsigned long long>(v) >> 32); }
inline int __double2loint(double v) { return static_cast<int>(sim_bits<unsigned long long>(v)); }
inline double __hiloint2double(int high, int low) { return sim_bits<double>(static_cast<unsigned long long>(static_cast<unsigned>(high)) << 32 | static_cast<unsigned>(low)); }
inline unsigned long long __brevll(unsigned long long v) { return static_cast<unsigned long long>(__brev(static_cast<unsigned>(v))) << 32 | __brev(static_cast<unsigned>(v >> 32)); }
inline int __hadd(int a, int b) { return static_cast<int>((static_cast<long long>(a) + b) >> 1); }
inline int __rhadd(int a, int b) { return static_cast<int>((static_cast<long long>(a) + b + 1) >> 1); }
inline unsigned __uhadd(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<unsigned long long>(a) + b) >> 1); }
inline unsigned __urhadd(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<unsigned long long>(a) + b + 1) >> 1); }
inline float rcbrtf(float v) { return static_cast<float>(1.0 / cbrt(static_cast<double>(v))); }
inline unsigned __sad(int a, int b, unsigned c) { return c + (a < b ? static_cast<unsigned>(b) - static_cast<unsigned>(a) : static_cast<unsigned>(a) - static_cast<unsigned>(b)); }
inline unsigned __usad(unsigned a, unsigned b, unsigned c) { return c + (a < b ? b - a : a - b); }
inline unsigned __umul24(unsigned a, unsigned b) { return (a & 0xffffffu) * (b & 0xffffffu); }
inline long long __mul64hi(long long a, long long b) { return static_cast<long long>(static_cast<__int128>(a) * b >> 64); }
// Infinite if a coordinate is, even beside NaN
inline double sim_norm(double a, double b, double c) { return isinf(a) || isinf(b) || isinf(c) ? HUGE_VAL : sqrt(a * a + b * b + c * c); }
inline float norm3df(float a, float b, float c) { return static_cast<float>(sim_norm(a, b, c)); }
inline float rnorm3df(float a, float b, float c) { return static_cast<float>(1.0 / sim_norm(a, b, c)); }
inline float rhypotf(float a, float b) { return static_cast<float>(1.0 / sim_norm(a, b, 0)); }
inline float normcdff(float x) { return static_cast<float>(0.5 * erfc(-x * 0.70710678118654752440)); }
// sin(pi x): of the nearest whole number and what lies between, which is exact
inline double sim_sinpi(double x) {
  double whole = rint(x), between = sin(3.14159265358979323846 * (x - whole));
  return fmod(whole, 2) == 0 ? between : -between;
}
inline float sinpif(float x) { return x == rintf(x) && !isinf(x) ? copysignf(0.0f, x) : static_cast<float>(sim_sinpi(x)); }
inline float cospif(float x) { double turned = fmod(fabs(static_cast<double>(x)), 2) + 0.5; return turned == rint(turned) ? 0.0f : static_cast<float>(sim_sinpi(turned)); }
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
