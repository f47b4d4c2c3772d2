// pointwise_forward: y = activation(conv(x, w) + b) of one tap and few input channels.
//
//   y[n, m, p] = activation(sum_c  w[m, c] * x[n, c, p] + b[m])
//
// Stands in      convproof/index_maps/outer.py, Pointwise
// Shapes         x (N, C, P)   w (M, C)   b (M) or null   y (N, M, P), C-contiguous
// Mapping        outer.cuh: a block computes 128 channels at 128 positions, of one image or several; weights are turned as they are
//                staged
// Order of sum   c, ascending, in one float, then the bias: the same in every run
// Races          none: one thread owns a sum; a barrier before a slab is read, and two of them in turn; no atomics
// Preconditions  every array has less than 2^31 - 2^16 elements; with QUAD > 1 C and P are multiples of it, and every array
//                begins at one; one block for each tile
#include "epilogue.cuh"
#include "pointwise.cuh"

template <class T, int QUAD>
__global__ void __launch_bounds__(CREW, 2)
pointwise_forward(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Pointwise map,
                  const int relu) {
  pointwise<QUAD, true>(map, w, x, y, [&](int m, float sum) {
    if (b != nullptr) sum += widened(b[m]);
    return relu && sum < 0.0f ? 0.0f : sum;  // NaN stays NaN
  });
}
