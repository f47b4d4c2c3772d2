// Two accesses of one cell: what is remembered of the earlier, and whether the later races with it.
#pragma once
#include "faults.hpp"
#include "releases.hpp"

namespace sim {

inline bool is_read(Access access) { return access == Access::read || access == Access::volatile_read; }
// Atomic and volatile accesses do not race with each other.
inline bool is_plain(Access access) { return access == Access::read || access == Access::write; }
inline bool is_here(Mark earlier) { return earlier.time >= block_began && is_ordered(earlier); }

// The mark of a read, together with the reads before it.
inline Mark read_after(Mark earlier, uint32_t since, Access access) {
  unsigned me = state.current->linear, warp = me / WARP;
  bool plain = is_plain(access);
  Mark read = mark(plain ? me : atomic_by + me);
  if (earlier.time < since || earlier.time == 0) return read;
  if (!earlier.elsewhere && (is_here(earlier) || is_given(earlier))) return read;  // what comes after this one comes after that one
  read.elsewhere = earlier.elsewhere || earlier.time < block_began;
  if (is_ordered(earlier)) return read;
  bool both_free = !plain && is_atomic(earlier);
  bool same_warp = earlier.who < atomic_by ? earlier.who / WARP == warp : earlier.who == of_warp + warp;
  read.who = both_free ? unsigned(several_atomic) : same_warp ? of_warp + warp : unsigned(several);
  return read;
}

// The mark of an atomic write, together with those before it.
inline Mark atomic_after(Mark earlier) {
  Mark made = mark(atomic_by + state.current->linear);
  if (earlier.time == time_now && earlier.who == state.current->linear) return earlier;  // its own plain write: others must see it
  if (earlier.time == time_now && is_atomic(earlier) && earlier.who != made.who) made.who = several_atomic;
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
  if (who < unsigned(several)) return snprintf(text, room, "several threads of warp %u", who - of_warp), text;
  return "several threads";
}

[[noreturn]] __attribute__((noinline, cold))
inline void race(Place place, int array, long long offset, const char* what, Mark other) {
  char text[64];
  const char* why = other.time < block_began ? "and no fence and atomic orders the blocks" : "with no barrier between";
  fault(Kind::race, place, array, offset, "%s: %s did so before, %s", what, who_made(text, sizeof text, other), why);
}

// Looks at four bytes as `pass` does, if there is little to look at; returns whether that was so.
inline __attribute__((always_inline)) bool pass_quickly(Cell& word, Access access, uint32_t since, bool unwritten) {
  Mark written = word.writer, read = word.reader;
  uint32_t intervals = time_now - block_began;  // of this block, that have ended
  if (read.who == split) return false;
  bool ordered = written.time < since || (written.time - block_began < intervals && written.who != in_flight) || is_mine(written);
  if (!ordered) return false;
  if (access == Access::read) {
    if (unwritten && written.time < since) return false;
    if (is_mine(read) || (read.who == several && read.time == time_now)) return true;
    Mark after = mine;
    if (read.time >= since) {
      if (read.time >= block_began) {
        if (read.time == time_now) return false;
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
  if (written.time >= since) {
    if (written.who == in_flight)
      fault(Kind::async_copy, place, array, offset, "touches the destination of an asynchronous copy that has not been waited for");
    bool both_free = !plain && is_atomic(written);
    if (!both_free && !is_here(written) && !is_released(written))
      race(place, array, offset, reads ? "reads what another writes" : "writes what another writes", written);
  }
  if (reads) {
    cell.reader = read_after(read, since, access);
    return;
  }
  if (read.time >= since && (plain || !is_atomic(read))) {
    if (read.elsewhere) read.time = 0;  // to be told as of another block
    if (read.elsewhere || (!is_here(read) && !is_released(read))) race(place, array, offset, "writes what another reads", read);
  }
  if (!plain) return void(cell.writer = atomic_after(written));
  cell.writer = mark(state.current->linear);
  cell.reader.time = 0;  // who comes after this write comes after those reads
}

}  // namespace sim
