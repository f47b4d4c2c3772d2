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

namespace convproof_sim {

constexpr unsigned WHO_BITS = 12;
enum Who : unsigned {  // below 1024: a thread
  atomic_by = 1024,       // plus a thread: only this one, atomically
  of_warp = 2048,         // plus a warp: several of its lanes, which a group holds
  of_warp_atomic = 2080,  // the same, atomically
  several = 2112,         // threads of several warps, or several blocks
  several_atomic,
  in_flight,  // an asynchronous copy that has not been waited for
  split,      // the four bytes are remembered one by one
};

constexpr unsigned WARP_TIMES = 1 << 18;
struct Mark {  // one access
  uint32_t time = 0;
  uint32_t who : WHO_BITS = 0;
  uint32_t warp_time : 18 = 0;  // how many events its warp had seen; of a group: its number
  uint32_t below : 1 = 0;       // of an atomic write: in this launch, plain writes were made before it
  uint32_t elsewhere : 1 = 0;   // other blocks of this launch have made such an access, too
};

struct Cell {
  Mark writer, reader;
};

inline uint32_t time_now = 1, block_began = 1, launch_began = 1;

constexpr unsigned REMEMBERED = 256;
struct Warp {  // what orders its lanes: each __syncwarp, with its mask; and fences, each for its lane alone
  unsigned time;               // how many
  unsigned whole;              // how many up to the last with all lanes
  unsigned masks[REMEMBERED];  // of the last ones

  void event(unsigned mask, bool all) {
    masks[time++ % REMEMBERED] = mask;
    if (all) whole = time;
  }
  // Whether what a lane did after `then` events is ordered before what another does after `until`.
  bool ordered(unsigned then, unsigned lane, unsigned other, unsigned until) const {
    unsigned ago = (time - then) % WARP_TIMES, left = (time - until) % WARP_TIMES;
    if (ago <= left) return false;
    if (ago > REMEMBERED || (time - whole < ago && time - whole >= left)) return true;  // too long ago to say is taken for ordered
    unsigned reached = 1u << lane;
    for (unsigned i = time - ago; i != time - left; i++)
      if (masks[i % REMEMBERED] & reached) reached |= masks[i % REMEMBERED];
    return reached >> other & 1;
  }
};
inline Warp warps[MOST_WARPS];

struct Group {  // lanes of one warp that have accessed a cell in this interval, none ordered before the next
  uint32_t lanes;
  uint32_t times[WARP];
};
inline Group* groups;
inline uint32_t group_count, group_room;

template <class T>
inline T& appended(T*& held, uint32_t& count, uint32_t& room) {
  if (count == room) {
    room = room ? 2 * room : 256;
    held = static_cast<T*>(realloc(static_cast<void*>(held), room * sizeof(T)));
  }
  return held[count++];
}

inline void begin_interval() {
  time_now++;
  group_count = 0;
}

inline Mark mark(unsigned who) {
  return {time_now, who, warps[state.current->linear / WARP].time % WARP_TIMES, 0, 0};
}

inline Mark mine;  // of the running thread
inline void set_mine() { mine = mark(state.current->linear); }

inline bool is_mine(Mark earlier) {
  return earlier.time == mine.time && earlier.who == mine.who && earlier.warp_time == mine.warp_time;
}

inline bool is_atomic(Mark mark) {
  return (mark.who >= atomic_by && mark.who < of_warp) || (mark.who >= of_warp_atomic && mark.who < unsigned(several)) || mark.who == several_atomic;
}
inline bool is_group(Mark mark) { return mark.who >= of_warp && mark.who < unsigned(several); }
inline unsigned warp_of(unsigned who) { return who < of_warp ? who % MOST_THREADS / WARP : (who - of_warp) % MOST_WARPS; }

// Whether an access of this interval was made before what a lane of the same warp does after so many events.
inline bool is_before(Mark earlier, unsigned lane, unsigned until) {
  const Warp& warp = warps[warp_of(earlier.who)];
  if (!is_group(earlier)) return warp.ordered(earlier.warp_time, earlier.who % WARP, lane, until);
  const Group& group = groups[earlier.warp_time];
  for (unsigned i = 0; i < WARP; i++)
    if (i != lane && group.lanes >> i & 1 && !warp.ordered(group.times[i], i, lane, until)) return false;
  return true;
}

// Whether an access of this block happened before what the current thread does.
inline bool is_ordered(Mark earlier) {
  if (earlier.time != time_now) return true;
  unsigned me = state.current->linear, warp = me / WARP, who = earlier.who;
  if (who == me || who == atomic_by + me) return true;
  return who < unsigned(several) && warp_of(who) == warp && is_before(earlier, me % WARP, warps[warp].time);
}

// The mark of an access, together with an earlier one that is not ordered before it.
inline Mark joined(Mark earlier, bool atomic) {
  unsigned me = state.current->linear, warp = me / WARP, lane = me % WARP;
  bool both = atomic && is_atomic(earlier);
  Mark made = mark(both ? unsigned(several_atomic) : unsigned(several));
  if (earlier.time != time_now || earlier.who >= unsigned(several) || warp_of(earlier.who) != warp) return made;
  if (!is_group(earlier)) {
    if (group_count == WARP_TIMES) return made;
    unsigned number = group_count;
    Group& group = appended(groups, group_count, group_room);
    group.lanes = 1u << earlier.who % WARP;
    group.times[earlier.who % WARP] = earlier.warp_time;
    earlier.warp_time = number;
  }
  Group& group = groups[earlier.warp_time];
  group.lanes |= 1u << lane;
  group.times[lane] = warps[warp].time % WARP_TIMES;
  made.who = (both ? of_warp_atomic : of_warp) + warp;
  made.warp_time = earlier.warp_time;
  return made;
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
    word.reader = {launch_began, split, 0, 0, 0};
    word.writer = {static_cast<uint32_t>(used), 0, 0, 0, 0};
    return held + used++;
  }
};
inline Splits splits;

}  // namespace convproof_sim
