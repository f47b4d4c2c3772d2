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
