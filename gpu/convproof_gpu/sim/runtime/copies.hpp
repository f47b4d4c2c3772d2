// Asynchronous copies (cp.async): they arrive at once, at the wait, or at any time before it.
#pragma once
#include <string.h>

#include "check.hpp"

namespace convproof_sim {

struct Copy {
  char* to;
  const char* from;
  int size, from_size;
  unsigned group;
  bool landed;
  Site site;
  unsigned char issued[16];  // what was there when it was asked for
};

constexpr unsigned MOST_COPIES = 256;  // of one thread, that have not been waited for
inline Copy* copies;                   // of thread i from i * MOST_COPIES on
inline unsigned copy_counts[MOST_THREADS];

inline bool have_copies() {
  if (copies == nullptr) copies = static_cast<Copy*>(calloc(MOST_THREADS * MOST_COPIES, sizeof(Copy)));
  return copies != nullptr;
}

inline void land(Copy& copy) {
  memcpy(copy.to, copy.from, copy.from_size);
  memset(copy.to + copy.from_size, 0, copy.size - copy.from_size);
  copy.landed = true;
}

inline void mark_destination(const Copy& copy, Mark mark) {
  int number = now->races ? region_of(copy.to) : -1;
  if (number < 0) return;
  Region& region = regions[number];
  for (int i = 0; i < copy.size; i += 4) {
    Cell& word = region.shadow.cells[(copy.to + i - region.begin) / 4];
    if (Splits::Four* four = splits.of(word)) {
      for (Cell& cell : four->cells) cell.writer = mark;
    } else {
      word.writer = mark;
    }
  }
}

void copy_async(void* to, const void* from, int size, int from_size, Site site) {
  Fiber* me = current();
  if (reinterpret_cast<uintptr_t>(to) % size != 0 || (from_size > 0 && reinterpret_cast<uintptr_t>(from) % size != 0))
    fail(Kind::misaligned, site, "an asynchronous copy of %d bytes between addresses that are no multiples of %d", size, size);
  if (from_size < 0 || from_size > size) fail(Kind::undefined, site, "an asynchronous copy of %d of %d bytes", from_size, size);
  int number = region_of(static_cast<char*>(to));
  if (number >= 0 && regions[number].space != Space::shared) fail(Kind::async_copy, site, "the destination is not in shared memory");
  if (from_size > 0) touch(from, from_size, Access::read, site);
  touch(to, size, Access::write, site);
  unsigned& count = copy_counts[me->linear];
  if (count == MOST_COPIES) fail(Kind::async_copy, site, "more than %u copies of one thread that have not been waited for", MOST_COPIES);
  Copy& copy = copies[me->linear * MOST_COPIES + count++];
  copy = {static_cast<char*>(to), static_cast<const char*>(from), size, from_size, me->groups, false, site, {}};
  memcpy(copy.issued, from, from_size);
  memset(to, 0xff, size);  // a NaN until it arrives
  if (now->landing == static_cast<int>(Landing::eager)) land(copy);
  Mark mark_now = mark(in_flight);
  mark_destination(copy, mark_now);
}

void copy_commit() { current()->groups++; }

void copy_wait(int in_flight_groups, Site site) {
  Fiber* me = current();
  unsigned& count = copy_counts[me->linear];
  unsigned kept = 0;
  Copy* mine = copies + me->linear * MOST_COPIES;
  for (unsigned i = 0; i < count; i++) {
    Copy& copy = mine[i];
    if (copy.group + in_flight_groups < me->groups) {
      if (memcmp(copy.issued, copy.from, copy.from_size) != 0)
        fail(Kind::async_copy, copy.site, "the source of an asynchronous copy was changed before it was waited for");
      if (!copy.landed) land(copy);
      mark_destination(copy, mark(me->linear));
    } else {
      mine[kept++] = copy;
    }
  }
  (void)site;
  count = kept;
}

inline void land_some() {
  for (unsigned i = 0; i < threads; i++)
    for (unsigned j = 0; j < copy_counts[i]; j++) {
      Copy& copy = copies[i * MOST_COPIES + j];
      if (!copy.landed && chance.below(4) == 0) land(copy);
    }
}

}  // namespace convproof_sim
