// float2, int4, ... with the alignment that CUDA gives them.
#pragma once
#include "interface.hpp"

// Clang copies structs by memcpy, and tells nobody how they should be aligned: their last member looks, and takes no room.
#ifdef __clang__
namespace convproof_sim {
template <int N>
struct Aligned {
  Aligned() = default;
  SIM_INLINE Aligned(const Aligned& other) { look(&other); }
  SIM_INLINE Aligned& operator=(const Aligned& other) { return look(this), look(&other), *this; }
  SIM_INLINE static void look(const void* p) {
    asm("" : "+r"(p));  // or it would be taken to be aligned
    if (reinterpret_cast<uintptr_t>(p) % N != 0) misaligned(p, N);
  }
};
}  // namespace convproof_sim
#define SIM_ALIGNED(n) [[no_unique_address]] ::convproof_sim::Aligned<n> sim_aligned;
#else
#define SIM_ALIGNED(n)
#endif

#define SIM_VECTOR(T, Name, two, four)                                                       \
  struct Name##1 { T x; };                                                                   \
  struct alignas(two) Name##2 { T x, y; SIM_ALIGNED(two) };                                  \
  struct Name##3 { T x, y, z; };                                                             \
  struct alignas(four) Name##4 { T x, y, z, w; SIM_ALIGNED(four) };                          \
  inline Name##1 make_##Name##1(T x) { return {x}; }                                         \
  inline Name##2 make_##Name##2(T x, T y) { return {x, y}; }                                 \
  inline Name##3 make_##Name##3(T x, T y, T z) { return {x, y, z}; }                         \
  inline Name##4 make_##Name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

#define uint3 sim_uint3_of_vectors  // the real ones are in interface.hpp and below
#define make_uint3 sim_make_uint3
SIM_VECTOR(signed char, char, 2, 4)
SIM_VECTOR(unsigned char, uchar, 2, 4)
SIM_VECTOR(short, short, 4, 8)
SIM_VECTOR(unsigned short, ushort, 4, 8)
SIM_VECTOR(int, int, 8, 16)
SIM_VECTOR(unsigned, uint, 8, 16)
SIM_VECTOR(long, long, 16, 16)
SIM_VECTOR(unsigned long, ulong, 16, 16)
SIM_VECTOR(long long, longlong, 16, 16)
SIM_VECTOR(unsigned long long, ulonglong, 16, 16)
SIM_VECTOR(sim_float, float, 8, 16)
SIM_VECTOR(double, double, 16, 16)
#undef uint3
#undef make_uint3
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
#undef SIM_VECTOR
#undef SIM_ALIGNED
