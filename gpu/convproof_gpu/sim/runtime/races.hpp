// Two accesses of one cell: what is remembered of the earlier, and whether the later races with it.
#pragma once
#include "faults.hpp"
#include "releases.hpp"

namespace convproof_sim {

inline bool is_read(Access access) { return access == Access::read || access == Access::volatile_read; }
inline bool is_update(Access access) { return access == Access::atomic || access == Access::exchange; }
// Atomic and volatile accesses do not race with each other.
inline bool is_plain(Access access) { return access == Access::read || access == Access::write; }
inline bool is_here(Mark earlier) { return earlier.time >= block_began && is_ordered(earlier); }

// The last read of another block, of cells that several have read; only kept where fences may order them.
struct Elsewhere {
  const Cell* cell;
  Mark read;
};
inline Elsewhere elsewhere[4096];
inline Elsewhere& elsewhere_of(const Cell& cell) { return elsewhere[reinterpret_cast<uintptr_t>(&cell) / sizeof(Cell) % 4096]; }

// Whether what other blocks have read happened before what the current thread does, by fences.
inline bool is_elsewhere_released(const Cell& cell) {
  if (release_count == 0) return false;
  const Elsewhere& last = elsewhere_of(cell);
  return last.cell != &cell || last.read.time < launch_began || is_released(last.read);
}

// The mark of a read, together with the reads before it.
inline Mark read_after(const Cell& cell, uint32_t since, Access access) {
  Mark earlier = cell.reader;
  bool plain = is_plain(access);
  Mark read = mark(plain ? state.current->linear : atomic_by + state.current->linear);
  if (earlier.time < since || earlier.time == 0) return read;
  bool foreign = earlier.time < block_began;
  if (!earlier.elsewhere && ((!foreign && is_ordered(earlier)) || is_given(earlier))) return read;  // what comes after this one comes after that one
  if (foreign && release_count > 0) elsewhere_of(cell) = {&cell, earlier};
  if (!foreign && !is_ordered(earlier)) read = joined(earlier, !plain);
  read.elsewhere = earlier.elsewhere || foreign;
  return read;
}

// The mark of an atomic write, together with the writes before it.
inline Mark atomic_after(Mark earlier, uint32_t since) {
  unsigned me = state.current->linear;
  Mark made = mark(atomic_by + me);
  if (earlier.time < since || earlier.time == 0) return made;
  if (earlier.time == time_now && earlier.who == me) return earlier;  // its own plain write: others must see it
  bool foreign = earlier.time < block_began;
  if (!foreign && is_atomic(earlier) && !is_ordered(earlier)) made = joined(earlier, true);
  made.below = earlier.below || !is_atomic(earlier);
  made.elsewhere = earlier.elsewhere || foreign;
  return made;
}

inline const char* of_thread(char* text, size_t room, unsigned linear) {
  dim3 d = state.block_dim;
  snprintf(text, room, "thread (%u,%u,%u)", linear % d.x, linear / d.x % d.y, linear / (d.x * d.y));
  return text;
}

inline const char* who_made(char* text, size_t room, Mark mark) {
  unsigned who = mark.who;
  if (mark.time < block_began) return "another block";
  if (who < of_warp) return of_thread(text, room, who % MOST_THREADS);
  if (who < unsigned(several)) return snprintf(text, room, "several threads of warp %u", warp_of(who)), text;
  return "several threads";
}

[[noreturn]] __attribute__((noinline, cold))
inline void race(Place place, int array, long long offset, const char* what, Mark other) {
  char text[64];
  const char* why = other.time < block_began ? "and no fence and atomic orders the blocks" : "with no barrier between";
  fault(Kind::race, place, array, offset, "%s: %s did so before, %s", what, who_made(text, sizeof text, other), why);
}

// A plain read before a loop of atomicCAS, as the programming guide writes it, does not race with other atomics. It is
// believed until its thread reads another such word, comes to a barrier or ends without an atomic of its own.
struct Suspicion {
  uintptr_t word;  // which eight bytes; 0: none
  Place place;
  int array;
  long long offset;
  bool writes;  // the place is that of another's atomic
  Mark other;
};
inline Suspicion suspicions[MOST_THREADS];
inline unsigned suspected;  // how many threads

inline uintptr_t word_of(const Cell& cell) { return reinterpret_cast<uintptr_t>(&cell) / (2 * sizeof(Cell)); }

inline void suspect(unsigned thread, const Suspicion& what) {
  suspected += suspicions[thread].word == 0;
  suspicions[thread] = what;
}

inline void trust(unsigned thread) {
  suspected -= suspicions[thread].word != 0;
  suspicions[thread].word = 0;
}

inline void tell_suspicion(unsigned thread) {
  Suspicion held = suspicions[thread];
  if (held.word == 0) return;
  trust(thread);
  race(held.place, held.array, held.offset, held.writes ? "writes what another reads" : "reads what another writes atomically", held.other);
}

inline void suspect_me(const Cell& cell, Place place, int array, long long offset, Mark other) {
  unsigned me = state.current->linear;
  if (suspicions[me].word != word_of(cell)) tell_suspicion(me);
  suspect(me, {word_of(cell), place, array, offset, false, other});
}

// Whether those that have read a cell plainly may be at such a loop: they are running yet, or nobody knows who they are.
inline bool may_be_at_a_loop(const Cell& cell, Place place, int array, long long offset) {
  Mark read = cell.reader;
  if (read.who >= unsigned(several)) return true;
  if (read.time != time_now) return false;
  unsigned base = warp_of(read.who) * WARP, lanes = is_group(read) ? groups[read.warp_time].lanes : 1u << read.who % WARP, me = state.current->linear;
  if (base == me / WARP * WARP) lanes &= ~(1u << me % WARP);
  for (unsigned i = 0; i < WARP; i++) {
    uintptr_t word = suspicions[base + i].word;
    if (lanes >> i & 1 && (fibers[base + i].being != Being::ready || (word != 0 && word != word_of(cell)))) return false;
  }
  for (unsigned i = 0; i < WARP; i++)
    if (lanes >> i & 1 && suspicions[base + i].word == 0) suspect(base + i, {word_of(cell), place, array, offset, true, mark(me)});
  return true;
}

// After an atomic of this thread: its plain read was the first of such a loop.
inline void trust_me(Cell& cell) {
  unsigned me = state.current->linear;
  if (suspicions[me].word == word_of(cell)) trust(me);
  Mark& read = cell.reader;
  if (read.time != time_now) return;
  if (read.who == me) read.who = atomic_by + me;
  if (is_group(read) && warp_of(read.who) == me / WARP) groups[read.warp_time].lanes &= ~(1u << me % WARP);
}

inline bool is_in_group(Mark read) {
  if (!is_group(read)) return false;
  unsigned me = state.current->linear;
  const Group& group = groups[read.warp_time];
  return warp_of(read.who) == me / WARP && group.lanes >> me % WARP & 1 && group.times[me % WARP] == mine.warp_time;
}

// Looks at four bytes as `pass` does, if there is little to look at; returns whether that was so.
inline __attribute__((always_inline)) bool pass_quickly(Cell& word, Access access, uint32_t since, bool unwritten) {
  Mark written = word.writer, read = word.reader;
  uint32_t intervals = time_now - block_began;  // of this block, that have ended
  if (read.who == split) return false;
  bool ordered = written.time < since || (written.time - block_began < intervals && written.who != in_flight) || is_mine(written);
  if (!ordered || (written.time >= since && is_atomic(written))) return false;
  if (access == Access::read) {
    if (unwritten && written.time < since) return false;
    if (is_mine(read) || (read.who == several && read.time == time_now)) return true;
    Mark after = mine;
    if (read.time >= since) {
      if (read.time >= block_began) {
        if (read.time == time_now) return is_in_group(read);
        after.elsewhere = read.elsewhere;
      } else {
        if (release_count > 0) return false;
        after.elsewhere = 1;
      }
    }
    word.reader = after;
    return true;
  }
  if (access != Access::write) return false;
  if (read.time >= since && (read.elsewhere || !(read.time - block_began < intervals || is_mine(read)))) return false;
  word.writer = mine;
  word.reader.time = 0;
  return true;
}

// Looks at one cell, and keeps the access in it.
inline void pass(Cell& cell, Access access, uint32_t since, Place place, int array, long long offset) {
  Mark written = cell.writer, read = cell.reader;
  bool reads = is_read(access), plain = is_plain(access);
  const char* what = reads ? "reads what another writes" : "writes what another writes";
  if (written.time >= since) {
    if (written.who == in_flight)
      fault(Kind::async_copy, place, array, offset, "touches the destination of an asynchronous copy that has not been waited for");
    bool foreign = written.time < block_began, below = foreign && written.below;
    bool both_free = !plain && is_atomic(written) && !below;
    if (!both_free && !is_here(written) && !is_released(written)) {
      if (!plain || !reads || !is_atomic(written) || below) race(place, array, offset, what, written);
      suspect_me(cell, place, array, offset, written);
      access = Access::volatile_read, plain = false;
    }
    if (plain && !foreign && written.elsewhere && release_count == 0) {
      written.time = 0;  // to be told as of another block
      race(place, array, offset, what, written);
    }
  }
  if (reads) {
    cell.reader = read_after(cell, since, access);
    return;
  }
  if (read.time >= since && (plain || !is_atomic(read))) {
    if (read.elsewhere && !is_elsewhere_released(cell)) {
      read.time = 0;
      race(place, array, offset, "writes what another reads", read);
    }
    if (!is_here(read) && !is_released(read) && (plain || !may_be_at_a_loop(cell, place, array, offset)))
      race(place, array, offset, "writes what another reads", read);
  }
  if (!plain) {
    cell.writer = atomic_after(written, since);
    if (is_update(access)) trust_me(cell);
    return;
  }
  cell.writer = mark(state.current->linear);
  cell.reader.time = 0;  // who comes after this write comes after those reads
}

}  // namespace convproof_sim
