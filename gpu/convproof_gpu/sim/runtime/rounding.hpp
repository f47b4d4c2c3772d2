// Arithmetic in a direction, by the processor's own rounding. Operands and results pass through volatile memory, so that
// no compiler moves an operation out of the stretch in which the direction holds. What makes a double of an unsigned
// number may subtract equal ones, which is -0 downwards: so its sign is taken off.
#pragma once
#include <fenv.h>
#include <math.h>

#include "../device/interface.hpp"

namespace convproof_sim {

class Rounds {
 public:
  explicit Rounds(Direction direction) {
    constexpr int MODES[] = {FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD};
    fesetround(MODES[static_cast<int>(direction)]);
  }
  ~Rounds() { fesetround(FE_TONEAREST); }
};

#define SIM_ROUNDED(R, name, A, parameters, operands, value) \
  R name(Direction direction, parameters) {                  \
    volatile A operands;                                     \
    Rounds held(direction);                                  \
    volatile R result = value;                               \
    return result;                                           \
  }
#define SIM_LIST(...) __VA_ARGS__
#define SIM_ROUNDED_ALL(T, fma, sqrt)                                                                                \
  SIM_ROUNDED(T, sum, T, SIM_LIST(T a, T b), SIM_LIST(x = a, y = b), x + y)                                          \
  SIM_ROUNDED(T, product, T, SIM_LIST(T a, T b), SIM_LIST(x = a, y = b), x * y)                                      \
  SIM_ROUNDED(T, quotient, T, SIM_LIST(T a, T b), SIM_LIST(x = a, y = b), x / y)                                     \
  SIM_ROUNDED(T, fused, T, SIM_LIST(T a, T b, T c), SIM_LIST(x = a, y = b, z = c), fma(x, y, z))                     \
  SIM_ROUNDED(T, root, T, SIM_LIST(T a), SIM_LIST(x = a), sqrt(x))
SIM_ROUNDED_ALL(float, fmaf, sqrtf)
SIM_ROUNDED_ALL(double, fma, sqrt)
SIM_ROUNDED(float, narrowed, double, SIM_LIST(double a), SIM_LIST(x = a), static_cast<float>(x))
SIM_ROUNDED(float, float_of, long long, SIM_LIST(long long a), SIM_LIST(x = a), static_cast<float>(x))
SIM_ROUNDED(double, double_of, long long, SIM_LIST(long long a), SIM_LIST(x = a), static_cast<double>(x))
SIM_ROUNDED(float, float_with_a_sign, unsigned long long, SIM_LIST(unsigned long long a), SIM_LIST(x = a), static_cast<float>(x))
SIM_ROUNDED(double, double_with_a_sign, unsigned long long, SIM_LIST(unsigned long long a), SIM_LIST(x = a), static_cast<double>(x))
#undef SIM_ROUNDED_ALL
#undef SIM_ROUNDED
#undef SIM_LIST

float float_of(Direction direction, unsigned long long a) { return fabsf(float_with_a_sign(direction, a)); }
double double_of(Direction direction, unsigned long long a) { return fabs(double_with_a_sign(direction, a)); }

}  // namespace convproof_sim
