// Order by fences: what a thread did before a fence happened before what another does after it has seen an atomic
// or volatile access that followed the fence (the last block that sums all others', a lock, a look back).
//
//   release   an atomic or volatile write of a thread that has fenced; it gives what was ordered before the fence
//   acquire   an atomic or volatile read of an address that was released; it takes what all releases before it gave
//
// Read as mildly as a GPU of today behaves: an acquire needs no fence of its own. A fence of block scope gives nothing to
// other blocks. Nothing of this is looked at before two accesses would race.
#pragma once
#include "shadow.hpp"

namespace convproof_sim {

struct Release {
  const char* address;
  uint32_t block_start;              // when its block began: releases are in the order of their blocks
  uint32_t fenced, fenced_in_block;  // when its thread had; 0: not with that scope
  uint32_t others_fenced;            // when any thread of the block had, before the interval of the release
  unsigned events;                   // of its warp, up to the fence
  unsigned thread;
  uint32_t taken_from, taken_to;  // what its block had acquired
  int before;                     // the last release before it with the same hash
};

struct Acquire {
  const char* address;
  uint32_t releases;  // how many there were
  uint32_t time;
  unsigned thread;
  uint32_t question;  // in which it was last followed
};

constexpr unsigned HASHES = 1024;
inline Release* releases;
inline Acquire* acquires;
inline uint32_t release_count, release_room, acquire_count, acquire_room, acquired_before_block, questions;
inline int last_release[HASHES];  // plus 1

inline unsigned hash_of(const char* p) { return static_cast<unsigned>(reinterpret_cast<uintptr_t>(p) >> 2) * 2654435761u % HASHES; }

inline bool is_earlier(unsigned then, unsigned events) { return (events - then - 1) % WARP_TIMES < WARP_TIMES / 2; }

struct Fence {
  uint32_t block, time, time_in_block;  // of which block; when its threads last fenced; 0: never
  unsigned events;                      // of the warp, up to it
};
inline Fence fences[MOST_THREADS];
inline uint32_t last_fenced, fenced_before;  // when any thread did, for all blocks: last, and in an interval before that

inline void forget_releases() {
  if (release_count > 0) memset(last_release, 0, sizeof last_release);
  release_count = acquire_count = acquired_before_block = 0;
  last_fenced = fenced_before = 0;
}

void fence(bool in_block) {
  unsigned me = state.current->linear;
  Fence& held = fences[me];
  if (held.block != block_began) held = {block_began, 0, 0, 0};
  held.time_in_block = time_now;
  if (!in_block) {
    held.time = time_now;
    if (last_fenced != time_now) fenced_before = last_fenced, last_fenced = time_now;
  }
  warps[me / WARP].event(1u << me % WARP, false);  // what comes later is not what it gives
  held.events = warps[me / WARP].time;
  set_mine();
}

inline void release(const char* p) {
  unsigned me = state.current->linear;
  Fence held = fences[me];
  if (held.block != block_began) held = {block_began, 0, 0, 0};
  uint32_t others = last_fenced < time_now ? last_fenced : fenced_before;
  if (others < block_began) others = 0;
  if (held.time_in_block == 0 && others == 0) return;
  int& last = last_release[hash_of(p)];
  appended(releases, release_count, release_room) = {
      p, block_began, held.time, held.time_in_block, others, held.events, me, acquired_before_block, acquire_count, last};
  last = static_cast<int>(release_count);
}

inline void acquire(const char* p) {
  if (last_release[hash_of(p)] == 0) return;
  unsigned me = state.current->linear;
  if (acquire_count > acquired_before_block) {
    Acquire& last = acquires[acquire_count - 1];  // a thread that waits
    if (last.address == p && last.thread == me && last.time == time_now) return void(last.releases = release_count);
  }
  appended(acquires, acquire_count, acquire_room) = {p, release_count, time_now, me, 0};
}

// Whether a release gives an access: it was ordered before the fence.
inline bool gives(const Release& release, Mark access) {
  uint32_t fenced = release.block_start == block_began ? release.fenced_in_block : release.fenced;
  if (access.time < release.block_start) return false;
  if (access.time < fenced || access.time <= release.others_fenced) return true;
  if (access.time != fenced) return false;
  if (access.who >= unsigned(several)) return true;  // nobody knows; taken for given
  if (warp_of(access.who) != release.thread / WARP) return false;
  if (access.time != time_now) return is_group(access) || access.who % MOST_THREADS != release.thread || is_earlier(access.warp_time, release.events);
  return access.who % MOST_THREADS == release.thread && !is_group(access) ? is_earlier(access.warp_time, release.events)
                                                                           : is_before(access, release.thread % WARP, release.events);
}

inline bool takes(const Acquire& acquire, unsigned thread, uint32_t time) {
  return acquire.time < time || acquire.thread / WARP == thread / WARP;
}

// Follows an acquire to a release that gives the access, through what others acquired before they released.
inline bool leads(Acquire& acquire, Mark access) {
  if (acquire.question == questions) return false;
  acquire.question = questions;
  for (int i = last_release[hash_of(acquire.address)]; i > 0; i = releases[i - 1].before) {
    const Release& release = releases[i - 1];
    if (release.address != acquire.address || static_cast<uint32_t>(i) > acquire.releases) continue;
    if (gives(release, access)) return true;
    uint32_t fenced = release.block_start == block_began ? release.fenced_in_block : release.fenced;
    if (fenced < release.others_fenced) fenced = release.others_fenced;
    for (uint32_t j = release.taken_from; j < release.taken_to; j++)
      if (takes(acquires[j], release.thread, fenced) && leads(acquires[j], access)) return true;
  }
  return false;
}

// Whether an access happened before what the current thread does, for this one acquired what its thread released.
inline bool is_given(Mark access) {
  if (release_count == 0) return false;
  unsigned me = state.current->linear;
  uint32_t low = 0, high = release_count;  // of the releases of the access's block
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (releases[middle].block_start <= access.time) low = middle + 1;
    else high = middle;
  }
  for (uint32_t i = low; i-- > 0 && releases[i].block_start == releases[low - 1].block_start;) {
    if (!gives(releases[i], access)) continue;
    for (uint32_t j = acquire_count; j-- > acquired_before_block;)
      if (acquires[j].address == releases[i].address && i < acquires[j].releases && takes(acquires[j], me, time_now)) return true;
  }
  return false;
}

// The same, also by way of others.
inline bool is_released(Mark access) {
  if (release_count == 0) return false;
  if (is_given(access)) return true;
  unsigned me = state.current->linear;
  questions++;
  for (uint32_t j = acquire_count; j-- > acquired_before_block;)
    if (takes(acquires[j], me, time_now) && leads(acquires[j], access)) return true;
  return false;
}

}  // namespace convproof_sim
