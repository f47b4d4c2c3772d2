// Barriers of a block, and operations that the lanes of a warp make together.
#pragma once
#include <string.h>

#include "faults.hpp"
#include "shadow.hpp"

namespace sim {

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
  time_now++;
  return true;
}

void meet(Operation operation, unsigned mask, bool aligned, Site site, void* operands, Together together) {
  Fiber* me = current();
  unsigned warp = me->linear / WARP, lane = me->linear % WARP, base = warp * WARP;
  unsigned here = threads - base;
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
  bool complete = true;
  for (unsigned i = 0; i < WARP; i++) {
    if (!(mask >> i & 1)) continue;
    Fiber& other = fibers[base + i];
    if (other.being == Being::done && operation == Operation::syncwarp) continue;  // it waits for those that have not
    if (other.being == Being::done)
      fail(Kind::divergence, site, "%s waits for lane %u, which has exited", operation_name(operation), i);
    if (other.being == Being::at_barrier)
      fail(Kind::divergence, site, "%s waits for lane %u, which is at the barrier in line %d", operation_name(operation), i, other.site.line);
    bool same = other.mask == mask && other.operation == operation && (!aligned || other.site.line == site.line);
    if (other.being != Being::at_meeting || (!same && !(other.mask >> lane & 1))) {  // it may yet come
      complete = false;
    } else if (!same) {
      fail(Kind::divergence, site, "lane %u is at %s with mask 0x%08x, and lane %u at %s with mask 0x%08x in line %d",
           lane, operation_name(operation), mask, i, operation_name(other.operation), other.mask, other.site.line);
    }
  }
  if (!complete) {
    yield();
    return;
  }
  Thread* lanes[WARP];
  for (unsigned i = 0; i < WARP; i++) lanes[i] = mask >> i & 1 && fibers[base + i].being == Being::at_meeting ? &fibers[base + i] : nullptr;
  uninterrupted = true;
  if (together != nullptr) together(lanes, mask, site);
  uninterrupted = false;
  if (operation == Operation::syncwarp) {
    bool all = true;
    for (unsigned i = 0; i < WARP && i < here; i++) all = all && (lanes[i] != nullptr || fibers[base + i].being == Being::done);
    warps[warp].sync(mask, all);
    set_mine();
  }
  for (unsigned i = 0; i < WARP; i++)
    if (lanes[i] != nullptr) fibers[base + i].being = Being::ready;
  resumable++;
  if (now->adversary) yield();  // the last to come need not be the first to go on
}

// Lets those go on that wait at a __syncwarp for none but threads that have exited since; false if there are none.
inline bool go_without_exited() {
  bool any = false;
  for (unsigned i = 0; i < threads; i++) {
    Fiber& fiber = fibers[i];
    if (fiber.being != Being::at_meeting || fiber.operation != Operation::syncwarp) continue;
    unsigned base = i / WARP * WARP, mask = fiber.mask;
    bool complete = true, whole = true;
    for (unsigned k = 0; k < WARP; k++) {
      const Fiber& other = fibers[base + k];
      whole = whole && (mask >> k & 1 || base + k >= threads || other.being == Being::done);
      if (mask >> k & 1 && other.being != Being::done)
        complete = complete && other.being == Being::at_meeting && other.operation == Operation::syncwarp && other.mask == mask;
    }
    if (!complete) continue;
    warps[i / WARP].sync(mask, whole);
    for (unsigned k = 0; k < WARP; k++)
      if (mask >> k & 1 && fibers[base + k].being == Being::at_meeting) fibers[base + k].being = Being::ready;
    any = true;
  }
  return any;
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
  for (unsigned i = 0; at_meeting != nullptr && i < WARP; i++) {
    unsigned other = at_meeting->linear / WARP * WARP + i;
    if (at_meeting->mask >> i & 1 && other < threads && fibers[other].being == Being::done)
      return fault_of(Kind::divergence, *at_meeting, "%s waits for lane %u, which has exited", operation_name(at_meeting->operation), i);
  }
  if (at_meeting != nullptr)
    return fault_of(Kind::deadlock, *at_meeting, "lane %u waits at %s with mask 0x%08x, to which the others never come", at_meeting->linear % WARP,
                    operation_name(at_meeting->operation), at_meeting->mask);
  fault_of(Kind::divergence, *at_barrier, "this thread waits at a barrier, and %s has exited", thread_name(text, sizeof text, *done));
}

}  // namespace sim
