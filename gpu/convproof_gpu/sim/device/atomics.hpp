// Atomic operations: told to the checker as such, and then made, for only one thread runs at a time.
#pragma once
#include "interface.hpp"

namespace convproof_sim {
template <class T> struct Plain { using type = T; };  // keeps a parameter from deciding what T is
template <class T> using plain = typename Plain<T>::type;
}  // namespace convproof_sim

#define SIM_ATOMIC(name, access, result)                                                                       \
  template <class T>                                                                                   \
  SIM_UNCHECKED inline T name(T* p, convproof_sim::plain<T> v, convproof_sim::Site site = convproof_sim::here()) {                   \
    convproof_sim::touch(p, sizeof(T), convproof_sim::Access::access, site);                                               \
    T old = *p;                                                                                        \
    *p = (result);                                                                                     \
    return old;                                                                                        \
  }                                                                                                    \
  template <class T>                                                                                   \
  SIM_UNCHECKED inline T name##_block(T* p, convproof_sim::plain<T> v, convproof_sim::Site site = convproof_sim::here()) { return name(p, v, site); } \
  template <class T>                                                                                   \
  SIM_UNCHECKED inline T name##_system(T* p, convproof_sim::plain<T> v, convproof_sim::Site site = convproof_sim::here()) { return name(p, v, site); }
SIM_ATOMIC(atomicAdd, atomic, static_cast<T>(old + v))
SIM_ATOMIC(atomicSub, atomic, static_cast<T>(old - v))
SIM_ATOMIC(atomicExch, exchange, v)
SIM_ATOMIC(atomicMin, atomic, v < old ? v : old)
SIM_ATOMIC(atomicMax, atomic, old < v ? v : old)
SIM_ATOMIC(atomicAnd, atomic, static_cast<T>(old & v))
SIM_ATOMIC(atomicOr, atomic, static_cast<T>(old | v))
SIM_ATOMIC(atomicXor, atomic, static_cast<T>(old ^ v))
SIM_ATOMIC(atomicInc, atomic, old >= v ? T(0) : static_cast<T>(old + 1))
SIM_ATOMIC(atomicDec, atomic, old == 0 || old > v ? v : static_cast<T>(old - 1))
#undef SIM_ATOMIC

template <class T>
SIM_UNCHECKED inline T atomicCAS(T* p, convproof_sim::plain<T> expected, convproof_sim::plain<T> v, convproof_sim::Site site = convproof_sim::here()) {
  convproof_sim::touch(p, sizeof(T), convproof_sim::Access::atomic, site);
  T old = *p;
  if (old == expected) *p = v;
  return old;
}
template <class T>
SIM_UNCHECKED inline T atomicCAS_block(T* p, convproof_sim::plain<T> expected, convproof_sim::plain<T> v, convproof_sim::Site site = convproof_sim::here()) { return atomicCAS(p, expected, v, site); }
template <class T>
SIM_UNCHECKED inline T atomicCAS_system(T* p, convproof_sim::plain<T> expected, convproof_sim::plain<T> v, convproof_sim::Site site = convproof_sim::here()) { return atomicCAS(p, expected, v, site); }
