// What is remembered of every four bytes, and the rule by which two accesses race.
//
// Time is the number of barrier intervals that have begun since the process did, over all launches, so that nothing need
// be cleared: an access of an earlier launch (or, in shared memory, of an earlier block) is older
// than `since`, and is none. Blocks run one after another, so that an access that is older than the
// block and not older than the launch was made by another block.
//
//   an earlier access and this one, at least one of them a write, not both atomic, are ordered if
//     the same thread made both, or
//     a barrier lies between them (the earlier has an older time), both in the same block, or
//     both are of one warp and a __syncwarp of both lies between them, or several that share lanes, or
//     fences order them (releases.hpp).
#pragma once
#include "fibers.hpp"

namespace sim {

constexpr unsigned WHO_BITS = 12;
enum Who : unsigned {  // below 1024: a thread
  atomic_by = 1024,    // plus a thread: only this one, atomically
  of_warp = 2048,      // plus a warp: several of its threads
  several = 2080,      // threads of several warps, or several blocks
  several_atomic,
  in_flight,  // an asynchronous copy that has not been waited for
  split,      // the four bytes are remembered one by one
};

struct Mark {  // one access
  uint32_t time = 0;
  uint32_t who : WHO_BITS = 0;
  uint32_t warp_time : 19 = 0;  // how many __syncwarp its warp had seen
  uint32_t elsewhere : 1 = 0;   // of a reader: other blocks of this launch have read, too
};

struct Cell {
  Mark writer, reader;
};

inline uint32_t time_now = 1, block_began = 1, launch_began = 1;

constexpr unsigned REMEMBERED = 32, WARP_TIMES = 1 << 19;
struct Warp {  // what its lanes have done together
  unsigned time;                // how many __syncwarp
  unsigned whole;               // how many up to the last of all its lanes
  unsigned masks[REMEMBERED];   // of the last ones

  void sync(unsigned mask, bool all) {
    masks[time++ % REMEMBERED] = mask;
    if (all) whole = time;
  }
  // Whether what a lane did after `then` of them is ordered before what another does now.
  bool ordered(unsigned then, unsigned lane, unsigned other) const {
    unsigned ago = (time - then) % WARP_TIMES;
    if (ago == 0) return false;
    if (ago > REMEMBERED || time - whole < ago) return true;
    unsigned reached = 1u << lane;
    for (unsigned i = time - ago; i != time; i++)
      if (masks[i % REMEMBERED] & reached) reached |= masks[i % REMEMBERED];
    return reached >> other & 1;
  }
};
inline Warp warps[MOST_WARPS];

inline Mark mark(unsigned who) {
  return {time_now, who, warps[state.current->linear / WARP].time % WARP_TIMES, 0};
}

inline Mark mine;  // of the running thread
inline void set_mine() { mine = mark(state.current->linear); }

inline bool is_mine(Mark earlier) {
  return earlier.time == mine.time && earlier.who == mine.who && earlier.warp_time == mine.warp_time;
}

// Whether an access of this block happened before what the current thread does.
inline bool is_ordered(Mark earlier) {
  if (earlier.time != time_now) return true;
  unsigned me = state.current->linear, warp = me / WARP, who = earlier.who;
  if (who == me || who == atomic_by + me) return true;
  if (who >= unsigned(several)) return false;
  if (who >= of_warp) return who - of_warp == warp && earlier.warp_time != warps[warp].time % WARP_TIMES;
  return who % MOST_THREADS / WARP == warp && warps[warp].ordered(earlier.warp_time, who % WARP, me % WARP);
}

inline bool is_atomic(Mark mark) {
  return (mark.who >= atomic_by && mark.who < of_warp) || mark.who == several_atomic;
}

// Four bytes each; pages that were never touched cost nothing.
struct Shadow {
  Cell* cells = nullptr;
  size_t bytes = 0;

  void release() {
    if (cells != nullptr) munmap(cells, bytes);
    cells = nullptr, bytes = 0;
  }

  bool covers(size_t size) {
    size_t wanted = ((size + 3) / 4 + 1) * sizeof(Cell);
    if (wanted <= bytes) return true;
    release();
    wanted = (wanted + (1 << 16) - 1) & ~size_t((1 << 16) - 1);
    void* found = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cells = found == MAP_FAILED ? nullptr : static_cast<Cell*>(found);
    bytes = cells == nullptr ? 0 : wanted;
    return cells != nullptr;
  }
};

// Single bytes of words that are not always touched whole. A word's cell then holds in `reader` the launch, and
// in `writer.time` the number of its four.
struct Splits {
  struct Four {
    Cell cells[4];
  };
  Four* held = nullptr;
  size_t used = 0, room = 0;

  Four* of(Cell& word) {
    if (word.reader.who == split && word.reader.time == launch_began) return held + word.writer.time;
    return nullptr;
  }
  Four* make(Cell& word) {
    if (Four* four = of(word)) return four;
    if (used == room) {
      room = room ? 2 * room : 1024;
      held = static_cast<Four*>(realloc(held, room * sizeof(Four)));
    }
    for (Cell& cell : held[used].cells) cell = word;
    word.reader = {launch_began, split, 0, 0};
    word.writer = {static_cast<uint32_t>(used), 0, 0, 0};
    return held + used++;
  }
};
inline Splits splits;

}  // namespace sim
