// Atomic operations: told to the checker as such, and then made, for only one thread runs at a time.
#pragma once
#include "interface.hpp"

namespace sim {
template <class T> struct Plain { using type = T; };  // keeps a parameter from deciding what T is
template <class T> using plain = typename Plain<T>::type;
}  // namespace sim

#define SIM_ATOMIC(name, result)                                                                       \
  template <class T>                                                                                   \
  SIM_UNCHECKED inline T name(T* p, sim::plain<T> v, sim::Site site = sim::here()) {                   \
    sim::touch(p, sizeof(T), sim::Access::atomic, site);                                               \
    T old = *p;                                                                                        \
    *p = (result);                                                                                     \
    return old;                                                                                        \
  }                                                                                                    \
  template <class T>                                                                                   \
  SIM_UNCHECKED inline T name##_block(T* p, sim::plain<T> v, sim::Site site = sim::here()) { return name(p, v, site); } \
  template <class T>                                                                                   \
  SIM_UNCHECKED inline T name##_system(T* p, sim::plain<T> v, sim::Site site = sim::here()) { return name(p, v, site); }
SIM_ATOMIC(atomicAdd, static_cast<T>(old + v))
SIM_ATOMIC(atomicSub, static_cast<T>(old - v))
SIM_ATOMIC(atomicExch, v)
SIM_ATOMIC(atomicMin, v < old ? v : old)
SIM_ATOMIC(atomicMax, old < v ? v : old)
SIM_ATOMIC(atomicAnd, static_cast<T>(old & v))
SIM_ATOMIC(atomicOr, static_cast<T>(old | v))
SIM_ATOMIC(atomicXor, static_cast<T>(old ^ v))
SIM_ATOMIC(atomicInc, old >= v ? T(0) : static_cast<T>(old + 1))
SIM_ATOMIC(atomicDec, old == 0 || old > v ? v : static_cast<T>(old - 1))
#undef SIM_ATOMIC

template <class T>
SIM_UNCHECKED inline T atomicCAS(T* p, sim::plain<T> expected, sim::plain<T> v, sim::Site site = sim::here()) {
  sim::touch(p, sizeof(T), sim::Access::atomic, site);
  T old = *p;
  if (old == expected) *p = v;
  return old;
}
template <class T>
SIM_UNCHECKED inline T atomicCAS_block(T* p, sim::plain<T> expected, sim::plain<T> v, sim::Site site = sim::here()) { return atomicCAS(p, expected, v, site); }
template <class T>
SIM_UNCHECKED inline T atomicCAS_system(T* p, sim::plain<T> expected, sim::plain<T> v, sim::Site site = sim::here()) { return atomicCAS(p, expected, v, site); }
