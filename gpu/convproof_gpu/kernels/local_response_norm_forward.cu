// local_response_norm_forward: y = x / s^beta, where s adds up the squares of the channels near by.
//
//   y[n, c, i] = x[n, c, i] / s[n, c, i]^beta       s[n, c, i] = k + ratio sum_j x[n, j, i]^2, ratio = alpha / size
//   c - size / 2 <= j < c - size / 2 + size         within the channels
//
// Shapes         x (outer, channels, inner)   y (outer, channels, inner), C-contiguous
// Mapping        one thread owns an output; neighbours have neighbouring positions. Where the size is a constant, a
//                thread walks along CHUNK channels of its position, and holds those near by in registers
// Order of sum   j, ascending, in one float
// Races          none; no atomics
// Preconditions  a thread for every output; of the walk, for every position and CHUNK channels, whose blocks follow
//                each other
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

constexpr int STEP = 8;  // channels that are loaded at once

template <class Power, int SIZE, class T, class Int>
__device__ inline void walked(const T* __restrict__ x, T* __restrict__ y, const Walk<Int>& walk, float k, float ratio, float beta) {
  constexpr int LOW = SIZE / 2, NEAR = SIZE - 1;
  float v[STEP + NEAR];  // of the channels c - LOW, ...
  walk.template load<NEAR>(x, walk.begin - LOW, v);
  for (Int c = walk.begin; c < walk.end; c += STEP) {
    walk.template load<STEP>(x, c - LOW + NEAR, v + NEAR);
    float made[STEP];
#pragma unroll
    for (int i = 0; i < STEP; i++) made[i] = Power(scale_of<SIZE>(v + i, k, ratio), beta).divides(v[i + LOW]);
    walk.store(y, c, made);
#pragma unroll
    for (int i = 0; i < NEAR; i++) v[i] = v[STEP + i];
  }
}

template <class T, class Int, int SIZE>
__global__ void __launch_bounds__(256)
local_response_norm_forward_walk(const T* __restrict__ x, T* __restrict__ y, const Window<Int> window, const float k, const float ratio,
                                 const float beta) {
  const Walk<Int> walk(window);
  if (!walk.there) return;
  if (beta == 0.75f)
    walked<ThreeQuarters, SIZE>(x, y, walk, k, ratio, beta);
  else
    walked<AnyPower, SIZE>(x, y, walk, k, ratio, beta);
}
