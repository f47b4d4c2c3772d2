// __half and __nv_bfloat16. Sums, products and quotients are made in float32 and rounded once more, which is the same as
// rounding once: float32 has more than twice as many bits and two. What has more bits is first rounded to odd: its last bit
// then says that something lies behind it. In a provenance run they are computed all the same, but hold no trace: what comes
// out of them is a constant.
#pragma once
#include "arithmetic.hpp"
#include "interface.hpp"
#include "rounding.hpp"
#include "stubs.hpp"
#ifdef SIM_PROVENANCE
#pragma push_macro("float")
#undef float
#define SIM_UNTRACED(H) H(convproof_sim::Traced v) : H(convproof_sim::value_of(v.number)) {}
#else
#define SIM_UNTRACED(H)
#endif

namespace convproof_sim {

inline float bfloat16_to_float(uint16_t bits) { return sim_bits<float>(static_cast<unsigned>(bits) << 16); }
SIM_UNCHECKED inline uint16_t float_to_bfloat16(Direction direction, float value) {
  unsigned bits = sim_bits<unsigned>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;
  if (direction == Direction::nearest) return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  bool outward = direction == (bits >> 31 ? Direction::down : Direction::up);
  return static_cast<uint16_t>((bits >> 16) + (outward && (bits & 0xffff) != 0));
}

SIM_UNCHECKED inline float odd(double v) {
  float near = static_cast<float>(v);
  unsigned bits = sim_bits<unsigned>(near);
  if (v != v || near == v || (bits & 1)) return near;
  return sim_bits<float>(fabs(static_cast<double>(near)) < fabs(v) ? bits + 1 : bits - 1);
}
SIM_UNCHECKED inline double odd_sum(double a, double b) {
  double sum = a + b, part = sum - a, rest = (a - (sum - part)) + (b - part);  // exactly a + b - sum
  unsigned long long bits = sim_bits<unsigned long long>(sum);
  if (sum - sum != 0 || rest == 0 || (bits & 1)) return sum;
  return sim_bits<double>((rest > 0) == (sum > 0) ? bits + 1 : bits - 1);
}
template <class T>
SIM_UNCHECKED inline float odd_of(T v) {
  double below = double_of(Direction::zero, v);
  unsigned long long bits = sim_bits<unsigned long long>(below);
  return odd(static_cast<T>(below) == v ? below : sim_bits<double>(bits | 1));
}
inline float odd_of(int v) { return odd(v); }
inline float odd_of(unsigned v) { return odd(v); }

}  // namespace convproof_sim

#define SIM_HALF(H, H2, to_float, from_float)                                                                     \
  struct H {                                                                                                      \
    uint16_t x;                                                                                                   \
    H() = default;                                                                                                \
    H(float v) : x(from_float(convproof_sim::Direction::nearest, v)) {}                                           \
    H(double v) : H(convproof_sim::odd(v)) {}                                                                     \
    H(int v) : H(convproof_sim::odd_of(v)) {}                                                                     \
    H(unsigned v) : H(convproof_sim::odd_of(v)) {}                                                                \
    SIM_UNTRACED(H)                                                                                               \
    SIM_INLINE operator float() const { return to_float(x); }                                                                \
  };                                                                                                              \
  struct alignas(4) H2 { H x, y; };                                                                               \
  inline H operator+(H a, H b) { return H(static_cast<float>(a) + static_cast<float>(b)); }                       \
  inline H operator-(H a, H b) { return H(static_cast<float>(a) - static_cast<float>(b)); }                       \
  inline H operator*(H a, H b) { return H(static_cast<float>(a) * static_cast<float>(b)); }                       \
  inline H operator/(H a, H b) { return H(static_cast<float>(a) / static_cast<float>(b)); }                       \
  inline H operator-(H a) { H r = a; r.x = static_cast<uint16_t>(a.x ^ 0x8000); return r; }                       \
  SIM_INLINE H& operator+=(H& a, H b) { return a = a + b; }                                                           \
  SIM_INLINE H& operator-=(H& a, H b) { return a = a - b; }                                                           \
  SIM_INLINE H& operator*=(H& a, H b) { return a = a * b; }                                                           \
  SIM_INLINE H& operator/=(H& a, H b) { return a = a / b; }                                                           \
  inline bool operator==(H a, H b) { return static_cast<float>(a) == static_cast<float>(b); }                     \
  inline bool operator!=(H a, H b) { return static_cast<float>(a) != static_cast<float>(b); }                     \
  inline bool operator<(H a, H b) { return static_cast<float>(a) < static_cast<float>(b); }                       \
  inline bool operator>(H a, H b) { return static_cast<float>(a) > static_cast<float>(b); }                       \
  inline bool operator<=(H a, H b) { return static_cast<float>(a) <= static_cast<float>(b); }                     \
  inline bool operator>=(H a, H b) { return static_cast<float>(a) >= static_cast<float>(b); }                     \
  inline H __hadd(H a, H b) { return a + b; }                                                                     \
  inline H __hsub(H a, H b) { return a - b; }                                                                     \
  inline H __hmul(H a, H b) { return a * b; }                                                                     \
  inline H __hdiv(H a, H b) { return a / b; }                                                                     \
  inline H __hneg(H a) { return -a; }                                                                             \
  inline H __hfma(H a, H b, H c) { return H(convproof_sim::odd_sum(static_cast<double>(static_cast<float>(a)) * static_cast<float>(b), static_cast<float>(c))); } \
  inline H __hmax(H a, H b) { return H(fmaxf(a, b)); }                                                            \
  inline H __hmin(H a, H b) { return H(fminf(a, b)); }                                                            \
  inline bool __hgt(H a, H b) { return a > b; }                                                                   \
  inline bool __hlt(H a, H b) { return a < b; }                                                                   \
  inline bool __heq(H a, H b) { return a == b; }                                                                  \
  inline bool __hisnan(H a) { return static_cast<float>(a) != static_cast<float>(a); }                            \
  inline H2 __hadd2(H2 a, H2 b) { return {a.x + b.x, a.y + b.y}; }                                                \
  inline H2 __hsub2(H2 a, H2 b) { return {a.x - b.x, a.y - b.y}; }                                                \
  inline H2 __hmul2(H2 a, H2 b) { return {a.x * b.x, a.y * b.y}; }                                                \
  inline H2 __hfma2(H2 a, H2 b, H2 c) { return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)}; }                  \
  inline H2 __hmax2(H2 a, H2 b) { return {__hmax(a.x, b.x), __hmax(a.y, b.y)}; }                                  \
  inline H2 __hmin2(H2 a, H2 b) { return {__hmin(a.x, b.x), __hmin(a.y, b.y)}; }                                  \
  inline H2 __hneg2(H2 a) { return {-a.x, -a.y}; }                                                                \
  inline H2 operator+(H2 a, H2 b) { return __hadd2(a, b); }                                                       \
  inline H2 operator-(H2 a, H2 b) { return __hsub2(a, b); }                                                       \
  inline H2 operator*(H2 a, H2 b) { return __hmul2(a, b); }                                                       \
  inline H2 operator/(H2 a, H2 b) { return {a.x / b.x, a.y / b.y}; }                                              \
  SIM_INLINE H2& operator+=(H2& a, H2 b) { return a = a + b; }                                                        \
  SIM_INLINE H2& operator-=(H2& a, H2 b) { return a = a - b; }                                                        \
  SIM_INLINE H2& operator*=(H2& a, H2 b) { return a = a * b; }                                                        \
  SIM_INLINE H2& operator/=(H2& a, H2 b) { return a = a / b; }                                                        \
  inline H2 __h2div(H2 a, H2 b) { return a / b; }                                                                 \
  inline bool __hge(H a, H b) { return a >= b; }                                                                  \
  inline bool __hle(H a, H b) { return a <= b; }                                                                  \
  inline bool __hne(H a, H b) { return a < b || a > b; } /* false of NaN */                                       \
  inline H __habs(H a) { H r = a; r.x = static_cast<uint16_t>(a.x & 0x7fff); return r; }                          \
  inline H hexp(H a) { return H(exp(static_cast<double>(static_cast<float>(a)))); }                               \
  inline H hlog(H a) { return H(log(static_cast<double>(static_cast<float>(a)))); }                               \
  inline H hsqrt(H a) { return H(sqrt(static_cast<double>(static_cast<float>(a)))); }                             \
  inline H hrsqrt(H a) { return H(1.0 / sqrt(static_cast<double>(static_cast<float>(a)))); }                      \
  inline H hrcp(H a) { return H(1.0 / static_cast<float>(a)); }                                                   \
  inline H htanh(H a) { return H(tanh(static_cast<double>(static_cast<float>(a)))); }                             \
  inline float2 sim_two_floats(H2 a) { return {static_cast<float>(a.x), static_cast<float>(a.y)}; }               \
  SIM_UNCHECKED inline H2 atomicAdd(H2* p, H2 v, convproof_sim::Site site = convproof_sim::here()) { /* each half by itself */        \
    convproof_sim::touch(p, sizeof *p, convproof_sim::Access::atomic, site);                                                          \
    H2 old = *p;                                                                                                  \
    *p = {H(static_cast<float>(old.x) + static_cast<float>(v.x)), H(static_cast<float>(old.y) + static_cast<float>(v.y))}; \
    return old;                                                                                                   \
  }

SIM_HALF(__half, __half2, convproof_sim::half_to_float, convproof_sim::float_to_half)
SIM_HALF(__nv_bfloat16, __nv_bfloat162, convproof_sim::bfloat16_to_float, convproof_sim::float_to_bfloat16)
#undef SIM_HALF
#undef SIM_UNTRACED

using half = __half;
using half2 = __half2;
using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

inline float __half2float(__half v) { return v; }
inline __half __float2half(float v) { return __half(v); }
inline __half __low2half(__half2 a) { return a.x; }
inline __half __high2half(__half2 a) { return a.y; }
inline __half2 __float2half2_rn(float a) { return {__half(a), __half(a)}; }
inline __half2 __float22half2_rn(float2 a) { return {__half(a.x), __half(a.y)}; }
inline float2 __half22float2(__half2 a) { return sim_two_floats(a); }
inline __nv_bfloat16 __low2bfloat16(__nv_bfloat162 a) { return a.x; }
inline __nv_bfloat16 __high2bfloat16(__nv_bfloat162 a) { return a.y; }
inline __nv_bfloat162 __float2bfloat162_rn(float a) { return {__nv_bfloat16(a), __nv_bfloat16(a)}; }
inline __nv_bfloat162 __float22bfloat162_rn(float2 a) { return {__nv_bfloat16(a.x), __nv_bfloat16(a.y)}; }
inline float2 __bfloat1622float2(__nv_bfloat162 a) { return sim_two_floats(a); }
inline __nv_bfloat162 __bfloat162bfloat162(__nv_bfloat16 a) { return {a, a}; }
inline __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 a, __nv_bfloat16 b) { return {a, b}; }
inline __nv_bfloat162 make_bfloat162(__nv_bfloat16 a, __nv_bfloat16 b) { return {a, b}; }
inline __half2 __floats2half2_rn(float a, float b) { return {__half(a), __half(b)}; }
inline __half2 __half2half2(__half a) { return {a, a}; }
inline __half2 __halves2half2(__half a, __half b) { return {a, b}; }
inline __half2 make_half2(__half a, __half b) { return {a, b}; }
inline float __low2float(__half2 v) { return v.x; }
inline float __high2float(__half2 v) { return v.y; }
inline unsigned short __half_as_ushort(__half v) { return v.x; }
inline __half __ushort_as_half(unsigned short v) { __half r; r.x = v; return r; }
inline float __bfloat162float(__nv_bfloat16 v) { return v; }
inline __nv_bfloat16 __float2bfloat16(float v) { return __nv_bfloat16(v); }
inline __nv_bfloat162 __floats2bfloat162_rn(float a, float b) { return {__nv_bfloat16(a), __nv_bfloat16(b)}; }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 v) { return v.x; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short v) { __nv_bfloat16 r; r.x = v; return r; }
inline __half __double2half(double v) { return __half(v); }
inline __nv_bfloat16 __double2bfloat16(double v) { return __nv_bfloat16(v); }

#define SIM_INTEGER(H, h, from_float, T, t, Wide, r, direction, whole)                                                          \
  inline T __##h##2##t##_##r(H v) { return convproof_sim::saturated<T>(whole(static_cast<float>(v)), true); }                   \
  inline H __##t##2##h##_##r(T v) { H made; made.x = from_float(convproof_sim::Direction::direction, convproof_sim::odd_of(static_cast<Wide>(v))); return made; }
#define SIM_DIRECTION(H, h, from_float, r, direction, whole)                                                                    \
  inline H __float2##h##_##r(float v) { H made; made.x = from_float(convproof_sim::Direction::direction, v); return made; }     \
  SIM_INTEGER(H, h, from_float, short, short, int, r, direction, whole)                                                         \
  SIM_INTEGER(H, h, from_float, unsigned short, ushort, int, r, direction, whole)                                               \
  SIM_INTEGER(H, h, from_float, int, int, int, r, direction, whole)                                                             \
  SIM_INTEGER(H, h, from_float, unsigned, uint, unsigned, r, direction, whole)                                                  \
  SIM_INTEGER(H, h, from_float, long long, ll, long long, r, direction, whole)                                                  \
  SIM_INTEGER(H, h, from_float, unsigned long long, ull, unsigned long long, r, direction, whole)
#define SIM_DIRECTIONS(H, h, from_float)                \
  SIM_DIRECTION(H, h, from_float, rn, nearest, rintf)   \
  SIM_DIRECTION(H, h, from_float, rz, zero, truncf)     \
  SIM_DIRECTION(H, h, from_float, ru, up, ceilf)        \
  SIM_DIRECTION(H, h, from_float, rd, down, floorf)
SIM_DIRECTIONS(__half, half, convproof_sim::float_to_half)
SIM_DIRECTIONS(__nv_bfloat16, bfloat16, convproof_sim::float_to_bfloat16)
#undef SIM_DIRECTIONS
#undef SIM_DIRECTION
#undef SIM_INTEGER

namespace convproof_sim {
template <> struct Code<__half> { static constexpr char value = 'h'; };
template <> struct Code<__nv_bfloat16> { static constexpr char value = 'B'; };
}  // namespace convproof_sim
#ifdef SIM_PROVENANCE
inline __half __float2half_rn(convproof_sim::Traced v) { return __half(v); }
inline __half __float2half(convproof_sim::Traced v) { return __half(v); }
inline __nv_bfloat16 __float2bfloat16_rn(convproof_sim::Traced v) { return __nv_bfloat16(v); }
inline __nv_bfloat16 __float2bfloat16(convproof_sim::Traced v) { return __nv_bfloat16(v); }
#pragma pop_macro("float")
#endif
