// local_response_norm_input_vjp: the derivative of y = x / s^beta, s of the channels near by.
//
//   x_bar[n, c, i] = y_bar[n, c, i] / s[n, c, i]^beta - factor x[n, c, i] sum_j v[n, j, i]       factor = 2 ratio beta
//   v[n, j, i] = y_bar[n, j, i] x[n, j, i] / s[n, j, i]^(beta + 1)       j: those in whose window c lies
//
// Shapes         x, y_bar, x_bar (outer, channels, inner), C-contiguous
// Mapping        a block computes CHANNELS x POSITIONS outputs, a thread every ROWS-th channel of a position; the v
//                that they share are made once, CHANNELS at a time, in shared memory. Where the size is a constant,
//                a thread walks along CHUNK channels of its position, and holds the v near by in registers
// Order of sum   j, ascending, in one float
// Races          none: a barrier before and after each part of the v; no atomics
// Preconditions  a block of 256 threads for every CHANNELS channels of every POSITIONS positions; of the walk, a thread
//                for every position and CHUNK channels, whose blocks follow each other
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

constexpr int STEP = 8;  // channels that are loaded at once

template <class Power, int SIZE, class T, class Int>
struct Pulls {
  static constexpr int LOW = SIZE / 2, HIGH = SIZE - 1 - LOW, NEAR = SIZE - 1;
  float x[STEP + 2 * NEAR];                  // of the channels c - NEAR, ...
  float v[STEP + NEAR], pushed[STEP + NEAR];  // of c - HIGH, ...: v, and y_bar / s^beta

  // Makes COUNT of v and pushed, from the one at `first` on.
  template <int COUNT>
  __device__ void make(const T* __restrict__ y_bar, const Walk<Int>& walk, Int c, int first, float k, float ratio, float beta) {
    float cotangents[COUNT];
    walk.template load<COUNT>(y_bar, c - HIGH + first, cotangents);
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      const int at = first + i;
      const Power power(scale_of<SIZE>(x + at, k, ratio), beta);
      pushed[at] = power.divides(cotangents[i]);
      v[at] = power.divides_further(cotangents[i] * x[at + LOW]);
    }
    if (walk.template has<COUNT>(c - HIGH + first)) return;
#pragma unroll
    for (int i = first; i < first + COUNT; i++)  // where s is 0, those that are not there are NaN
      if (c - HIGH + i < 0 || c - HIGH + i >= walk.channels) v[i] = 0.0f;
  }

  __device__ void operator()(const T* __restrict__ from, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Walk<Int>& walk,
                             float k, float ratio, float beta, float factor) {
    walk.template load<2 * NEAR>(from, walk.begin - NEAR, x);
    make<NEAR>(y_bar, walk, walk.begin, 0, k, ratio, beta);
    for (Int c = walk.begin; c < walk.end; c += STEP) {
      walk.template load<STEP>(from, c + NEAR, x + 2 * NEAR);
      make<STEP>(y_bar, walk, c, NEAR, k, ratio, beta);
      float made[STEP];
#pragma unroll
      for (int i = 0; i < STEP; i++) {
        float pulled = v[i];
#pragma unroll
        for (int j = 1; j < SIZE; j++) pulled += v[i + j];
        made[i] = pushed[i + HIGH] - factor * x[i + NEAR] * pulled;
      }
      walk.store(x_bar, c, made);
#pragma unroll
      for (int i = 0; i < 2 * NEAR; i++) x[i] = x[STEP + i];
#pragma unroll
      for (int i = 0; i < NEAR; i++) {
        v[i] = v[STEP + i];
        pushed[i] = pushed[STEP + i];
      }
    }
  }
};

template <class T, class Int, int SIZE>
__global__ void __launch_bounds__(256)
local_response_norm_input_vjp_walk(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar,
                                   const Window<Int> window, const float k, const float ratio, const float beta, const float factor) {
  const Walk<Int> walk(window);
  if (!walk.there) return;
  if (beta == 0.75f)
    Pulls<ThreeQuarters, SIZE, T, Int>{}(x, y_bar, x_bar, walk, k, ratio, beta, factor);
  else
    Pulls<AnyPower, SIZE, T, Int>{}(x, y_bar, x_bar, walk, k, ratio, beta, factor);
}
