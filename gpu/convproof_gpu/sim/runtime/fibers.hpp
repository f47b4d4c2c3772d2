// The threads of a block, each on a stack of its own, and the way from one to the next.
#pragma once
#include <stdlib.h>
#include <sys/mman.h>

#include "../device/interface.hpp"
#include "launch.hpp"
#include "switch.hpp"

namespace convproof_sim {

constexpr unsigned MOST_THREADS = 1024, WARP = 32, MOST_WARPS = MOST_THREADS / WARP;
constexpr size_t PAGE = 4096, STACK = 137 * PAGE;  // an odd number of pages, or all stacks would share few places of the TLB

enum class Being : uint8_t { ready, at_barrier, at_meeting, done };

struct alignas(64) Fiber : Thread {  // what the scheduler knows of a thread, in one line of the cache
  void* stack_pointer;
  Site site;  // where it waits
  unsigned mask;
  unsigned groups;  // of copies, committed
  Being being;
  Operation operation;
  Reduction reduction;
  bool aligned;
};
static_assert(sizeof(Fiber) == 64);

inline Fiber fibers[MOST_THREADS];
inline unsigned threads;     // of this launch's blocks
inline char* stacks;         // all of them, each above an inaccessible page
inline void* scheduler;      // its stack pointer while a fiber runs
inline bool failed;          // the launch is over
inline bool uninterrupted;   // lanes compute together
inline volatile bool interrupted_by_user;
inline void (*kernel)(void**);

inline char* stack_of(const Fiber& fiber) { return stacks + fiber.linear * STACK + PAGE; }  // its lowest byte
inline Fiber* current() { return static_cast<Fiber*>(state.current); }
inline bool on_stacks(const void* address) {
  return static_cast<size_t>(static_cast<const char*>(address) - stacks) < MOST_THREADS * STACK;
}

inline bool have_stacks() {
  if (stacks != nullptr) return true;
  void* found = mmap(nullptr, MOST_THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (found == MAP_FAILED) return false;
  stacks = static_cast<char*>(found);
  for (unsigned i = 0; i < MOST_THREADS; i++) mprotect(stacks + i * STACK, PAGE, PROT_NONE);
  return true;
}

// Leaves the running fiber; returns when it is resumed, which one that has failed never is.
inline void yield() { sim_switch(&current()->stack_pointer, scheduler); }

}  // namespace convproof_sim
