// conv_weight_vjp: w_bar, the gradient of <conv(x, w), y_bar> in w: what is shared in forward is added in backward.
//
//   w_bar[g M + m, c, k] = sum_{n,o}  y_bar[n, g M + m, o] * x[n, g C + c, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each axis; zero outside the input
//
// Stands in      convproof/index_maps/contraction.py, Paired
// Shapes         y_bar (N, G M, *O)   x (N, G C, *I)   w_bar (G M, C, *K)   parts (splits, G M C K), C-contiguous
// Mapping        contraction.cuh: rows are output channels, columns weights, depth outputs; where the weights are few,
//                `splits` blocks share the depth of a tile and write float parts, which conv_weight_vjp_sum adds
// Order of sum   n, then o, ascending, in one float per part; then the parts, ascending: the same in every run
// Races          none: one thread owns a weight of a part; no atomics
// Preconditions  every array has less than 2^31 elements; one block for each tile of each part of each group
#include "contraction.cuh"
#include "products.cuh"

template <class T, int DIMS, class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
conv_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, T* __restrict__ w_bar, const Sizes<int, DIMS> sizes) {
  contract(Tile(), Paired<int, DIMS>(sizes), y_bar, x, 1, [&](int, int, int at, int, float sum) { w_bar[at] = rounded<T>(sum); });
}

template <class T, int DIMS, class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
conv_weight_vjp_parts(const T* __restrict__ y_bar, const T* __restrict__ x, float* __restrict__ parts, const int splits,
                      const Sizes<int, DIMS> sizes) {
  const Paired<int, DIMS> map(sizes);
  const int weights = map.products * map.rows * map.columns;
  contract(Tile(), map, y_bar, x, splits, [&](int, int, int at, int split, float sum) { parts[static_cast<long long>(split) * weights + at] = sum; });
}
