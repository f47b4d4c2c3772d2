// local_response_norm_input_vjp: the derivative of y = x / s^beta, s of the channels near by.
//
//   x_bar[n, c, i] = y_bar[n, c, i] / s[n, c, i]^beta - factor x[n, c, i] sum_j v[n, j, i]       factor = 2 ratio beta
//   v[n, j, i] = y_bar[n, j, i] x[n, j, i] / s[n, j, i]^(beta + 1)       j: those in whose window c lies
//
// Shapes         x, y_bar, x_bar (outer, channels, inner), C-contiguous
// Mapping        a block computes CHANNELS x POSITIONS outputs, a thread every ROWS-th channel of a position; the v
//                that they share are made once, CHANNELS at a time, in shared memory
// Order of sum   j, ascending, in one float
// Races          none: a barrier before and after each part of the v; no atomics
// Preconditions  a block of 256 threads for every CHANNELS channels of every POSITIONS positions
#include "norm.cuh"

constexpr int CHANNELS = 32, POSITIONS = 32, ROWS = 8, EACH = CHANNELS / ROWS;

template <class T, class Int>
__global__ void __launch_bounds__(ROWS* POSITIONS)
local_response_norm_input_vjp(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Window<Int> window,
                              const float k, const float ratio, const float beta, const float factor) {
  __shared__ float v[CHANNELS][POSITIONS];
  const int row = threadIdx.x / POSITIONS, lane = threadIdx.x % POSITIONS;
  const Int positions = window.outer * window.inner, tiles = (positions + POSITIONS - 1) / POSITIONS;
  const Int position = blockIdx.x % tiles * POSITIONS + lane, channel = blockIdx.x / tiles * CHANNELS;
  const bool there = position < positions;
  const Int origin = !there ? 0 : position / window.inner * window.channels * window.inner + position % window.inner;
  const Int last = channel + CHANNELS <= window.channels ? channel + CHANNELS - 1 : window.channels - 1;
  const Int begin = window.begin_of_readers(channel), end = window.end_of_readers(last);

  float pulled[EACH] = {};
  for (Int start = begin; start < end; start += CHANNELS) {
    for (int r = row; r < CHANNELS; r += ROWS) {
      const Int j = start + r;
      if (!there || j >= end) continue;
      const float scale = window.scale(x + origin, j, k, ratio);
      const Int at = origin + j * window.inner;
      v[r][lane] = widened(y_bar[at]) * widened(x[at]) / powf(scale, beta) / scale;
    }
    __syncthreads();
    for (int e = 0; there && e < EACH; e++) {
      const Int c = channel + row + e * ROWS;
      if (c > last) break;
      const Int low = window.begin_of_readers(c), high = window.end_of_readers(c), next = start + CHANNELS;
      for (Int j = low < start ? start : low; j < (high < next ? high : next); j++) pulled[e] += v[j - start][lane];
    }
    __syncthreads();
  }

  for (int e = 0; there && e < EACH; e++) {
    const Int c = channel + row + e * ROWS;
    if (c > last) break;
    const Int at = origin + c * window.inner;
    const float scale = window.scale(x + origin, c, k, ratio);
    x_bar[at] = rounded<T>(widened(y_bar[at]) / powf(scale, beta) - factor * widened(x[at]) * pulled[e]);
  }
}
