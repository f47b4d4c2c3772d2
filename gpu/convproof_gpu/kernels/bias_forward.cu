// bias_forward: y = x + b, one number for each channel.
//
//   y[n, c, i] = x[n, c, i] + b[c]
//
// Shapes         x (N, C, I)   b (C)   y (N, C, I), C-contiguous
// Mapping        a thread owns WIDTH neighbouring elements, and counts the channel on from the first
// Order of sum   there is none
// Races          none: one thread owns an output
// Preconditions  at least N C I / WIDTH threads, rounded up; with WIDTH > 1 x and y begin at multiples of 16 bytes
#include "channels.cuh"
#include "vectors.cuh"

template <class T, class Int, int WIDTH>
__global__ void __launch_bounds__(256)
bias_forward(const T* __restrict__ x, const T* __restrict__ b, T* __restrict__ y, const Channels<Int> sizes) {
  const Int n = sizes.outer * sizes.channels * sizes.inner;
  const Int first = (static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x) * WIDTH;
  if (first >= n) return;
  Int within = first % sizes.inner, channel = first / sizes.inner % sizes.channels;
  const auto next = [&](T v) {
    const float sum = widened(v) + widened(b[channel]);
    if (++within == sizes.inner) {
      within = 0;
      if (++channel == sizes.channels) channel = 0;
    }
    return rounded<T>(sum);
  };
  if (first + WIDTH <= n) {
    Vector<T, WIDTH> v = loaded<WIDTH>(x + first);
#pragma unroll
    for (int k = 0; k < WIDTH; k++) v.at[k] = next(v.at[k]);
    store(y + first, v);
  } else {
    for (Int i = first; i < n; i++) y[i] = next(x[i]);
  }
}
