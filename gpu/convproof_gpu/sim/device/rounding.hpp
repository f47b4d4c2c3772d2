// Arithmetic and conversions that round as their name says: _rn to nearest, ties to even, _rz toward zero, _ru up, _rd down.
// What lies beyond an integer becomes the nearest there is; NaN becomes 0, or 100...0 of a double or in 64 bits (PTX ISA, cvt).
#pragma once
#include "arithmetic.hpp"

namespace convproof_sim {

template <class T>
SIM_UNCHECKED inline T saturated(double v, bool of_float) {  // v is whole
  constexpr int BITS = 8 * sizeof(T);
  constexpr bool SIGNED = static_cast<T>(-1) < 0;
  constexpr T GREATEST = SIGNED ? static_cast<T>(~0ull >> (65 - BITS)) : static_cast<T>(~0ull >> (64 - BITS));
  constexpr T LEAST = SIGNED ? static_cast<T>(-GREATEST - 1) : 0;
  if (v != v) return of_float && BITS <= 32 ? T(0) : static_cast<T>(1ull << (BITS - 1));
  const double above = ldexp(1.0, SIGNED ? BITS - 1 : BITS);
  return v >= above ? GREATEST : v <= static_cast<double>(LEAST) ? LEAST : static_cast<T>(v);
}

}  // namespace convproof_sim

#define SIM_DIRECTION(r, direction)                                                                                                 \
  inline float __fadd_##r(float a, float b) { return convproof_sim::sum(convproof_sim::Direction::direction, a, b); }               \
  inline float __fsub_##r(float a, float b) { return convproof_sim::sum(convproof_sim::Direction::direction, a, -b); }              \
  inline float __fmul_##r(float a, float b) { return convproof_sim::product(convproof_sim::Direction::direction, a, b); }           \
  inline float __fdiv_##r(float a, float b) { return convproof_sim::quotient(convproof_sim::Direction::direction, a, b); }          \
  inline float __frcp_##r(float a) { return convproof_sim::quotient(convproof_sim::Direction::direction, 1.0f, a); }                \
  inline float __fsqrt_##r(float a) { return convproof_sim::root(convproof_sim::Direction::direction, a); }                         \
  inline float __fmaf_##r(float a, float b, float c) { return convproof_sim::fused(convproof_sim::Direction::direction, a, b, c); } \
  inline double __dadd_##r(double a, double b) { return convproof_sim::sum(convproof_sim::Direction::direction, a, b); }            \
  inline double __dsub_##r(double a, double b) { return convproof_sim::sum(convproof_sim::Direction::direction, a, -b); }           \
  inline double __dmul_##r(double a, double b) { return convproof_sim::product(convproof_sim::Direction::direction, a, b); }        \
  inline double __ddiv_##r(double a, double b) { return convproof_sim::quotient(convproof_sim::Direction::direction, a, b); }       \
  inline double __drcp_##r(double a) { return convproof_sim::quotient(convproof_sim::Direction::direction, 1.0, a); }               \
  inline double __dsqrt_##r(double a) { return convproof_sim::root(convproof_sim::Direction::direction, a); }                       \
  inline double __fma_##r(double a, double b, double c) { return convproof_sim::fused(convproof_sim::Direction::direction, a, b, c); }
SIM_DIRECTION(rz, zero)
SIM_DIRECTION(ru, up)
SIM_DIRECTION(rd, down)
#undef SIM_DIRECTION

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __frsqrt_rn(float a) { return static_cast<float>(1.0 / sqrt(static_cast<double>(a))); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __drcp_rn(double a) { return 1.0 / a; }
inline double __dsqrt_rn(double a) { return sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }

#define SIM_DIRECTION(r, direction, whole)                                                                              \
  inline int __float2int_##r(float v) { return convproof_sim::saturated<int>(whole(v), true); }                         \
  inline unsigned __float2uint_##r(float v) { return convproof_sim::saturated<unsigned>(whole(v), true); }              \
  inline long long __float2ll_##r(float v) { return convproof_sim::saturated<long long>(whole(v), true); }              \
  inline unsigned long long __float2ull_##r(float v) { return convproof_sim::saturated<unsigned long long>(whole(v), true); }    \
  inline int __double2int_##r(double v) { return convproof_sim::saturated<int>(whole(v), false); }                      \
  inline unsigned __double2uint_##r(double v) { return convproof_sim::saturated<unsigned>(whole(v), false); }           \
  inline long long __double2ll_##r(double v) { return convproof_sim::saturated<long long>(whole(v), false); }           \
  inline unsigned long long __double2ull_##r(double v) { return convproof_sim::saturated<unsigned long long>(whole(v), false); } \
  inline float __double2float_##r(double v) { return convproof_sim::narrowed(convproof_sim::Direction::direction, v); } \
  inline float __int2float_##r(int v) { return convproof_sim::narrowed(convproof_sim::Direction::direction, static_cast<double>(v)); }           \
  inline float __uint2float_##r(unsigned v) { return convproof_sim::narrowed(convproof_sim::Direction::direction, static_cast<double>(v)); }     \
  inline float __ll2float_##r(long long v) { return convproof_sim::float_of(convproof_sim::Direction::direction, v); }           \
  inline float __ull2float_##r(unsigned long long v) { return convproof_sim::float_of(convproof_sim::Direction::direction, v); } \
  inline double __ll2double_##r(long long v) { return convproof_sim::double_of(convproof_sim::Direction::direction, v); }        \
  inline double __ull2double_##r(unsigned long long v) { return convproof_sim::double_of(convproof_sim::Direction::direction, v); }
SIM_DIRECTION(rn, nearest, rint)
SIM_DIRECTION(rz, zero, trunc)
SIM_DIRECTION(ru, up, ceil)
SIM_DIRECTION(rd, down, floor)
#undef SIM_DIRECTION
inline double __int2double_rn(int v) { return v; }
inline double __uint2double_rn(unsigned v) { return v; }
