// The products of a warpgroup where there is no wgmma: each of its warps by itself, with few registers beside its sums.
//
//   sum[m, n] += sum_{s<STEPS}  rest_s[m, :] b_s[n, :] + a_s[m, :] low_s[n, :] + a_s[m, :] b_s[n, :],  or  a_s b_s  alone
//
// Operands and sums lie as warpgroup.cuh says. The sum of the steps begins at zero and is added when it is complete, as
// a slab's is there: bit for bit the same. It is that of 16 n at a time, two instructions that do not wait for each other.
#pragma once
#include "warpgroup.cuh"

// Whether a warpgroup multiplies: on sm_90a, and as the simulator has it.
#if defined(CONVPROOF_SIM) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
constexpr bool WARPGROUPS = true;
#else
constexpr bool WARPGROUPS = false;
#endif

// Of n < `rows` alone: a branch, across which a compiler moves no loads that would want registers.
template <bool SPLIT, int HALF, int STEPS, class Word>
__device__ inline void warps_multiply(float (&sum)[HALF], const unsigned (&a)[STEPS][4], const unsigned (&rest)[STEPS][4], const Word* b,
                                      const Word* low, int rows) {
  const int lane = threadIdx.x % 32, line = lane / 16 * 8 + lane % 8, word = lane / 8 % 2 * 4;
  const auto loaded = [&](unsigned (&words)[2][2], const Word* lines, int n, int k) {  // of n + 8 h, and of k + 4 e
    unsigned four[4];
    ldmatrix(four, reinterpret_cast<const unsigned*>(lines) + swizzled(n + line, k + word));
#pragma unroll
    for (int e = 0; e < 4; e++) words[e / 2][e % 2] = four[e];
  };
  const auto add = [](float (&part)[2][4], const unsigned (&left)[4], const unsigned (&right)[2][2]) {
#pragma unroll
    for (int h = 0; h < 2; h++) multiplied(part[h], left, right[h], static_cast<const Word*>(nullptr));
  };
#pragma unroll
  for (int j = 0; j < HALF; j += 8) {
    if (2 * j >= rows) break;
    float part[2][4] = {};
#pragma unroll
    for (int s = 0; s < STEPS; s++) {
      unsigned words[2][2];
      loaded(words, b, 2 * j, 8 * s);
      if constexpr (SPLIT) {
        unsigned low_words[2][2];
        loaded(low_words, low, 2 * j, 8 * s);
        add(part, rest[s], words);
        add(part, a[s], low_words);
      }
      add(part, a[s], words);
    }
#pragma unroll
    for (int e = 0; e < 8; e++) sum[j + e] += part[e / 4][e % 4];
  }
}
