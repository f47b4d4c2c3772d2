// The sizes of a convolution, and its relation  i = stride o + dilation k - low  along each axis.
//
// Stands in      convproof/index_maps/contraction.py, Sizes
// Int            int, or long long where an array has 2^31 elements or more
#pragma once

template <class Int, int DIMS>
__device__ inline Int volume(const Int (&sizes)[DIMS]) {
  Int all = 1;
#pragma unroll
  for (int d = 0; d < DIMS; d++) all *= sizes[d];
  return all;
}

// The row-major number of a position.
template <class Int, int DIMS>
__device__ inline Int flat(const Int (&position)[DIMS], const Int (&sizes)[DIMS]) {
  Int number = 0;
#pragma unroll
  for (int d = 0; d < DIMS; d++) number = number * sizes[d] + position[d];
  return number;
}

// The position of a row-major number; what is left of the number is returned.
template <class Int, int DIMS>
__device__ inline Int unflat(Int number, const Int (&sizes)[DIMS], Int (&position)[DIMS]) {
#pragma unroll
  for (int d = DIMS - 1; d >= 0; d--) {
    position[d] = number % sizes[d];
    number /= sizes[d];
  }
  return number;
}

template <class Integer, int AXES>
struct Sizes {
  using Int = Integer;
  static constexpr int DIMS = AXES;

  Int batch, groups, in_channels, out_channels;  // channels of one group
  Int input[DIMS], kernel[DIMS], output[DIMS], stride[DIMS], dilation[DIMS], low[DIMS];

  // Where the input lies that starts at `start` and is `step` further; -1 in the padding.
  __device__ Int input_of(const Int (&start)[DIMS], const Int (&step)[DIMS]) const {
    Int i[DIMS];
    bool inside = true;
#pragma unroll
    for (int d = 0; d < DIMS; d++) {
      i[d] = start[d] + step[d];
      inside = inside && 0 <= i[d] && i[d] < input[d];
    }
    return inside ? flat(i, input) : -1;
  }

  // Where the output lies that the input `start` = i + low meets through the tap at `step`; -1 if none.
  __device__ Int output_of(const Int (&start)[DIMS], const Int (&step)[DIMS]) const {
    Int o[DIMS];
    bool inside = true;
#pragma unroll
    for (int d = 0; d < DIMS; d++) {
      Int scaled = start[d] - step[d];
      o[d] = scaled / stride[d];
      inside = inside && scaled >= 0 && scaled == o[d] * stride[d] && o[d] < output[d];
    }
    return inside ? flat(o, output) : -1;
  }

  __device__ void window(const Int (&o)[DIMS], Int (&start)[DIMS]) const {  // stride o - low
#pragma unroll
    for (int d = 0; d < DIMS; d++) start[d] = stride[d] * o[d] - low[d];
  }
  __device__ void taps(const Int (&k)[DIMS], Int (&step)[DIMS]) const {  // dilation k
#pragma unroll
    for (int d = 0; d < DIMS; d++) step[d] = dilation[d] * k[d];
  }
  __device__ void lifted(const Int (&i)[DIMS], Int (&start)[DIMS]) const {  // i + low
#pragma unroll
    for (int d = 0; d < DIMS; d++) start[d] = i[d] + low[d];
  }
};
