// Barriers of a block, and operations that the lanes of a warp make together.
#pragma once
#include <string.h>

#include "races.hpp"

namespace convproof_sim {

inline unsigned living, waiting, agreeing;  // threads of the block: not done; at the barrier; and of these, saying yes
inline Fiber *first_waiting, *other_waiting;  // the first at the barrier; one at another than that
inline unsigned long long resumable;  // counts the wake-ups by a meeting: something happened

inline const char* operation_name(Operation operation) {
  static const char* const names[] = {"__syncwarp", "a shuffle", "a vote", "a match", "a reduction", "mma", "ldmatrix"};
  return names[static_cast<int>(operation)];
}

inline const char* thread_name(char* text, size_t room, const Fiber& fiber) {
  snprintf(text, room, "thread (%u,%u,%u)", fiber.index.x, fiber.index.y, fiber.index.z);
  return text;
}

// The switch comes last, so that it goes back to the kernel itself: a return on another stack would be mispredicted.
void barrier(Site site, Reduction reduction, int value) {
  Fiber* me = current();
  if (suspected > 0) tell_suspicion(me->linear);
  me->site = site;
  me->reduction = reduction;
  me->being = Being::at_barrier;
  if (waiting++ == 0) {
    first_waiting = me;
  } else if (other_waiting == nullptr) {
    const Fiber& first = *first_waiting;
    bool same_file = site.file == first.site.file || strcmp(site.file, first.site.file) == 0;
    if (site.line != first.site.line || !same_file || reduction != first.reduction) other_waiting = me;
  }
  agreeing += value != 0;
  yield();
}

inline void forget_waiting() {
  waiting = agreeing = 0;
  first_waiting = other_waiting = nullptr;
}

// Lets all go on; false if they wait at different barriers.
inline bool open_barrier() {
  if (other_waiting != nullptr) {
    char text[64];
    fault_of(Kind::divergence, *other_waiting, "this thread waits at a barrier, and %s at another, in line %d",
             thread_name(text, sizeof text, *first_waiting), first_waiting->site.line);
    return false;
  }
  Reduction reduction = first_waiting->reduction;
  state.reduced = static_cast<int>(reduction == Reduction::any ? agreeing > 0 : reduction == Reduction::all ? agreeing == waiting : agreeing);
  for (unsigned i = 0; i < threads; i++)
    if (fibers[i].being == Being::at_barrier) fibers[i].being = Being::ready;
  forget_waiting();
  begin_interval();
  return true;
}

inline Together togethers[MOST_THREADS];  // what each computes, at a meeting

// Whether another lane is where this one waits for it; `me` and it wait for each other at different places: a fault.
inline bool is_there(const Fiber& me, const Fiber& other) {
  if (other.being == Being::done && !me.aligned) return true;  // who has exited is not waited for
  unsigned lane = me.linear % WARP, its = other.linear % WARP;
  if (other.being == Being::done)
    fail(Kind::divergence, me.site, "%s waits for lane %u, which has exited", operation_name(me.operation), its);
  if (other.being == Being::at_barrier)
    fail(Kind::divergence, me.site, "%s waits for lane %u, which is at the barrier in line %d", operation_name(me.operation), its, other.site.line);
  if (other.being != Being::at_meeting) return false;
  if (other.mask == me.mask && other.operation == me.operation && (!me.aligned || other.site.line == me.site.line)) return true;
  if (!(other.mask >> lane & 1)) return false;  // it may yet come
  fail(Kind::divergence, me.site, "lane %u is at %s with mask 0x%08x, and lane %u at %s with mask 0x%08x in line %d", lane, operation_name(me.operation),
       me.mask, its, operation_name(other.operation), other.mask, other.site.line);
}

// Lets the lanes of a mask compute and go on, if all have come.
inline bool meet_if_all_came(const Fiber& me) {
  unsigned base = me.linear / WARP * WARP, mask = me.mask;
  for (unsigned i = 0; i < WARP; i++)
    if (mask >> i & 1 && !is_there(me, fibers[base + i])) return false;
  Thread* lanes[WARP];
  bool whole = true;
  for (unsigned i = 0; i < WARP; i++) {
    bool waits = mask >> i & 1 && fibers[base + i].being == Being::at_meeting;
    lanes[i] = waits ? &fibers[base + i] : nullptr;
    whole = whole && (mask >> i & 1 || base + i >= threads);
  }
  uninterrupted = true;
  if (togethers[me.linear] != nullptr) togethers[me.linear](lanes, mask, me.site);
  uninterrupted = false;
  if (me.operation == Operation::syncwarp) warps[base / WARP].event(mask, whole);
  for (unsigned i = 0; i < WARP; i++)
    if (lanes[i] != nullptr) fibers[base + i].being = Being::ready;
  resumable++;
  return true;
}

void meet(Operation operation, unsigned mask, bool aligned, Site site, void* operands, Together together) {
  Fiber* me = current();
  unsigned lane = me->linear % WARP, here = threads - me->linear / WARP * WARP;
  if (here < WARP) {
    if (aligned) fail(Kind::divergence, site, "%s needs all 32 lanes, and this warp has %u", operation_name(operation), here);
    mask &= (1u << here) - 1;
  }
  if (!(mask >> lane & 1)) fail(Kind::divergence, site, "lane %u is not in its own mask 0x%08x of %s", lane, mask, operation_name(operation));
  me->operation = operation;
  me->mask = mask;
  me->aligned = aligned;
  me->site = site;
  me->operands = operands;
  me->being = Being::at_meeting;
  togethers[me->linear] = together;
  if (!meet_if_all_came(*me)) return yield();
  set_mine();
  if (now->adversary) yield();  // the last to come need not be the first to go on
}

// After a thread has ended: those go on that waited for it alone.
inline void meet_without(const Fiber& ended) {
  unsigned base = ended.linear / WARP * WARP;
  for (unsigned i = 0; i < WARP && base + i < threads; i++) {
    Fiber& fiber = fibers[base + i];
    if (fiber.being != Being::at_meeting || !(fiber.mask >> ended.linear % WARP & 1)) continue;
    state.current = &fiber;  // whose fault it would be
    meet_if_all_came(fiber);
  }
  state.current = &fibers[ended.linear];
}

// Says why nobody can go on.
inline void stuck() {
  Fiber *at_barrier = nullptr, *at_meeting = nullptr, *done = nullptr;
  for (unsigned i = threads; i-- > 0;) {
    Fiber& fiber = fibers[i];
    (fiber.being == Being::at_barrier ? at_barrier : fiber.being == Being::at_meeting ? at_meeting : done) = &fiber;
  }
  char text[64];
  if (at_meeting != nullptr && at_barrier != nullptr)
    return fault_of(Kind::deadlock, *at_meeting, "lane %u waits at %s with mask 0x%08x, and %s at the barrier in line %d", at_meeting->linear % WARP,
                    operation_name(at_meeting->operation), at_meeting->mask, thread_name(text, sizeof text, *at_barrier), at_barrier->site.line);
  if (at_meeting != nullptr)
    return fault_of(Kind::deadlock, *at_meeting, "lane %u waits at %s with mask 0x%08x, to which the others never come", at_meeting->linear % WARP,
                    operation_name(at_meeting->operation), at_meeting->mask);
  fault_of(Kind::divergence, *at_barrier, "this thread waits at a barrier, and %s has exited", thread_name(text, sizeof text, *done));
}

}  // namespace convproof_sim
