// The runtime as one library: what Python calls (the functions in `extern "C"` at the end).
#include "provenance.hpp"
#include "schedule.hpp"
#include "signals.hpp"
#include "tensor.hpp"

namespace sim {

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

}  // namespace sim

using namespace sim;

unsigned char sim_dynamic_shared[MOST_DYNAMIC] __attribute__((aligned(1024)));

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
  char* begin = arena + (size_t(slot) << SLOT_BITS) + FRONT;
  void* found = mmap(begin, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return found == MAP_FAILED ? nullptr : begin;
}

SIM_API void sim_unmap(int slot, size_t size) {
  mmap(arena + (size_t(slot) << SLOT_BITS) + FRONT, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

// Forgets what is remembered of regions that are larger.
SIM_API void sim_no_shadows(size_t largest) {
  for (Region& region : regions)
    if (region.shadow.bytes / 4 > largest) region.shadow.release();
}

SIM_API void sim_no_regions() {
  region_count = 0;
  nearby = 0;
  for (short& number : slot_regions) number = -1;
}

// Adds memory that the next kernel may touch; returns its number, or -1 if there are too many.
SIM_API int sim_region(char* begin, size_t size, int space, int read_only, int unwritten) {
  if (region_count == MOST_REGIONS) return -1;
  Region& region = regions[region_count];
  Shadow shadow = region.shadow;
  region = {begin, size, static_cast<Space>(space), read_only, unwritten, shadow};
  size_t slot = static_cast<size_t>(begin - arena) >> SLOT_BITS;
  if (slot < SLOTS) slot_regions[slot] = static_cast<short>(region_count);
  return region_count++;
}

// Runs a kernel. Returns 0; 1: a fault is reported; 2: another launch is running; 3: there is no memory;
// 4: a signal has ended it.
SIM_API int sim_launch(void (*function)(void**), const void* arguments, const size_t* offsets, int count, Launch* launch, char* begin, char* end) {
  if (now != nullptr) return 2;
  launch->report = Report{};
  launch->report.array = -1;
  launch->totals = Totals{};
  threads = launch->block[0] * launch->block[1] * launch->block[2];
  state.block_dim = dim3(launch->block[0], launch->block[1], launch->block[2]);
  state.grid_dim = dim3(launch->grid[0], launch->grid[1], launch->grid[2]);
  kernel = function;
  image_begin = begin, image_end = end;
  if (count > 0) memcpy(state.argument_bytes, arguments, offsets[count]);
  for (int i = 0; i < count; i++) state.arguments[i] = state.argument_bytes + offsets[i];
  now = launch;
  if (!have_stacks() || !have_copies() || !have_shadows()) return now = nullptr, 3;
  for (unsigned i = 0; i < threads; i++) {
    dim3 d = state.block_dim;
    fibers[i].linear = i;
    fibers[i].index = {i % d.x, i / d.x % d.y, i / (d.x * d.y)};
    fibers[i].stack = stacks + i * STACK + PAGE;
  }
  failed = uninterrupted = interrupted_by_user = false;
  if (time_now > 0xf0000000u) forget_all();
  launch_began = ++time_now;
  splits.used = 0;
  forget_releases();
  traffic = Traffic{};
  seen_count = 0;
  chance.seed(launch->seed);
  until_preempted = launch->adversary ? 1 + chance.below(64) : PATIENCE;
  {
    Signals during;
    run_grid();
  }
  now = nullptr;
  state.current = nullptr;
  return interrupted_by_user ? 4 : failed;
}

static bool wrote(const Region& region, size_t offset) {
  Cell& word = region.shadow.cells[offset / 4];
  Splits::Four* four = splits.of(word);
  if (four == nullptr && word.reader.who == split) return false;
  return (four != nullptr ? four->cells[offset % 4] : word).writer.time >= launch_began;
}

// Whether the last launch wrote every element of a region, of a struct some byte at least (others may be padding); the first that
// it did not is told.
SIM_API int sim_is_written(int number, size_t element, int is_struct, size_t* first) {
  const Region& region = regions[number];
  for (size_t begin = 0; begin < region.size; begin += element) {
    size_t written = 0, size = begin + element < region.size ? element : region.size - begin;
    for (size_t i = 0; i < size; i++) {
      if (wrote(region, begin + i)) {
        written++;
        if (is_struct) break;
      } else if (!is_struct) {
        return *first = begin + i, 0;
      }
    }
    if (written == 0) return *first = begin, 0;
  }
  return 1;
}

SIM_API const Traffic* sim_traffic() { return &traffic; }

SIM_API void sim_bytes_of_launch(size_t* launch, size_t* counted) { *launch = sizeof(Launch), *counted = sizeof(Traffic); }
}
