// A launch as Python asks for it and as it is told of it; mirrored in runtime.py.
#pragma once
#include "../device/interface.hpp"

namespace convproof_sim {

enum class Landing : int { eager, lazy, random };  // when an asynchronous copy arrives
enum class Rounding : int { truncating, nearest };  // of a tensor core's sums

struct Report {
  int kind;
  int line;          // where `file` says; 0: where `pc` says
  const char* file;
  const void* pc;
  unsigned thread[3], block[3];
  int has_thread;
  int array;  // number of the region; -1: none
  int wrong;  // number of the pointer that is refused, or whose array is not whole
  long long offset;
  char message[600];
};

struct Totals {  // of a launch
  unsigned long long switches, accesses, steps;
};

struct Launch {
  unsigned grid[3], block[3];
  unsigned dynamic_shared;
  int races;       // whether races and uninitialised reads are looked for
  int adversary;   // whether the order is random
  int exits;       // whether a thread may end before a barrier that others reach
  int landing, rounding;
  int counted;     // whether memory traffic is counted
  unsigned long long seed, steps;
  Report report;
  Totals totals;
};

extern Launch* now;  // null between launches

}  // namespace convproof_sim
