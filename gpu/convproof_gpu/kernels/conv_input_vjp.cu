// conv_input_vjp: x_bar, the gradient of <conv(x, w), y_bar> in x; with a bias, the transposed convolution.
//
//   x_bar[n, g C + c, i] = sum_{m,k}  w[g M + m, c, k] * y_bar[n, g M + m, o(i, k)]     ( + b[g C + c] )
//   o(i, k) = (i + low - dilation k) / stride   along each axis; zero where that is no output
//
// Stands in      convproof/index_maps/contraction.py, Spread
// Shapes         y_bar (N, G M, *O)   w (G M, C, *K)   b (G C) or null   x_bar (N, G C, *I), C-contiguous
// Mapping        contraction.cuh: rows are input channels, columns inputs, depth the taps of all output channels
// Order of sum   m, then k, ascending, in one float; the bias last
// Races          none: one thread owns an input, and gathers; no atomics
// Preconditions  every array has less than 2^31 elements; one block for each tile of each group
#include "contraction.cuh"
#include "epilogue.cuh"
#include "products.cuh"

template <class T, int DIMS, class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
conv_input_vjp(const T* __restrict__ y_bar, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ x_bar,
               const Sizes<int, DIMS> sizes, const Epilogue epilogue) {
  const Spread<int, DIMS> map(sizes);
  contract(Tile(), map, w, y_bar, 1, [&](int g, int c, int at, int, float sum) {
    if (b != nullptr) sum += widened(b[g * sizes.in_channels + c]);
    x_bar[at] = rounded<T>(epilogue(sum));
  });
}
