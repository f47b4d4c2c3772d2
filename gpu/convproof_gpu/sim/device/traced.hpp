// `float` of a provenance run: the number of a node that remembers which operations made it. Of the same size, and
// trivial, so that arrays, vectors, shared memory and shuffles of it are what they were.
#pragma once
#include "interface.hpp"

namespace sim {

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

}  // namespace sim

inline sim::Traced fmaf(sim::Traced a, sim::Traced b, sim::Traced c) { return a * b + c; }
inline sim::Traced fma(sim::Traced a, sim::Traced b, sim::Traced c) { return a * b + c; }
inline sim::Traced __fmaf_rn(sim::Traced a, sim::Traced b, sim::Traced c) { return a * b + c; }
inline sim::Traced __fadd_rn(sim::Traced a, sim::Traced b) { return a + b; }
inline sim::Traced __fsub_rn(sim::Traced a, sim::Traced b) { return a - b; }
inline sim::Traced __fmul_rn(sim::Traced a, sim::Traced b) { return a * b; }
inline sim::Traced __fdiv_rn(sim::Traced a, sim::Traced b) { return a / b; }
inline sim::Traced __fdividef(sim::Traced a, sim::Traced b) { return a / b; }
inline sim::Traced fmaxf(sim::Traced a, sim::Traced b) { return a < b ? b : a; }
inline sim::Traced fminf(sim::Traced a, sim::Traced b) { return b < a ? b : a; }
inline sim::Traced max(sim::Traced a, sim::Traced b) { return fmaxf(a, b); }
inline sim::Traced min(sim::Traced a, sim::Traced b) { return fminf(a, b); }
inline sim::Traced fabsf(sim::Traced a) { return a < sim::Traced(0) ? -a : a; }
