// Two or four small integers in one word: every lane by itself, as the name's end says.
//
//   __vadd4(a, b) = sum_i 256^i ((a_i + b_i) mod 256)      __vaddss4, __vaddus4   saturate instead
//   __vcmpeq4     = 255 where equal, else 0                __vseteq4              1 instead
//   __vavgs4      = (a_i + b_i) / 2, halves away from 0    __vhaddu4              rounded down
//   __vsadu4      = sum_i |a_i - b_i|
#pragma once
#include "interface.hpp"

namespace convproof_sim {

template <int BITS, bool SIGNED>
SIM_UNCHECKED inline int lane_of(unsigned word, int i) {
  int value = static_cast<int>(word >> (i * BITS) & ((1u << BITS) - 1));
  return SIGNED && value >> (BITS - 1) ? value - (1 << BITS) : value;
}
template <int BITS, bool SIGNED, class F>
SIM_UNCHECKED inline unsigned by_lanes(unsigned a, unsigned b, F of) {
  unsigned result = 0;
  for (int i = 0; i < 32 / BITS; i++)
    result |= (static_cast<unsigned>(of(lane_of<BITS, SIGNED>(a, i), lane_of<BITS, SIGNED>(b, i))) & ((1u << BITS) - 1)) << (i * BITS);
  return result;
}
template <int BITS, bool SIGNED>
SIM_UNCHECKED inline int held_in(int v) {
  int least = SIGNED ? -(1 << (BITS - 1)) : 0, greatest = (1 << (BITS - SIGNED)) - 1;
  return v < least ? least : v > greatest ? greatest : v;
}
template <int BITS, bool SIGNED>
SIM_UNCHECKED inline unsigned differences(unsigned a, unsigned b) {
  unsigned sum = 0;
  for (int i = 0; i < 32 / BITS; i++) {
    int difference = lane_of<BITS, SIGNED>(a, i) - lane_of<BITS, SIGNED>(b, i);
    sum += static_cast<unsigned>(difference < 0 ? -difference : difference);
  }
  return sum;
}

}  // namespace convproof_sim

#define SIM_LANES(name, bits, is_signed, value) \
  inline unsigned name(unsigned a, unsigned b) { return convproof_sim::by_lanes<bits, is_signed>(a, b, [](int x, int y) { return value; }); }
#define SIM_LANES_OF_ONE(name, bits, is_signed, value) \
  inline unsigned name(unsigned a) { return convproof_sim::by_lanes<bits, is_signed>(a, a, [](int x, int) { return value; }); }
#define SIM_COMPARED(n, bits, name, is_signed, op)             \
  SIM_LANES(__vcmp##name##n, bits, is_signed, x op y ? -1 : 0) \
  SIM_LANES(__vset##name##n, bits, is_signed, x op y ? 1 : 0)
#define SIM_WORDS(n, bits)                                                                                                        \
  SIM_LANES_OF_ONE(__vabs##n, bits, true, x < 0 ? -x : x)                                                                         \
  SIM_LANES_OF_ONE(__vabsss##n, bits, true, (convproof_sim::held_in<bits, true>(x < 0 ? -x : x)))                                 \
  SIM_LANES_OF_ONE(__vneg##n, bits, true, -x)                                                                                     \
  SIM_LANES_OF_ONE(__vnegss##n, bits, true, (convproof_sim::held_in<bits, true>(-x)))                                             \
  SIM_LANES(__vadd##n, bits, false, x + y)                                                                                        \
  SIM_LANES(__vaddss##n, bits, true, (convproof_sim::held_in<bits, true>(x + y)))                                                 \
  SIM_LANES(__vaddus##n, bits, false, (convproof_sim::held_in<bits, false>(x + y)))                                               \
  SIM_LANES(__vsub##n, bits, false, x - y)                                                                                        \
  SIM_LANES(__vsubss##n, bits, true, (convproof_sim::held_in<bits, true>(x - y)))                                                 \
  SIM_LANES(__vsubus##n, bits, false, (convproof_sim::held_in<bits, false>(x - y)))                                               \
  SIM_LANES(__vabsdiffs##n, bits, true, x < y ? y - x : x - y)                                                                    \
  SIM_LANES(__vabsdiffu##n, bits, false, x < y ? y - x : x - y)                                                                   \
  SIM_LANES(__vavgs##n, bits, true, (x + y + (x + y >= 0)) >> 1)                                                                  \
  SIM_LANES(__vavgu##n, bits, false, (x + y + 1) >> 1)                                                                            \
  SIM_LANES(__vhaddu##n, bits, false, (x + y) >> 1)                                                                               \
  SIM_LANES(__vmaxs##n, bits, true, x < y ? y : x)                                                                                \
  SIM_LANES(__vmaxu##n, bits, false, x < y ? y : x)                                                                               \
  SIM_LANES(__vmins##n, bits, true, x < y ? x : y)                                                                                \
  SIM_LANES(__vminu##n, bits, false, x < y ? x : y)                                                                               \
  SIM_COMPARED(n, bits, eq, false, ==) SIM_COMPARED(n, bits, ne, false, !=)                                                       \
  SIM_COMPARED(n, bits, ges, true, >=) SIM_COMPARED(n, bits, geu, false, >=)                                                      \
  SIM_COMPARED(n, bits, gts, true, >) SIM_COMPARED(n, bits, gtu, false, >)                                                        \
  SIM_COMPARED(n, bits, les, true, <=) SIM_COMPARED(n, bits, leu, false, <=)                                                      \
  SIM_COMPARED(n, bits, lts, true, <) SIM_COMPARED(n, bits, ltu, false, <)                                                        \
  inline unsigned __vsads##n(unsigned a, unsigned b) { return convproof_sim::differences<bits, true>(a, b); }                     \
  inline unsigned __vsadu##n(unsigned a, unsigned b) { return convproof_sim::differences<bits, false>(a, b); }
SIM_WORDS(2, 16)
SIM_WORDS(4, 8)
#undef SIM_WORDS
#undef SIM_COMPARED
#undef SIM_LANES_OF_ONE
#undef SIM_LANES

// c + sum_i a_i b_i: of four bytes, or of two halves of a and the low or the high two bytes of b
#define SIM_DOT(T, is_signed)                                                                                                      \
  inline T __dp4a(T a, T b, T c) {                                                                                                 \
    unsigned sum = static_cast<unsigned>(c);                                                                                       \
    for (int i = 0; i < 4; i++) sum += static_cast<unsigned>(convproof_sim::lane_of<8, is_signed>(a, i) * convproof_sim::lane_of<8, is_signed>(b, i)); \
    return static_cast<T>(sum);                                                                                                    \
  }                                                                                                                                \
  inline T __dp2a_lo(T a, T b, T c) {                                                                                              \
    unsigned sum = static_cast<unsigned>(c);                                                                                       \
    for (int i = 0; i < 2; i++) sum += static_cast<unsigned>(convproof_sim::lane_of<16, is_signed>(a, i) * convproof_sim::lane_of<8, is_signed>(b, i)); \
    return static_cast<T>(sum);                                                                                                    \
  }                                                                                                                                \
  inline T __dp2a_hi(T a, T b, T c) { return __dp2a_lo(a, static_cast<T>(static_cast<unsigned>(b) >> 16), c); }
SIM_DOT(int, true)
SIM_DOT(unsigned, false)
#undef SIM_DOT
