// Every load and store of a kernel, before it happens.
//
// The compiler's thread sanitizer calls __tsan_read4 and the like; the library that it would link is
// not there, and these are ours. The undefined-behaviour sanitizer's handlers are, too.
#pragma once
#include "counts.hpp"
#include "races.hpp"
#include "random.hpp"

namespace convproof_sim {

enum class Space : int { global, shared, constant };

struct Region {  // memory that a kernel may touch
  char* begin;
  size_t size;
  Space space;
  int read_only;
  int unwritten;  // whether reading what this launch has not written is a fault
  Shadow shadow;

  bool has(const char* p) const { return static_cast<size_t>(p - begin) < size; }
};

constexpr int MOST_REGIONS = 512;
constexpr int SLOT_BITS = 36, SLOTS = 64;  // of the arena: one array each, 64 GiB apart
constexpr size_t FRONT = size_t(1) << 30;  // bytes of a slot before its array
inline Region regions[MOST_REGIONS];
inline int region_count;
inline char* arena;
inline short slot_regions[SLOTS];
inline unsigned char nearby[64];  // the regions of accesses outside the arena, by their addresses
inline unsigned long long accesses;  // of this launch
inline char *image_begin, *image_end;  // the module's code and constants
inline bool looks_quickly;  // whether traffic is not counted
inline uint32_t turn, steps_left;             // steps between two looks at the order, and until the next
inline unsigned long long steps_before;       // of this launch, before this turn

inline int region_of(const char* p) {
  size_t slot = static_cast<size_t>(p - arena) >> SLOT_BITS;
  if (slot < SLOTS) return slot_regions[slot];
  unsigned char& guess = nearby[reinterpret_cast<uintptr_t>(p) / 64 % 64];
  if (guess < region_count && regions[guess].has(p)) return guess;
  for (int i = 0; i < region_count; i++)
    if (regions[i].has(p)) return guess = static_cast<unsigned char>(i), i;
  return -1;
}

inline void look_for_races(Region& region, int array, const char* p, size_t size, Access access, Place place) {
  uint32_t since = region.space == Space::shared ? block_began : launch_began;
  size_t offset = p - region.begin, end = offset + size;
  if (region.unwritten && (is_read(access) || access == Access::atomic)) {  // of a struct some bytes may be padding
    bool written = false;
    for (size_t i = offset; i < end && !written; i++) {
      Cell& word = region.shadow.cells[i / 4];
      Splits::Four* four = splits.of(word);
      if (four == nullptr) i |= 3;
      if (four == nullptr && word.reader.who == split) continue;
      written = (four != nullptr ? four->cells[i % 4] : word).writer.time >= since;
    }
    if (!written) {
      const char* hint = region.space == Space::shared ? " yet; is a barrier missing before it?" : "";
      fault(Kind::uninitialised, place, array, offset, "reads what nothing has written%s", hint);
    }
  }
  while (offset < end) {
    Cell& word = region.shadow.cells[offset / 4];
    size_t stop = (offset / 4 + 1) * 4;
    if (word.reader.who == split && word.reader.time != launch_began) word = Cell{};
    bool whole = offset % 4 == 0 && stop <= end;
    Splits::Four* four = whole ? splits.of(word) : splits.make(word);
    if (four == nullptr) {
      pass(word, access, since, place, array, offset);
    } else {
      for (; offset < stop && offset < end; offset++) pass(four->cells[offset % 4], access, since, place, array, offset);
    }
    offset = stop;
  }
}

[[noreturn]] __attribute__((noinline, cold))
inline void out_of_bounds(const char* p, size_t size, Access access, Place place) {
  const char* verb = is_read(access) ? "read" : is_update(access) ? "atomic access" : "write";
  int nearest = -1;
  unsigned long long least = ~0ull;
  for (int i = 0; i < region_count; i++) {
    const Region& region = regions[i];
    if (region.space != Space::global && region.size == 0) continue;
    bool before = p < region.begin;
    unsigned long long distance = before ? region.begin - p : p + size - (region.begin + region.size);
    if (distance < least) least = distance, nearest = i;
  }
  if (nearest < 0 || least > 1ull << (SLOT_BITS - 1))
    fault(Kind::out_of_bounds, place, -1, 0, "%s of %zu bytes at %p, near no array", verb, size, static_cast<const void*>(p));
  const Region& region = regions[nearest];
  long long offset = p - region.begin;
  if (offset < 0) fault(Kind::out_of_bounds, place, nearest, offset, "%s of %zu bytes, %lld before the beginning", verb, size, -offset);
  fault(Kind::out_of_bounds, place, nearest, offset, "%s of %zu bytes at byte %lld of %zu", verb, size, offset, region.size);
}

inline void check_memory(const char* p, size_t size, Access access, Place place) {
  int number = region_of(p);
  for (int i = 0; i < region_count && (number < 0 || !regions[number].has(p)); i++)  // several in one slot
    if (regions[i].has(p)) number = i;
  if (number < 0 || !regions[number].has(p) || p + size > regions[number].begin + regions[number].size) {
    if (is_read(access) && p >= image_begin && p + size <= image_end) return;  // constants of the code
    out_of_bounds(p, size, access, place);
  }
  Region& region = regions[number];
  if (!is_read(access) && region.read_only)
    fault(Kind::const_write, place, number, p - region.begin, "writes through a pointer to const");
  if (region.space == Space::shared && !is_update(access)) access = is_read(access) ? Access::read : Access::write;  // volatile orders no threads
  if (now->races && region.space != Space::constant) {
    if (is_update(access) || access == Access::volatile_read) acquire(p);
    look_for_races(region, number, p, size, access, place);
    if (is_update(access) || access == Access::volatile_write) release(p);
  }
  if (now->counted) count(region.space == Space::shared, p, size, access, place.pc ? place.pc : place.site.file + place.site.line);
}

constexpr uint32_t PATIENCE = 1 << 14;

inline unsigned long long steps_so_far() { return steps_before + (turn - steps_left); }

inline void next_turn() {
  steps_before += turn;
  unsigned long long allowed = now->steps - steps_before + 1;
  turn = now->adversary ? 1 + chance.below(64) : PATIENCE;
  if (turn > allowed) turn = static_cast<uint32_t>(allowed);
  steps_left = turn;
}

// Gives way to another thread, where the adversary likes; without one, only for that it may be waiting for another.
__attribute__((noinline, cold))
inline void give_way(const void* pc) {
  if (now == nullptr) return;  // code of the module that no launch runs
  if (steps_before + turn > now->steps) fault(Kind::step_limit, {{nullptr, 0}, pc}, -1, 0, "more than %llu steps", now->steps);
  next_turn();
  if (interrupted_by_user) failed = true;
  if (!uninterrupted || failed) yield();
}

// Of a thread that waits for another, and says so.
void pause() {
  if (!uninterrupted) yield();
}

inline __attribute__((always_inline)) void step(const void* pc) {
  if (--steps_left == 0) give_way(pc);
}

// Whole words inside a region, with nothing to say of them; returns false if all must be looked at.
inline __attribute__((always_inline)) bool check_quickly(const char* p, size_t size, Access access) {
  int number = region_of(p);
  if (number < 0 || size % 4 != 0 || !looks_quickly) return false;
  Region& region = regions[number];
  size_t offset = p - region.begin;
  if (offset % 4 != 0 || offset > region.size || size > region.size - offset) return false;
  if ((access != Access::read && region.read_only) || region.space == Space::constant) return false;
  if (!now->races) return true;
  uint32_t since = region.space == Space::shared ? block_began : launch_began;
  for (size_t i = 0; i < size / 4; i++)
    if (!pass_quickly(region.shadow.cells[offset / 4 + i], access, since, region.unwritten)) return false;
  return true;
}

[[noreturn]] __attribute__((noinline, cold))
inline void misaligned_at(const char* p, size_t wanted, Place place) {
  int number = region_of(p);
  fault(Kind::misaligned, place, number, number < 0 ? 0 : p - regions[number].begin, "an address that is no multiple of %zu", wanted);
}

void misaligned(const void* p, size_t wanted) {
  misaligned_at(static_cast<const char*>(p), wanted, {{nullptr, 0}, __builtin_return_address(0)});
}

inline __attribute__((always_inline)) void check(const void* address, size_t size, Access access, const void* pc, bool aligned) {
  const char* p = static_cast<const char*>(address);
  if (static_cast<size_t>(p - arena) >> SLOT_BITS >= SLOTS) {
    if (static_cast<size_t>(p - reinterpret_cast<char*>(&state)) < sizeof state) return;
    if (static_cast<size_t>(p - reinterpret_cast<char*>(fibers)) < sizeof fibers) return;
    if (state.current == nullptr) return;
    if (on_stacks(p)) {
      if (static_cast<size_t>(p - stack_of(*current())) >= STACK - PAGE)
        fault(Kind::out_of_bounds, {{nullptr, 0}, pc}, -1, 0, "touches the local memory of another thread");
      return;
    }
  }
  accesses++;
  if (aligned && reinterpret_cast<uintptr_t>(p) % size != 0) misaligned_at(p, size, {{nullptr, 0}, pc});
  if (!check_quickly(p, size, access)) check_memory(p, size, access, {{nullptr, 0}, pc});
  step(pc);
}

void touch(const void* address, size_t size, Access access, Site site) {
  const char* p = static_cast<const char*>(address);
  if (on_stacks(p)) return;
  accesses++;
  check_memory(p, size, access, {site, nullptr});
}

}  // namespace convproof_sim

#define SIM_FROM __builtin_return_address(0)
extern "C" {
#define SIM_HOOKS(n)                                                                                                       \
  SIM_API void __tsan_read##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::read, SIM_FROM, true); }                            \
  SIM_API void __tsan_write##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::write, SIM_FROM, true); }                          \
  SIM_API void __tsan_unaligned_read##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::read, SIM_FROM, false); }                 \
  SIM_API void __tsan_unaligned_write##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::write, SIM_FROM, false); }               \
  SIM_API void __tsan_volatile_read##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::volatile_read, SIM_FROM, true); }                   \
  SIM_API void __tsan_volatile_write##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::volatile_write, SIM_FROM, true); }                 \
  SIM_API void __tsan_unaligned_volatile_read##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::volatile_read, SIM_FROM, false); }        \
  SIM_API void __tsan_unaligned_volatile_write##n(void* p) { convproof_sim::check(p, n, convproof_sim::Access::volatile_write, SIM_FROM, false); }      \
  SIM_API void __tsan_read_write##n(void* p) {                                                                             \
    convproof_sim::check(p, n, convproof_sim::Access::read, SIM_FROM, true), convproof_sim::check(p, n, convproof_sim::Access::write, SIM_FROM, true);             \
  }                                                                                                                        \
  SIM_API void __tsan_unaligned_read_write##n(void* p) {                                                                   \
    convproof_sim::check(p, n, convproof_sim::Access::read, SIM_FROM, false), convproof_sim::check(p, n, convproof_sim::Access::write, SIM_FROM, false);           \
  }
SIM_HOOKS(1) SIM_HOOKS(2) SIM_HOOKS(4) SIM_HOOKS(8) SIM_HOOKS(16)
SIM_API void __tsan_read_range(void* p, size_t n) { if (n) convproof_sim::check(p, n, convproof_sim::Access::read, SIM_FROM, false); }
SIM_API void __tsan_write_range(void* p, size_t n) { if (n) convproof_sim::check(p, n, convproof_sim::Access::write, SIM_FROM, false); }
SIM_API void* __tsan_memcpy(void* to, const void* from, size_t n) {
  if (n) convproof_sim::check(from, n, convproof_sim::Access::read, SIM_FROM, false), convproof_sim::check(to, n, convproof_sim::Access::write, SIM_FROM, false);
  return __builtin_memcpy(to, from, n);
}
SIM_API void* __tsan_memmove(void* to, const void* from, size_t n) {
  if (n) convproof_sim::check(from, n, convproof_sim::Access::read, SIM_FROM, false), convproof_sim::check(to, n, convproof_sim::Access::write, SIM_FROM, false);
  return __builtin_memmove(to, from, n);
}
SIM_API void* __tsan_memset(void* to, int value, size_t n) {
  if (n) convproof_sim::check(to, n, convproof_sim::Access::write, SIM_FROM, false);
  return __builtin_memset(to, value, n);
}
SIM_API void* __wrap_memcpy(void* to, const void* from, size_t n) { return __tsan_memcpy(to, from, n); }
SIM_API void* __wrap_memmove(void* to, const void* from, size_t n) { return __tsan_memmove(to, from, n); }
SIM_API void* __wrap_memset(void* to, int value, size_t n) { return __tsan_memset(to, value, n); }
SIM_API void __tsan_init() {}
SIM_API void __tsan_vptr_read(void**) {}
SIM_API void __tsan_vptr_update(void**, void*) {}
SIM_API void __tsan_func_entry(void*) {}
SIM_API void __tsan_func_exit() {}
SIM_API void __sanitizer_cov_trace_pc() {
  convproof_sim::step(SIM_FROM);
}

struct SimSource {  // as the sanitizer lays it out
  const char* file;
  uint32_t line, column;
};
#define SIM_UNDEFINED(name, parameters, kind, ...)                                     \
  SIM_API void __ubsan_handle_##name parameters {                                      \
    convproof_sim::fail(convproof_sim::Kind::kind, {at->file, static_cast<int>(at->line)}, __VA_ARGS__);   \
  }
SIM_UNDEFINED(out_of_bounds, (SimSource * at, uintptr_t i), out_of_bounds, "index %ld is out of the array's bounds", static_cast<long>(i))
SIM_UNDEFINED(shift_out_of_bounds, (SimSource * at, uintptr_t, uintptr_t by), undefined, "shift by %ld", static_cast<long>(by))
SIM_UNDEFINED(add_overflow, (SimSource * at, uintptr_t, uintptr_t), undefined, "signed overflow of a sum")
SIM_UNDEFINED(sub_overflow, (SimSource * at, uintptr_t, uintptr_t), undefined, "signed overflow of a difference")
SIM_UNDEFINED(mul_overflow, (SimSource * at, uintptr_t, uintptr_t), undefined, "signed overflow of a product")
SIM_UNDEFINED(negate_overflow, (SimSource * at, uintptr_t), undefined, "signed overflow of a negation")
SIM_UNDEFINED(divrem_overflow, (SimSource * at, uintptr_t, uintptr_t by), undefined, "integer division by %ld", static_cast<long>(by))
SIM_UNDEFINED(builtin_unreachable, (SimSource * at), undefined, "an end that was said not to be reached")
SIM_UNDEFINED(missing_return, (SimSource * at), undefined, "no value is returned")
SIM_API void __ubsan_handle_type_mismatch_v1(SimSource* at, uintptr_t pointer) {
  convproof_sim::Site site{at->file, static_cast<int>(at->line)};
  if (pointer == 0) convproof_sim::fail(convproof_sim::Kind::out_of_bounds, site, "a null pointer");
  int number = convproof_sim::region_of(reinterpret_cast<char*>(pointer));
  long long offset = number < 0 ? 0 : reinterpret_cast<char*>(pointer) - convproof_sim::regions[number].begin;
  convproof_sim::fault(convproof_sim::Kind::misaligned, {site, nullptr}, number, offset, "an address that is no multiple of the type's alignment");
}
}
