// What is done to a sum before it is written: the bias is added, then an activation applied.
#pragma once
#include "element.cuh"

enum Activation { NONE = 0, RELU = 1, TANH = 2 };

struct Epilogue {
  int activation;
  float amplitude, slope;  // of  amplitude * tanh(slope * v)

  __device__ float operator()(float v) const {
    if (activation == RELU) return v < 0.0f ? 0.0f : v;  // NaN stays NaN
    if (activation == TANH) return amplitude * tanhf(slope * v);
    return v;
  }
};

// The same of a ReLU or of nothing, of a channel: what a thread does to many sums, for which a tanh would cost registers.
template <class T>
__device__ inline T rectified(float sum, const T* __restrict__ b, int channel, int relu) {
  if (b != nullptr) sum += widened(b[channel]);
  return rounded<T>(relu != 0 && sum < 0.0f ? 0.0f : sum);
}

// The first of the greatest in turn, of which NaN is one.
template <class T>
__device__ inline T greater(T before, T v) {
  const float one = widened(before), other = widened(v);
  return other > one || (other != other && one == one) ? v : before;
}
