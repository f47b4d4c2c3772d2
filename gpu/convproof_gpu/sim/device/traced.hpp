// `float` of a provenance run: the number of a node that remembers which operations made it. Of the same size, and
// trivial, so that arrays, vectors, shared memory and shuffles of it are what they were.
#pragma once
#include "interface.hpp"

namespace convproof_sim {

struct Traced {
  uint32_t number;

  Traced() = default;
  SIM_UNCHECKED Traced(double v) : number(origin_of_constant(v)) {}
  SIM_UNCHECKED Traced(float v) : number(origin_of_constant(v)) {}
  SIM_UNCHECKED Traced(int v) : number(origin_of_constant(v)) {}
  SIM_UNCHECKED Traced(unsigned v) : number(origin_of_constant(v)) {}
  SIM_UNCHECKED Traced(long long v) : number(origin_of_constant(static_cast<double>(v))) {}
  SIM_UNCHECKED Traced(size_t v) : number(origin_of_constant(static_cast<double>(v))) {}
  static Traced of(uint32_t number) {
    Traced made;
    made.number = number;
    return made;
  }
};

#define SIM_TRACED(op, origin)                                                                                       \
  SIM_UNCHECKED inline Traced operator op(Traced a, Traced b) { return Traced::of(origin_of(Origin::origin, a.number, b.number)); }

SIM_TRACED(+, sum)
SIM_TRACED(-, difference)
SIM_TRACED(*, product)
SIM_TRACED(/, quotient)
#undef SIM_TRACED
// checked: they read and write a
inline Traced& operator+=(Traced& a, Traced b) { return a = a + b; }
inline Traced& operator-=(Traced& a, Traced b) { return a = a - b; }
inline Traced& operator*=(Traced& a, Traced b) { return a = a * b; }
inline Traced& operator/=(Traced& a, Traced b) { return a = a / b; }
inline Traced operator-(Traced a) { return Traced(0) - a; }
inline Traced operator+(Traced a) { return a; }

#define SIM_TRACED(op) \
  SIM_UNCHECKED inline bool operator op(Traced a, Traced b) { return value_of(a.number) op value_of(b.number); }
SIM_TRACED(<) SIM_TRACED(>) SIM_TRACED(<=) SIM_TRACED(>=) SIM_TRACED(==) SIM_TRACED(!=)
#undef SIM_TRACED

}  // namespace convproof_sim

inline convproof_sim::Traced fmaf(convproof_sim::Traced a, convproof_sim::Traced b, convproof_sim::Traced c) { return a * b + c; }
inline convproof_sim::Traced fma(convproof_sim::Traced a, convproof_sim::Traced b, convproof_sim::Traced c) { return a * b + c; }
inline convproof_sim::Traced __fmaf_rn(convproof_sim::Traced a, convproof_sim::Traced b, convproof_sim::Traced c) { return a * b + c; }
inline convproof_sim::Traced __fadd_rn(convproof_sim::Traced a, convproof_sim::Traced b) { return a + b; }
inline convproof_sim::Traced __fsub_rn(convproof_sim::Traced a, convproof_sim::Traced b) { return a - b; }
inline convproof_sim::Traced __fmul_rn(convproof_sim::Traced a, convproof_sim::Traced b) { return a * b; }
inline convproof_sim::Traced __fdiv_rn(convproof_sim::Traced a, convproof_sim::Traced b) { return a / b; }
inline convproof_sim::Traced __fdividef(convproof_sim::Traced a, convproof_sim::Traced b) { return a / b; }
inline convproof_sim::Traced fmaxf(convproof_sim::Traced a, convproof_sim::Traced b) { return a < b ? b : a; }
inline convproof_sim::Traced fminf(convproof_sim::Traced a, convproof_sim::Traced b) { return b < a ? b : a; }
inline convproof_sim::Traced max(convproof_sim::Traced a, convproof_sim::Traced b) { return fmaxf(a, b); }
inline convproof_sim::Traced min(convproof_sim::Traced a, convproof_sim::Traced b) { return fminf(a, b); }
inline convproof_sim::Traced fabsf(convproof_sim::Traced a) { return a < convproof_sim::Traced(0) ? -a : a; }

#define SIM_TRACED(f)                                                                                                \
  inline convproof_sim::Traced f(convproof_sim::Traced a) {                                                         \
    return convproof_sim::Traced::of(convproof_sim::origin_of_function(a.number, f(convproof_sim::value_of(a.number)))); \
  }
SIM_TRACED(expf) SIM_TRACED(exp2f) SIM_TRACED(logf) SIM_TRACED(sqrtf) SIM_TRACED(tanhf)
#undef SIM_TRACED
inline convproof_sim::Traced powf(convproof_sim::Traced a, convproof_sim::Traced b) { return expf(b * logf(a)); }
