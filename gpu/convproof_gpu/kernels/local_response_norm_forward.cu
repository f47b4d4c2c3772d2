// local_response_norm_forward: y = x / s^beta, where s adds up the squares of the channels near by.
//
//   y[n, c, i] = x[n, c, i] / s[n, c, i]^beta       s[n, c, i] = k + ratio sum_j x[n, j, i]^2, ratio = alpha / size
//   c - size / 2 <= j < c - size / 2 + size         within the channels
//
// Shapes         x (outer, channels, inner)   y (outer, channels, inner), C-contiguous
// Mapping        one thread owns an output; neighbours have neighbouring positions
// Order of sum   j, ascending, in one float
// Races          none; no atomics
// Preconditions  a thread for every output
#include "norm.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(256)
local_response_norm_forward(const T* __restrict__ x, T* __restrict__ y, const Window<Int> window, const float k, const float ratio,
                            const float beta) {
  const Int at = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= window.outer * window.channels * window.inner) return;
  const Int c = at / window.inner % window.channels;
  const float scale = window.scale(x + (at - c * window.inner), c, k, ratio);
  y[at] = rounded<T>(widened(x[at]) / powf(scale, beta));
}
