// pointwise_input_vjp: x_bar, the gradient of <conv(x, w), y_bar> in x, of one tap and few output channels.
//
//   x_bar[n, c, p] = sum_m  w[m, c] * y_bar[n, m, p]
//
// Stands in      convproof/index_maps/outer.py, Pointwise
// Shapes         y_bar (N, M, P)   w (M, C)   x_bar (N, C, P), C-contiguous
// Mapping        outer.cuh: a block computes 128 channels at 128 positions, of one image or several
// Order of sum   m, ascending, in one float, rounded once: the same in every run
// Races          none: one thread owns a sum; a barrier before a slab is read, and two of them in turn; no atomics
// Preconditions  every array has less than 2^31 - 2^16 elements; with QUAD > 1 C and P are multiples of it, and every array
//                begins at one; one block for each tile
#include "pointwise.cuh"

template <class T, int QUAD>
__global__ void __launch_bounds__(CREW, 2)
pointwise_input_vjp(const T* __restrict__ y_bar, const T* __restrict__ w, T* __restrict__ x_bar, const Pointwise map) {
  pointwise<QUAD, false>(map, w, y_bar, x_bar, [](int, float sum) { return sum; });
}
