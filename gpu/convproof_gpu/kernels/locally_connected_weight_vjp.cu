// locally_connected_weight_vjp: w_bar, the gradient of <locally_connected(x, w), y_bar> in w.
//
//   w_bar[g M + m, c, o, k] = sum_n  y_bar[n, g M + m, o] * x[n, g C + c, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each axis; zero outside the input
//
// Stands in      convproof/index_maps/unshared.py, UnsharedPaired
// Shapes         y_bar (N, G M, *O)   x (N, G C, *I)   w_bar (G M, C, *O, *K), C-contiguous
// Mapping        contraction.cuh: a product for every group and position; rows are output channels, columns weights
// Order of sum   n, ascending, in one float
// Races          none: one thread owns a weight; no atomics
// Preconditions  every array has less than 2^31 elements; one block for each tile of each product
#include "contraction.cuh"
#include "unshared.cuh"

template <class T, int DIMS, class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
locally_connected_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, T* __restrict__ w_bar, const Sizes<int, DIMS> sizes) {
  contract(Tile(), UnsharedPaired<int, DIMS>(sizes), y_bar, x, 1,
                    [&](int, int, int at, int, float sum) { w_bar[at] = rounded<T>(sum); });
}
