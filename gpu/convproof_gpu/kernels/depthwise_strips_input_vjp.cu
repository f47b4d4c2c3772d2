// depthwise_strips_input_vjp: x_bar, the gradient of <conv(x, w), y_bar> in x, as many outputs as inputs.
//
//   x_bar[n, c, i, j] = sum_{r,s}  w[c, r, s] * y_bar[n, c, i - r + HALO, j - s + HALO]   ( + b[c] )     zero outside y_bar
//
// Stands in      convproof/index_maps/depthwise_strips.py, Strips
// Shapes         y_bar (N, C, H, W)   w (C, SIDE, SIDE)   b (C) or null   x_bar (N, C, H, W), C-contiguous
// Mapping        depthwise_strips.cuh: a thread makes WIDTH columns of ROWS rows, by correlation with the flipped taps
// Order of sum   r, then s, descending, in one float; the bias last
// Races          none: one thread owns an input; nothing is shared
// Preconditions  every array has less than 2^31 elements, and the strips are at most 2^30; with WIDTH > 1, y_bar and x_bar
//                begin at a multiple of WIDTH elements, and so do their rows
#include "depthwise_correlation.cuh"

template <class T, int SIDE, int WIDTH>
__global__ void __launch_bounds__(THREADS, SIDE == 3 ? 6 : 4)
depthwise_strips_input_vjp(const T* __restrict__ y_bar, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ x_bar,
                           const Strips strips, const Epilogue epilogue) {
  correlated<true, SIDE, WIDTH>(y_bar, w, b, x_bar, strips, epilogue);
}
