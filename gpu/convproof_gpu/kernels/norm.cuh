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

// What divides by s^beta and by s^(beta + 1).
struct AnyPower {
  float s, power;

  __device__ AnyPower(float scale, float beta) : s(scale), power(powf(scale, beta)) {}
  __device__ float divides(float a) const { return a / power; }
  __device__ float divides_further(float a) const { return a / power / s; }
};

// The same for beta = 3/4, whose inverse power errs by less than 3 u: a step of Newton's to inverse^4 s^3 = 1 makes
// of the 16 u of a first guess what the step itself errs by, a quarter of 5 u, and its own rounding.
struct ThreeQuarters {
  float root, inverse;  // s^(-1/2), s^(-3/4)

  __device__ ThreeQuarters(float s, float) : root(rsqrtf(s)) {
    const float guess = root * (root * rsqrtf(root)), fourth = s * guess;
    const float left = fmaf(-(fourth * fourth), fourth * guess, 1.0f);
    inverse = fmaf(0.25f * guess, left, guess);
    if (!(guess == guess)) inverse = s == 0.0f ? root : s > 0.0f ? 0.0f : guess;  // s is 0, infinity, or has no power
  }
  __device__ float divides(float a) const { return a * inverse; }
  __device__ float divides_further(float a) const { return a * inverse * root * root; }
};

constexpr int CHUNK = 32;  // channels of a position that a thread walks along

// Where a thread walks: channels `begin` to before `end`, of the position whose channel 0 lies at `origin`.
template <class Int>
struct Walk {
  bool there;
  Int origin, begin, end, channels, inner;

  __device__ explicit Walk(const Window<Int>& window) : channels(window.channels), inner(window.inner) {
    const Int chunks = (channels + CHUNK - 1) / CHUNK, positions = window.outer * inner;
    const Int position = static_cast<Int>(blockIdx.x) / chunks * blockDim.x + threadIdx.x;
    there = position < positions;
    origin = there ? position / inner * channels * inner + position % inner : 0;
    begin = static_cast<Int>(blockIdx.x) % chunks * CHUNK;
    end = begin + CHUNK < channels ? begin + CHUNK : channels;
  }

  // Whether COUNT channels from `from` on are all there.
  template <int COUNT>
  __device__ bool has(Int from) const { return 0 <= from && from + COUNT <= channels; }

  // COUNT channels from `from` on; 0 beyond the first and the last.
  template <int COUNT, class T>
  __device__ void load(const T* __restrict__ x, Int from, float* v) const {
    T held[COUNT];  // so that all loads are under way before a number is widened
    const Int first = origin + from * inner;
    if (has<COUNT>(from)) {
#pragma unroll
      for (int i = 0; i < COUNT; i++) held[i] = x[first + i * inner];
    } else {
#pragma unroll
      for (int i = 0; i < COUNT; i++) {
        held[i] = rounded<T>(0.0f);
        if (0 <= from + i && from + i < channels) held[i] = x[first + i * inner];
      }
    }
#pragma unroll
    for (int i = 0; i < COUNT; i++) v[i] = widened(held[i]);
  }

  // COUNT channels from `from` on, but for those at the end of the walk.
  template <int COUNT, class T>
  __device__ void store(T* __restrict__ y, Int from, const float (&v)[COUNT]) const {
    const Int first = origin + from * inner;
    if (from + COUNT <= end) {
#pragma unroll
      for (int i = 0; i < COUNT; i++) y[first + i * inner] = rounded<T>(v[i]);
    } else {
#pragma unroll
      for (int i = 0; i < COUNT; i++)
        if (from + i < end) y[first + i * inner] = rounded<T>(v[i]);
    }
  }
};

// k + ratio sum_j x[j]^2 of SIZE neighbours.
template <int SIZE>
__device__ inline float scale_of(const float* x, float k, float ratio) {
  float sum = x[0] * x[0];
#pragma unroll
  for (int j = 1; j < SIZE; j++) sum += x[j] * x[j];
  return k + ratio * sum;
}
