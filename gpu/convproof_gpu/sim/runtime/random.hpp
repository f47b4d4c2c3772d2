// The adversary's numbers: xorshift64*, from the launch's seed alone.
#pragma once
#include <stdint.h>

namespace convproof_sim {

struct Random {
  uint64_t state = 1;
  void seed(uint64_t value) { state = value * 0x9E3779B97F4A7C15ull + 0x1234567; }
  uint32_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<uint32_t>(state * 0x2545F4914F6CDD1Dull >> 32);
  }
  uint32_t below(uint32_t bound) { return static_cast<uint64_t>(next()) * bound >> 32; }
};
inline Random chance;

}  // namespace convproof_sim
