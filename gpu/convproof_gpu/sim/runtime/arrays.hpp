// The arrays of a launch: each is copied into a slot of the arena, far from the others, and back if all went well.
#pragma once
#include <string.h>

#include "check.hpp"

namespace convproof_sim {

struct Given {  // an argument that is a pointer; mirrored in runtime.py
  char* host;   // null: a null pointer
  size_t size;
  size_t at;       // of the pointer, in bytes of the arguments
  size_t element;  // bytes
  int constant;
  int output;      // unwritten before, and whole after
  int is_struct;   // of which some bytes may be padding
  int beyond;      // bytes from a multiple of 256
  int region;      // told: its number, or of the first that is the same array
  int pad;
};

struct Fixed {  // a variable of the module; mirrored in runtime.py
  char* begin;
  size_t size;
  Space space;
  int pad;
};

struct Called {  // a kernel, and where its arguments lie; mirrored in runtime.py
  void (*function)(void**);
  char* arguments;
  const size_t* offsets;  // of each, and of their end
  Given* givens;
  const Fixed* fixed;
  char *image_begin, *image_end;
  int count, given_count, fixed_count;
  int pad;
};

constexpr int LOCAL = 48;                 // slots for the arrays of a launch; the others are for those that lie there for good
constexpr size_t KEPT = size_t(1) << 24;  // bytes that stay mapped for the next launch
inline size_t mapped[LOCAL];

inline char* start_of_slot(int slot) { return arena + (size_t(slot) << SLOT_BITS) + FRONT; }

inline bool add_region(char* begin, size_t size, Space space, bool read_only, bool unwritten) {
  if (region_count == MOST_REGIONS) return false;
  Region& region = regions[region_count];
  region.begin = begin, region.size = size, region.space = space, region.read_only = read_only, region.unwritten = unwritten;
  size_t slot = static_cast<size_t>(begin - arena) >> SLOT_BITS;
  if (slot < SLOTS) slot_regions[slot] = static_cast<short>(region_count);
  region_count++;
  return true;
}

// Returns where a kernel sees an array, or null if there is no memory for it.
inline char* brought_in(const Given& given, int slot) {
  if (static_cast<size_t>(given.host - arena) >> SLOT_BITS < SLOTS) return given.host;
  if (mapped[slot] < given.size + 256) {
    size_t wanted = 1 << 16;
    while (wanted < given.size + 256) wanted *= 2;
    void* found = mmap(start_of_slot(slot), wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (found == MAP_FAILED) return nullptr;
    mapped[slot] = wanted;
  }
  char* place = start_of_slot(slot) + given.beyond;
  memcpy(place, given.host, given.size);
  return place;
}

enum class Refused : int { no, no_memory = 3, too_many = 5, overlap = 6 };

// Lays out everything that the kernel may touch.
inline Refused lay_out(const Called& called, size_t dynamic, Report& told) {
  Given* givens = called.givens;
  for (int i = 0; i < region_count; i++) {
    size_t slot = static_cast<size_t>(regions[i].begin - arena) >> SLOT_BITS;
    if (slot < SLOTS) slot_regions[slot] = -1;
  }
  region_count = 0;
  for (int i = 0; i < called.given_count; i++) {
    Given& given = givens[i];
    char* place = nullptr;
    given.region = -1;
    told.wrong = i;
    for (int j = 0; j < i && given.host != nullptr && given.region < 0; j++) {
      const Given& other = givens[j];
      if (other.host == nullptr || other.size == 0 || given.size == 0) continue;
      if (other.host == given.host && other.size == given.size) {
        Region& region = regions[given.region = other.region];
        region.read_only = region.read_only && given.constant;
        region.unwritten = region.unwritten || given.output;
        place = region.begin;
      } else if (given.host < other.host + other.size && other.host < given.host + given.size) {
        return told.array = j, Refused::overlap;
      }
    }
    if (given.host != nullptr && given.region < 0) {
      if (region_count == LOCAL) return Refused::too_many;
      place = brought_in(given, region_count);
      if (place == nullptr) return Refused::no_memory;
      given.region = region_count;
      add_region(place, given.size, Space::global, given.constant, given.output);
    }
    memcpy(called.arguments + given.at, &place, sizeof place);
  }
  for (int i = 0; i < called.fixed_count; i++) {
    const Fixed& fixed = called.fixed[i];
    if (!add_region(fixed.begin, fixed.size, fixed.space, fixed.space == Space::constant, fixed.space == Space::shared)) return Refused::too_many;
  }
  return add_region(reinterpret_cast<char*>(sim_dynamic_shared), dynamic, Space::shared, false, true) ? Refused::no : Refused::too_many;
}

inline bool wrote(const Region& region, size_t offset) {
  Cell& word = region.shadow.cells[offset / 4];
  Splits::Four* four = splits.of(word);
  if (four == nullptr && word.reader.who == split) return false;
  return (four != nullptr ? four->cells[offset % 4] : word).writer.time >= launch_began;
}

// Returns the first byte of an output that the launch did not write (of a struct: of one of which it wrote nothing), or its size.
inline size_t first_unwritten(const Given& given) {
  const Region& region = regions[given.region];
  for (size_t begin = 0; begin < region.size; begin += given.element) {
    size_t written = 0, size = begin + given.element < region.size ? given.element : region.size - begin;
    for (size_t i = 0; i < size; i++) {
      if (wrote(region, begin + i)) {
        written++;
        if (given.is_struct) break;
      } else if (!given.is_struct) {
        return begin + i;
      }
    }
    if (written == 0) return begin;
  }
  return region.size;
}

inline void copy_back(const Called& called) {
  for (int i = 0; i < called.given_count; i++) {
    const Given& given = called.givens[i];
    if (given.host != nullptr && !regions[given.region].read_only && regions[given.region].begin != given.host)
      memcpy(given.host, regions[given.region].begin, given.size);
  }
}

// Gives large memory back.
inline void give_back() {
  for (int slot = 0; slot < LOCAL; slot++)
    if (mapped[slot] > KEPT) {
      mmap(start_of_slot(slot), mapped[slot], PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
      mapped[slot] = 0;
    }
  for (int i = 0; i < region_count; i++)
    if (regions[i].shadow.bytes / 4 > KEPT) regions[i].shadow.release();
}

}  // namespace convproof_sim
