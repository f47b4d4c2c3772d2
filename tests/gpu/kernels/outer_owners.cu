// owners: which line of a block each thread's sums are of, and what it stages, as outer.cuh says.
//
// Shapes         lines (CREW, 2, EACH)   units (CREW, COUNT, 2)   turned (CREW)   constants (4)
#include "outer.cuh"

template <int QUAD>
__global__ void owners(int* lines, int* units, int* turned, int* constants) {
  using Own = Staging<QUAD>;
  const int thread = threadIdx.x;
  for (int i = 0; i < EACH; i++) {
    lines[(thread * 2 + 0) * EACH + i] = line_of<QUAD>(down_of(thread), i);
    lines[(thread * 2 + 1) * EACH + i] = line_of<QUAD>(across_of(thread), i);
  }
  for (int i = 0; i < Own::COUNT; i++) {
    units[(thread * Own::COUNT + i) * 2 + 0] = Own::depth(thread, i);
    units[(thread * Own::COUNT + i) * 2 + 1] = Own::line(thread);
  }
  turned[thread] = Own::turned(thread);
  if (thread > 0) return;
  constants[0] = GRID, constants[1] = EACH, constants[2] = SLAB, constants[3] = CREW;
}
