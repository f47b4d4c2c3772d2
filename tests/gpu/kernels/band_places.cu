// band_places: where bands.cuh finds the taps of a unit of windows, and the windows that read a unit of inputs, and puts these.
//
// Shapes         found (N C, *O, ROWS, SIDE): of each unit's first window   held (N C, *O), as a block's runs follow each other
#include "bands.cuh"

// The place of every tap in what is staged, of which `numbers` has each place's; -1 of one that is not there.
template <class Pane>
__global__ void __launch_bounds__(CREW) taps_of_units(const int* numbers, int* found, const Bands bands) {
  const Part part = bands.part(bands.output[0]);
  const Rows read = bands.read<Pane>(part.rows);
  each_window<Pane>(bands, part.planes, part.rows, [&](int plane, int row, int column) {
    if (row >= part.rows.end) return;
    const Taps<int, Pane> taps(bands, numbers, read, plane, row, column);
    const int window = ((part.plane + plane) * bands.output[0] + row) * bands.output[1] + column;
    for (int j = 0; j < Pane::ROWS; j++)
      for (int k = 0; k < Pane::SIDE; k++) found[(window * Pane::ROWS + j) * Pane::SIDE + k] = taps.at(j, k, -1);
  });
}

// Of each place among a block's inputs the sum of the places of the windows that read the input, each 1 more.
template <class Pane>
__global__ void __launch_bounds__(CREW) readers_of_units(float* made, const int most, const Bands bands) {
  const Part part = bands.part(bands.input[0]);
  const Rows windows = bands.readers<Pane>(part.rows);
  gathered<Pane>(bands, part, windows, 0.0f, [](int o) { return 1.0f + o; }, [](float place, int, int) { return place; },
                 made + static_cast<int>(blockIdx.x) * most);
}
