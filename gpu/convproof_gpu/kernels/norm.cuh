// The window of a local response normalisation over the channels.
//
//   s[c] = k + ratio sum_j x[j]^2       c - size / 2 <= j < c - size / 2 + size, 0 <= j < channels
//
// Order of sum   j, ascending, in one float
#pragma once
#include "element.cuh"

template <class Int>
struct Window {
  Int outer, channels, inner, size;

  // What is read by channel c, and by whom channel j is read: from `begin` to before `end`.
  __device__ Int begin(Int c) const { return c < size / 2 ? 0 : c - size / 2; }
  __device__ Int end(Int c) const { return c - size / 2 + size < channels ? c - size / 2 + size : channels; }
  __device__ Int begin_of_readers(Int j) const { return j + size / 2 - size + 1 < 0 ? 0 : j + size / 2 - size + 1; }
  __device__ Int end_of_readers(Int j) const { return j + size / 2 + 1 < channels ? j + size / 2 + 1 : channels; }

  // s[c] of a position whose channel 0 lies at `x`.
  template <class T>
  __device__ float scale(const T* x, Int c, float k, float ratio) const {
    float sum = 0.0f;
    for (Int j = begin(c); j < end(c); j++) {
      const float v = widened(x[j * inner]);
      sum += v * v;
    }
    return k + ratio * sum;
  }
};
