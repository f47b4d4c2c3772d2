// conv_forward: y = activation(conv(x, w) + b), cross-correlation over 1 to 3 axes, channels first.
//
//   y[n, g M + m, o] = b[g M + m] + sum_{c,k}  w[g M + m, c, k] * x[n, g C + c, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each axis; zero outside the input
//
// Stands in      convproof/index_maps/contraction.py, Correlated
// Shapes         x (N, G C, *I)   w (G M, C, *K)   b (G M) or null   y (N, G M, *O), C-contiguous
// Mapping        contraction.cuh: rows are output channels, columns outputs, depth the taps of all channels
// Order of sum   c, then k, ascending, in one float; the bias last
// Races          none: one thread owns an output; no atomics
// Preconditions  every array has less than 2^31 elements; one block for each tile of each group
#include "contraction.cuh"
#include "epilogue.cuh"
#include "products.cuh"

template <class T, int DIMS, class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
conv_forward(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Sizes<int, DIMS> sizes,
             const Epilogue epilogue) {
  const Correlated<int, DIMS> map(sizes);
  contract(Tile(), map, w, x, 1, [&](int g, int m, int at, int, float sum) {
    if (b != nullptr) sum += widened(b[g * sizes.out_channels + m]);
    y[at] = rounded<T>(epilogue(sum));
  });
}
