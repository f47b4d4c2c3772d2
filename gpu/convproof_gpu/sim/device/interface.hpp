// What a kernel's translation unit and the runtime know of each other. No header of the C++ library:
// they are slow to compile, and the runtime is C++ of its own.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SIM_API __attribute__((visibility("default")))
// Of a function in a kernel's translation unit that is the simulator's own: neither checked nor interrupted.
#ifdef __clang__
#define SIM_UNCHECKED __attribute__((no_sanitize("thread", "undefined", "coverage")))
#else
#define SIM_UNCHECKED __attribute__((no_sanitize("thread"), no_sanitize("undefined"), no_sanitize_coverage))
#endif

// Of one that touches a kernel's memory: its accesses are told as its caller's.
#define SIM_INLINE inline __attribute__((always_inline))

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};

namespace convproof_sim {

// Where in the user's source a call stands.
struct Site {
  const char* file;
  int line;
};
constexpr Site here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  return {file, line};
}

// One CUDA thread, as its kernel sees it.
struct Thread {
  uint3 index;
  unsigned linear;
  void* operands;  // of the collective it takes part in
};

struct State {  // everything that a kernel reads of the runtime; the checker passes over it
  Thread* current;
  uint3 block;
  dim3 block_dim, grid_dim;
  int reduced;  // by the last barrier
  void* arguments[1024];
  alignas(16) unsigned char argument_bytes[4096];
};
extern State state SIM_API;

enum class Kind : int {  // as in fault.py
  none,
  out_of_bounds,
  race,
  uninitialised,
  divergence,
  deadlock,
  misaligned,
  const_write,
  undefined,
  async_copy,
  step_limit,
};

[[noreturn]] SIM_API void fail(Kind kind, Site site, const char* format, ...)
    __attribute__((format(printf, 3, 4)));

// ---- barriers and collectives
enum class Reduction : uint8_t { none, any, all, count };
SIM_API void barrier(Site site, Reduction reduction, int value);  // what it gives is in `state`
SIM_API void pause();  // gives way to another thread

enum class Operation : uint8_t { syncwarp, shuffle, vote, match, reduce, matrix, load_matrix };
// Computes for all lanes of a warp at once; `lanes[i]` is null where lane i does not take part.
using Together = void (*)(Thread* const* lanes, unsigned mask, Site site);
// Waits until every lane of the mask has come to the same operation, and lets it compute. `aligned`:
// all 32 lanes, at the same line.
SIM_API void meet(Operation operation, unsigned mask, bool aligned, Site site, void* operands, Together together);

// ---- memory that is read or written by the runtime in a thread's name
enum class Access : int { read, write, atomic, exchange, volatile_read, volatile_write };
SIM_API void touch(const void* address, size_t size, Access access, Site site);
SIM_API void fence(bool in_block);
SIM_API void misaligned(const void* address, size_t wanted);

// ---- asynchronous copies
SIM_API void copy_async(void* to, const void* from, int size, int from_size, Site site);
SIM_API void copy_commit();
SIM_API void copy_wait(int groups_in_flight, Site site);

// ---- tensor cores
struct Product {  // registers of one lane: D = A B + C
  float* d;
  const unsigned *a, *b;
  const float* c;
};
SIM_API void mma_m16n8k8_tf32(Thread* const* lanes, unsigned mask, Site site);
SIM_API void mma_m16n8k16_bf16(Thread* const* lanes, unsigned mask, Site site);
SIM_API void mma_m16n8k16_f16(Thread* const* lanes, unsigned mask, Site site);

struct Rows {  // of ldmatrix: one address per lane, `count` registers
  unsigned* registers;
  const void* row;
  int count;
  bool transposed;
};
SIM_API void load_matrix(Thread* const* lanes, unsigned mask, Site site);

// ---- where a number comes from
enum class Origin : int { constant, variable, sum, difference, product, quotient, function };
SIM_API uint32_t origin_of_constant(double value);
SIM_API uint32_t origin_of(Origin origin, uint32_t a, uint32_t b);
SIM_API uint32_t origin_of_function(uint32_t a, double value);  // of an argument, with its value
SIM_API double value_of(uint32_t number);

SIM_API unsigned undefined_number();  // small

// ---- rounding: ties to even, where to nearest
enum class Direction : int { nearest, zero, up, down };
#define SIM_ROUNDED(T)                                \
  SIM_API T sum(Direction direction, T a, T b);       \
  SIM_API T product(Direction direction, T a, T b);   \
  SIM_API T quotient(Direction direction, T a, T b);  \
  SIM_API T fused(Direction direction, T a, T b, T c);\
  SIM_API T root(Direction direction, T a);
SIM_ROUNDED(float)
SIM_ROUNDED(double)
#undef SIM_ROUNDED
SIM_API float narrowed(Direction direction, double value);
SIM_API float float_of(Direction direction, long long value);
SIM_API float float_of(Direction direction, unsigned long long value);
SIM_API double double_of(Direction direction, long long value);
SIM_API double double_of(Direction direction, unsigned long long value);

SIM_API float half_to_float(uint16_t bits);
SIM_API uint16_t float_to_half(Direction direction, float value);

}  // namespace convproof_sim

// The dynamic shared memory of every kernel: `extern __shared__ T s[];` is this symbol.
extern "C" unsigned char sim_dynamic_shared[] SIM_API;
