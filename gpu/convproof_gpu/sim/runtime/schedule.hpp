// One block: its threads in an order, until all have ended or none can go on.
//
// Without an adversary: thread by thread, each as far as it comes. With one: a new order every round, and
// in half of the launches one warp at a time runs ahead to its next barrier.
#pragma once
#include "copies.hpp"
#include "meet.hpp"

namespace convproof_sim {

inline unsigned order[MOST_THREADS];

inline void fiber_main() {
  kernel(state.arguments);
  if (suspected > 0) tell_suspicion(state.current->linear);
  current()->being = Being::done;
  meet_without(*current());
  yield();
  __builtin_trap();
}

inline void prepare(Fiber& fiber) {
  char* top = stack_of(fiber) + STACK - PAGE;
  top -= (fiber.linear * 5 % 61) * 64;  // or all stacks would share the same sets of the cache
  fiber.stack_pointer = prepared(top, fiber_main);
  fiber.being = Being::ready;
  fiber.groups = 0;
}

inline void resume(Fiber& fiber) {
  state.current = &fiber;
  set_mine();
  now->totals.switches++;
  sim_switch(&scheduler, fiber.stack_pointer);
}

inline void shuffle_order() {
  for (unsigned i = threads; i > 1; i--) {
    unsigned j = chance.below(i), held = order[i - 1];
    order[i - 1] = order[j];
    order[j] = held;
  }
}

inline unsigned run_round() {
  unsigned ran = 0;
  for (unsigned i = 0; i < threads && !failed; i++) {
    Fiber& fiber = fibers[order[i]];
    if (i + 2 < threads) {  // while this one runs, the next but one's stack comes near
      const char* next = static_cast<const char*>(fibers[order[i + 2]].stack_pointer);
      __builtin_prefetch(next), __builtin_prefetch(next + 64), __builtin_prefetch(next + 128);
    }
    if (fiber.being != Being::ready) continue;
    resume(fiber);
    ran++;
    if (fiber.being == Being::done) living--;
  }
  return ran;
}

inline unsigned run_warps_ahead() {
  unsigned warps = (threads + WARP - 1) / WARP, first = chance.below(warps), ran = 0;
  for (unsigned k = 0; k < warps; k++) {
    unsigned base = (first + k) % warps * WARP, flip = chance.below(WARP);
    for (unsigned went = 1, rounds = 0; went != 0 && rounds < 100 && !failed; ran += went, rounds++) {  // it may wait for another
      went = 0;
      for (unsigned i = 0; i < WARP && !failed; i++) {
        unsigned linear = base + (i ^ flip);
        if (linear >= threads || fibers[linear].being != Being::ready) continue;
        resume(fibers[linear]);
        went++;
        if (fibers[linear].being == Being::done) living--;
      }
    }
  }
  return ran;
}

inline void run_block(bool run_ahead) {
  begin_interval();
  block_began = time_now;
  living = threads;
  forget_waiting();
  for (unsigned i = 0; i * WARP < threads; i++) warps[i].time = warps[i].whole = 0;
  acquired_before_block = acquire_count;
  memset(copy_counts, 0, sizeof copy_counts);
  for (unsigned i = 0; i < threads; i++) prepare(fibers[i]), order[i] = i;
  while (living > 0 && !failed) {
    if (now->adversary) shuffle_order();
    unsigned long long woken = resumable;
    unsigned ran = run_ahead ? run_warps_ahead() : run_round();
    if (failed) return;
    if (now->landing == static_cast<int>(Landing::random)) land_some();
    if (living > 0 && waiting == living && (living == threads || now->exits)) {
      if (!open_barrier()) return;
      if (now->counted) count_block();
    } else if (ran == 0 && woken == resumable && living > 0) {
      return stuck();
    }
  }
  if (now->counted) count_block();
}

}  // namespace convproof_sim
