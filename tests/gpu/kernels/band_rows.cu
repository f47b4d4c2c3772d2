// band_rows: what bands.cuh says of a block: which planes and rows it owns and reads, and which windows its units are.
//
// Shapes         found (blocks, 8)   visits (blocks, most): how many units have a window of the block's
#include "bands.cuh"

template <class Pane>
__global__ void __launch_bounds__(CREW) band_rows(int* found, int* visits, const int most, const int of_inputs, const Bands bands) {
  const Part part = bands.part(of_inputs ? bands.input[0] : bands.output[0]);
  const Rows windows = of_inputs ? bands.readers<Pane>(part.rows) : part.rows, read = bands.read<Pane>(windows);
  const int block = blockIdx.x;
  if (threadIdx.x == 0) {
    const int told[8] = {part.plane, part.planes, part.rows.begin, part.rows.end, windows.begin, windows.end, read.begin, read.end};
    for (int i = 0; i < 8; i++) found[8 * block + i] = told[i];
  }
  each_window<Pane>(bands, part.planes, windows, [&](int plane, int row, int column) {
    for (int e = 0; e < Pane::EACH && row + e < windows.end; e++)
      visits[block * most + (plane * windows.count() + row + e - windows.begin) * bands.output[1] + column] += 1;
  });
}
