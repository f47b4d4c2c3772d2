// depthwise_strips_forward: y = activation(conv(x, w) + b), one channel to each group, as many outputs as inputs.
//
//   y[n, c, p, q] = b[c] + sum_{r,s}  w[c, r, s] * x[n, c, p + r - HALO, q + s - HALO]      zero outside x
//
// Stands in      convproof/index_maps/depthwise_strips.py, Strips
// Shapes         x (N, C, H, W)   w (C, SIDE, SIDE)   b (C) or null   y (N, C, H, W), C-contiguous
// Mapping        depthwise_strips.cuh: a thread makes WIDTH columns of ROWS rows
// Order of sum   r, then s, ascending, in one float; the bias last
// Races          none: one thread owns an output; nothing is shared
// Preconditions  every array has less than 2^31 elements, and the strips are at most 2^30; with WIDTH > 1, x and y begin
//                at a multiple of WIDTH elements, and so do their rows
#include "depthwise_correlation.cuh"

template <class T, int SIDE, int WIDTH>
__global__ void __launch_bounds__(THREADS, SIDE == 3 ? 6 : 4)
depthwise_strips_forward(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Strips strips,
                         const Epilogue epilogue) {
  correlated<false, SIDE, WIDTH>(x, w, b, y, strips, epilogue);
}
