// locally_connected_forward: y, a convolution whose weights are not shared: one kernel for every position.
//
//   y[n, g M + m, o] = b[g M + m] + sum_{c,k}  w[g M + m, c, o, k] * x[n, g C + c, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each axis; zero outside the input
//
// Stands in      convproof/index_maps/unshared.py, UnsharedCorrelated
// Shapes         x (N, G C, *I)   w (G M, C, *O, *K)   b (G M) or null   y (N, G M, *O), C-contiguous
// Mapping        contraction.cuh: a product for every group and position; rows are output channels, columns images
// Order of sum   c, then k, ascending, in one float; the bias last
// Races          none: one thread owns an output; no atomics
// Preconditions  every array has less than 2^31 elements; one block for each tile of each product
#include "contraction.cuh"
#include "unshared.cuh"

template <class T, int DIMS, class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
locally_connected_forward(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y,
                          const Sizes<int, DIMS> sizes) {
  const UnsharedCorrelated<int, DIMS> map(sizes);
  contract(Tile(), map, w, x, 1, [&](int product, int m, int at, int, float sum) {
    if (b != nullptr) sum += widened(b[product / map.outputs * sizes.out_channels + m]);
    y[at] = rounded<T>(sum);
  });
}
