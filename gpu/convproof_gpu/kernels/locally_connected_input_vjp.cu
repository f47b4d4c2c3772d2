// locally_connected_input_vjp: x_bar, the gradient of <locally_connected(x, w), y_bar> in x.
//
//   x_bar[n, g C + c, i] = sum_{m,k}  w[g M + m, c, o(i, k), k] * y_bar[n, g M + m, o(i, k)]
//   o(i, k) = (i + low - dilation k) / stride   along each axis; zero where that is no output
//
// Stands in      convproof/index_maps/unshared.py, UnsharedSpread
// Shapes         y_bar (N, G M, *O)   w (G M, C, *O, *K)   x_bar (N, G C, *I), C-contiguous
// Mapping        contraction.cuh: a product for every group and position; rows are input channels, columns images
// Order of sum   m, then k, ascending, in one float
// Races          none: one thread owns an input, and gathers; no atomics
// Preconditions  every array has less than 2^31 elements; one block for each tile of each product
#include "contraction.cuh"
#include "unshared.cuh"

template <class T, int DIMS, class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
locally_connected_input_vjp(const T* __restrict__ y_bar, const T* __restrict__ w, T* __restrict__ x_bar, const Sizes<int, DIMS> sizes) {
  contract(Tile(), UnsharedSpread<int, DIMS>(sizes), w, y_bar, 1,
                    [&](int, int, int at, int, float sum) { x_bar[at] = rounded<T>(sum); });
}
