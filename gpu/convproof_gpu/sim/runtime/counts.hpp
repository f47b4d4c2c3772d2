// Memory traffic of a launch: what a GPU's warps would have asked of its memory.
//
// The k-th time that the lanes of a warp come to one place of the code they are taken to come together. A
// request of global memory moves sectors of 32 bytes; one of shared memory takes as many turns as the
// busiest of 32 banks of 4 bytes has different words to give (accesses of 8 and 16 bytes in halves
// and quarters of a warp).
#pragma once
#include <stdlib.h>

#include "fibers.hpp"

namespace convproof_sim {

struct Traffic {  // mirrored in runtime.py
  unsigned long long requests, sectors, least_sectors, bytes;  // of global memory
  unsigned long long shared_requests, turns, least_turns;
  unsigned long long lost;  // accesses that there was no room to remember
};

struct Seen {
  const void* place;
  uint32_t warp, visit;
  const char* address;
  uint16_t size;
  uint8_t lane;
  bool shared, write;
};

inline Traffic traffic;
inline Seen* seen;
inline size_t seen_count, seen_room;
constexpr size_t MOST_SEEN = size_t(1) << 23;  // between two barriers of a block

inline void count(bool shared, const char* p, size_t size, Access access, const void* place) {
  if (seen_count == seen_room) {
    size_t room = seen_room ? 2 * seen_room : 1 << 16;
    void* found = room > MOST_SEEN ? nullptr : realloc(static_cast<void*>(seen), room * sizeof(Seen));
    if (found == nullptr) return void(traffic.lost++);
    seen = static_cast<Seen*>(found), seen_room = room;
  }
  unsigned linear = state.current->linear;
  seen[seen_count++] = {place, linear / WARP, 0, p, static_cast<uint16_t>(size), static_cast<uint8_t>(linear % WARP), shared, access != Access::read};
}

inline int by_lane(const void* a, const void* b) {  // stable by address in `seen`, which is the order in time
  const Seen *x = static_cast<const Seen*>(a), *y = static_cast<const Seen*>(b);
  if (x->warp != y->warp) return x->warp < y->warp ? -1 : 1;
  if (x->place != y->place) return x->place < y->place ? -1 : 1;
  if (x->lane != y->lane) return x->lane < y->lane ? -1 : 1;
  return x->visit < y->visit ? -1 : x->visit > y->visit;
}

inline int by_visit(const void* a, const void* b) {
  const Seen *x = static_cast<const Seen*>(a), *y = static_cast<const Seen*>(b);
  if (x->warp != y->warp) return x->warp < y->warp ? -1 : 1;
  if (x->place != y->place) return x->place < y->place ? -1 : 1;
  if (x->visit != y->visit) return x->visit < y->visit ? -1 : 1;
  return x->lane < y->lane ? -1 : x->lane > y->lane;
}

inline int by_value(const void* a, const void* b) {
  uint64_t x = *static_cast<const uint64_t*>(a), y = *static_cast<const uint64_t*>(b);
  return x < y ? -1 : x > y;
}

inline unsigned distinct(uint64_t* values, unsigned n) {
  qsort(values, n, sizeof *values, by_value);
  unsigned found = 0;
  for (unsigned i = 0; i < n; i++) found += i == 0 || values[i] != values[i - 1];
  return found;
}

inline void count_global(const Seen* lanes, unsigned n) {
  uint64_t sectors[2 * WARP];
  uint64_t bytes[WARP];
  unsigned many = 0, useful = 0;
  for (unsigned i = 0; i < n; i++) {
    uint64_t first = reinterpret_cast<uint64_t>(lanes[i].address), last = first + lanes[i].size - 1;
    sectors[many++] = first / 32;
    if (last / 32 != first / 32) sectors[many++] = last / 32;
    bytes[i] = first;
  }
  useful = distinct(bytes, n) * lanes[0].size;
  traffic.requests++;
  traffic.sectors += distinct(sectors, many);
  traffic.least_sectors += (useful + 31) / 32;
  traffic.bytes += useful;
}

inline void count_shared(const Seen* lanes, unsigned n) {
  unsigned words = lanes[0].size < 4 ? 1 : lanes[0].size / 4, together = WARP / words;
  if (together == 0) together = 1;
  traffic.shared_requests++;
  for (unsigned begin = 0; begin < WARP; begin += together) {  // quarters of a warp, if 16 bytes each
    uint64_t wanted[2 * WARP];
    unsigned many = 0;
    for (unsigned i = 0; i < n; i++)
      if (lanes[i].lane >= begin && lanes[i].lane < begin + together)
        for (unsigned w = 0; w < words && many < 2 * WARP; w++) wanted[many++] = reinterpret_cast<uint64_t>(lanes[i].address) / 4 + w;
    if (many == 0) continue;
    unsigned different = distinct(wanted, many), busiest = 0, load[32] = {};
    for (unsigned i = 0; i < many; i++)
      if (i == 0 || wanted[i] != wanted[i - 1]) {
        unsigned here = ++load[wanted[i] % 32];
        if (here > busiest) busiest = here;
      }
    traffic.turns += busiest;
    traffic.least_turns += (different + 31) / 32;
  }
}

// Adds what a block did since its last barrier, to which all its threads have come.
inline void count_block() {
  for (size_t i = 0; i < seen_count; i++) seen[i].visit = static_cast<uint32_t>(i);
  qsort(seen, seen_count, sizeof *seen, by_lane);
  for (size_t i = 0; i < seen_count; i++) {
    bool again = i > 0 && seen[i].warp == seen[i - 1].warp && seen[i].place == seen[i - 1].place && seen[i].lane == seen[i - 1].lane;
    seen[i].visit = again ? seen[i - 1].visit + 1 : 0;
  }
  qsort(seen, seen_count, sizeof *seen, by_visit);
  for (size_t i = 0, end; i < seen_count; i = end) {
    for (end = i + 1; end < seen_count && end < i + WARP && seen[end].warp == seen[i].warp && seen[end].place == seen[i].place && seen[end].visit == seen[i].visit;) end++;
    (seen[i].shared ? count_shared : count_global)(seen + i, static_cast<unsigned>(end - i));
  }
  seen_count = 0;
}

}  // namespace convproof_sim
