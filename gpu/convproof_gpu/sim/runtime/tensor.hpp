// mma.sync and ldmatrix, from the fragment tables of the PTX ISA ("Matrix Fragments for mma.m16n8k8"
// and "... m16n8k16", "ldmatrix"). With g = lane / 4 and t = lane % 4:
//
//   C, D         register j: row g + 8 (j >= 2), column 2t + (j & 1)
//   tf32 A       register j: row g + 8 (j & 1), column t + 4 (j >> 1)      B: row t + 4j, column g
//   16-bit A     half h of register j: row g + 8 (j & 1), column 2t + h + 8 (j >> 1)
//   16-bit B     half h of register j: row 2t + h + 8j, column g
//
// Sums: a tensor core aligns the accumulator and the products of one instruction to the largest exponent, truncates
// each to 25 bits behind it, adds, and truncates the sum to float32. The exponent of a product is the sum of its
// operands', which are at least that of the format's least normal number; what is zero has none. A sum of zero is +0,
// one beyond the floats infinite, and every NaN is 0x7fffffff (Hopper: all of 479616 sums of mma.sync and wgmma).
#pragma once
#include <math.h>
#include <string.h>

#include "check.hpp"

namespace convproof_sim {

inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

float half_to_float(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3ff;
  if (exponent == 31) return float_of(sign | 0x7f800000u | fraction << 13);
  if (exponent == 0) return float_of(sign | bits_of(ldexpf(static_cast<float>(fraction), -24)));
  return float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

uint16_t float_to_half(Direction direction, float value) {
  uint32_t bits = bits_of(value), magnitude = bits & 0x7fffffffu;
  uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  if (magnitude > 0x7f800000u) return 0x7fff;
  if (magnitude == 0x7f800000u) return sign | 0x7c00;
  bool nearest = direction == Direction::nearest, outward = direction == (sign ? Direction::down : Direction::up);
  if (magnitude >= 0x47800000u) return sign | (nearest || outward ? 0x7c00 : 0x7bff);  // 65536 and more
  int exponent = static_cast<int>(magnitude >> 23) - 127;
  uint32_t fraction = (magnitude & 0x7fffffu) | (magnitude >> 23 ? 0x800000u : 0);
  int drop = exponent < -14 ? 13 + (-14 - exponent) : 13;
  if (drop > 24) return sign | (outward && magnitude != 0);
  uint32_t kept = fraction >> drop, rest = fraction & ((1u << drop) - 1), half = 1u << (drop - 1);
  if (nearest && (rest > half || (rest == half && (kept & 1)))) kept++;
  if (outward && rest != 0) kept++;
  uint32_t biased = exponent < -14 ? kept : kept + (static_cast<uint32_t>(exponent + 14) << 10);
  return static_cast<uint16_t>(sign | biased);
}

inline float tf32(uint32_t bits) { return float_of(bits & 0xffffe000u); }  // the low 13 bits are not looked at
inline float bf16(uint32_t bits, int half) { return float_of(half ? bits & 0xffff0000u : bits << 16); }
inline float f16(uint32_t bits, int half) { return half_to_float(static_cast<uint16_t>(half ? bits >> 16 : bits)); }

constexpr int NO_EXPONENT = -1000;
inline int exponent_of(double value, int least) {
  if (value == 0) return NO_EXPONENT;
  int exponent;
  frexp(value, &exponent);
  return exponent - 1 < least ? least : exponent - 1;
}

inline float summed(float c, const float* a, const float* b, int n, int least) {
  double products[16], plain = c;
  bool finite = isfinite(c);
  int largest = exponent_of(c, -126);
  for (int i = 0; i < n; i++) {
    products[i] = static_cast<double>(a[i]) * b[i];
    plain += products[i];
    finite = finite && isfinite(a[i]) && isfinite(b[i]);
    int exponent = exponent_of(a[i], least) + exponent_of(b[i], least);
    if (exponent > largest) largest = exponent;
  }
  if (isnan(plain)) return float_of(0x7fffffffu);
  if (!finite) return static_cast<float>(plain);
  if (now->rounding == static_cast<int>(Rounding::nearest)) {
    float sum = c;
    for (int i = 0; i < n; i++) sum = static_cast<float>(sum + products[i]);
    return sum;
  }
  if (largest < 2 * -126) return 0;  // all is zero
  double unit = ldexp(1.0, largest - 25), sum = trunc(c / unit);
  for (int i = 0; i < n; i++) sum += trunc(products[i] / unit);
  double value = sum * unit;
  if (fabs(value) >= 0x1p128) return value < 0 ? -INFINITY : INFINITY;
  float result = static_cast<float>(value);
  return (fabs(static_cast<double>(result)) > fabs(value) ? nextafterf(result, 0) : result) + 0.0f;
}

inline void multiply(Thread* const* lanes, int depth, int least, const float (*a)[16], const float (*b)[16]) {
  for (int lane = 0; lane < 32; lane++) {
    const Product& product = *static_cast<Product*>(lanes[lane]->operands);
    float d[4];
    for (int j = 0; j < 4; j++) {
      int row = lane / 4 + (j >= 2 ? 8 : 0), column = 2 * (lane % 4) + (j & 1);
      d[j] = summed(product.c[j], a[row], b[column], depth, least);
    }
    memcpy(product.d, d, sizeof d);
  }
}

void mma_m16n8k8_tf32(Thread* const* lanes, unsigned, Site) {
  float a[16][16], b[8][16];  // rows of A, columns of B
  for (int lane = 0; lane < 32; lane++) {
    const Product& product = *static_cast<Product*>(lanes[lane]->operands);
    int g = lane / 4, t = lane % 4;
    for (int j = 0; j < 4; j++) a[g + (j & 1) * 8][t + (j >> 1) * 4] = tf32(product.a[j]);
    for (int j = 0; j < 2; j++) b[g][t + 4 * j] = tf32(product.b[j]);
  }
  multiply(lanes, 8, -126, a, b);
}

inline void mma_16_bit(Thread* const* lanes, int least, float (*value)(uint32_t, int)) {
  float a[16][16], b[8][16];  // rows of A, columns of B
  for (int lane = 0; lane < 32; lane++) {
    const Product& product = *static_cast<Product*>(lanes[lane]->operands);
    int g = lane / 4, t = lane % 4;
    for (int h = 0; h < 2; h++) {
      for (int j = 0; j < 4; j++) a[g + (j & 1) * 8][2 * t + h + (j >> 1) * 8] = value(product.a[j], h);
      for (int j = 0; j < 2; j++) b[g][2 * t + h + 8 * j] = value(product.b[j], h);
    }
  }
  multiply(lanes, 16, least, a, b);
}

void mma_m16n8k16_bf16(Thread* const* lanes, unsigned, Site) { mma_16_bit(lanes, -126, bf16); }
void mma_m16n8k16_f16(Thread* const* lanes, unsigned, Site) { mma_16_bit(lanes, -14, f16); }

// Matrix m's row r is at the address of lane 8m + r; lane 4g + t gets elements 2t and 2t + 1 of row g, or
// of column g if transposed.
void load_matrix(Thread* const* lanes, unsigned, Site site) {
  int count = static_cast<Rows*>(lanes[0]->operands)->count;
  Thread* asking = state.current;
  for (int m = 0; m < count; m++) {
    uint16_t matrix[8][8];
    for (int r = 0; r < 8; r++) {
      state.current = lanes[8 * m + r];
      const void* row = static_cast<Rows*>(state.current->operands)->row;
      if (reinterpret_cast<uintptr_t>(row) % 16 != 0) {
        state.current = asking;
        fail(Kind::misaligned, site, "ldmatrix: the address of lane %d is no multiple of 16", 8 * m + r);
      }
      int number = region_of(static_cast<const char*>(row));
      if (number >= 0 && regions[number].space != Space::shared) {
        state.current = asking;
        fail(Kind::out_of_bounds, site, "ldmatrix: the address of lane %d is not in shared memory", 8 * m + r);
      }
      touch(row, 16, Access::read, site);
      memcpy(matrix[r], row, 16);
    }
    for (int lane = 0; lane < 32; lane++) {
      const Rows& rows = *static_cast<Rows*>(lanes[lane]->operands);
      int g = lane / 4, t = lane % 4;
      uint32_t low = rows.transposed ? matrix[2 * t][g] : matrix[g][2 * t];
      uint32_t high = rows.transposed ? matrix[2 * t + 1][g] : matrix[g][2 * t + 1];
      rows.registers[m] = low | high << 16;
    }
  }
  state.current = asking;
}

}  // namespace convproof_sim
