// The runtime as one library: what Python calls (the functions in `extern "C"` at the end).
#include "arrays.hpp"
#include "provenance.hpp"
#include "rounding.hpp"
#include "schedule.hpp"
#include "signals.hpp"
#include "tensor.hpp"

namespace convproof_sim {

State state;
Launch* now = nullptr;

constexpr unsigned MOST_DYNAMIC = 227 << 10;

unsigned undefined_number() { return now->adversary ? chance.below(100) : 77; }

static void forget_all() {  // before the time runs over, after billions of barriers
  for (Region& region : regions) region.shadow.release();
  time_now = block_began = launch_began = 1;
}

static bool have_shadows() {
  if (!now->races) return true;
  for (int i = 0; i < region_count; i++)
    if (regions[i].space != Space::constant && !regions[i].shadow.covers(regions[i].size)) return false;
  return true;
}

static void poison_shared() {
  for (int i = 0; i < region_count; i++)
    if (regions[i].space == Space::shared) memset(regions[i].begin, 0xff, regions[i].size);
}

static void run_grid() {
  unsigned long long blocks = 1ull * state.grid_dim.x * state.grid_dim.y * state.grid_dim.z;
  bool backward = now->adversary && chance.below(2), run_ahead = now->adversary && threads > WARP && chance.below(2);
  unsigned long long first = now->adversary ? chance.next() % blocks : 0;
  for (unsigned long long k = 0; k < blocks && !failed; k++) {
    unsigned long long b = ((backward ? blocks - 1 - k : k) + first) % blocks;
    state.block = {static_cast<unsigned>(b % state.grid_dim.x), static_cast<unsigned>(b / state.grid_dim.x % state.grid_dim.y),
                   static_cast<unsigned>(b / state.grid_dim.x / state.grid_dim.y)};
    poison_shared();
    run_block(run_ahead);
  }
}

}  // namespace convproof_sim

using namespace convproof_sim;

alignas(1024) unsigned char sim_dynamic_shared[MOST_DYNAMIC];

extern "C" {

// Returns the lowest address of the arena, or null if so much address space is not to be had.
SIM_API char* sim_arena() {
  if (arena == nullptr) {
    void* found = mmap(nullptr, size_t(SLOTS) << SLOT_BITS, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    arena = found == MAP_FAILED ? nullptr : static_cast<char*>(found);
    for (short& number : slot_regions) number = -1;
  }
  return arena;
}

// Makes the first bytes of a slot memory of zeros that costs nothing before it is touched; returns where.
SIM_API char* sim_map(int slot, size_t size) {
  void* found = mmap(start_of_slot(slot), size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return found == MAP_FAILED ? nullptr : start_of_slot(slot);
}

SIM_API void sim_unmap(int slot, size_t size) {
  mmap(start_of_slot(slot), size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

// Runs a kernel. Returns 0; 1: a fault is reported; 2: another launch is running; 3: there is no memory; 4: a signal has ended it;
// 5: too many arrays and variables; 6: an array overlaps another; 7: an output is not whole.
SIM_API int sim_launch(const Called* called, Launch* launch) {
  if (now != nullptr) return 2;
  launch->report.kind = 0, launch->report.array = -1;
  Refused refused = lay_out(*called, launch->dynamic_shared, launch->report);
  if (refused != Refused::no) return give_back(), static_cast<int>(refused);
  launch->totals = Totals{};
  threads = launch->block[0] * launch->block[1] * launch->block[2];
  state.block_dim = dim3(launch->block[0], launch->block[1], launch->block[2]);
  state.grid_dim = dim3(launch->grid[0], launch->grid[1], launch->grid[2]);
  kernel = called->function;
  image_begin = called->image_begin, image_end = called->image_end;
  memcpy(state.argument_bytes, called->arguments, called->offsets[called->count]);
  for (int i = 0; i < called->count; i++) state.arguments[i] = state.argument_bytes + called->offsets[i];
  now = launch;
  if (!have_stacks() || !have_copies() || !have_shadows()) return now = nullptr, give_back(), 3;
  for (unsigned i = 0; i < threads; i++) {
    dim3 d = state.block_dim;
    fibers[i].linear = i;
    fibers[i].index = {i % d.x, i / d.x % d.y, i / (d.x * d.y)};
  }
  failed = uninterrupted = interrupted_by_user = false;
  if (time_now > 0xf0000000u) forget_all();
  begin_interval();
  launch_began = time_now;
  if (suspected > 0) memset(suspicions, 0, sizeof suspicions);
  suspected = 0;
  splits.used = 0;
  forget_releases();
  traffic = Traffic{};
  seen_count = 0;
  chance.seed(launch->seed);
  turn = 0, steps_before = 0, accesses = 0;
  looks_quickly = !launch->counted;
  next_turn();
  {
    Signals during;
    run_grid();
  }
  launch->totals.steps = steps_so_far();
  launch->totals.accesses = accesses;
  now = nullptr;
  state.current = nullptr;
  int code = interrupted_by_user ? 4 : failed;
  for (int i = 0; i < called->given_count && code == 0 && launch->races; i++) {
    const Given& given = called->givens[i];
    if (!given.output || given.host == nullptr) continue;
    size_t first = first_unwritten(given);
    if (first < given.size) launch->report.offset = static_cast<long long>(first), launch->report.wrong = i, code = 7;
  }
  if (code == 0) copy_back(*called);
  give_back();
  return code;
}

SIM_API const Traffic* sim_traffic() { return &traffic; }

SIM_API void sim_bytes(size_t* sizes) { sizes[0] = sizeof(Launch), sizes[1] = sizeof(Traffic), sizes[2] = sizeof(Given), sizes[3] = sizeof(Fixed), sizes[4] = sizeof(Called); }
}
