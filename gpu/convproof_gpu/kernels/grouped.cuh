// Convolutions of few channels to each of several groups: a thread keeps all output channels of a group in registers.
//
//   axes            three; those that are missing have one position and one tap
//   strip           LENGTH neighbouring outputs along the second last axis, of all channels; a lane's neighbour has the next column
//   patch           PATCH x PATCH neighbouring taps along the last two axes, or with PATCH = 1 any one
//
// A number of x meets the taps of a patch's column, and every output channel. x and y_bar are read where they are, a warp's
// lanes side by side, whatever the padding is.
#pragma once
#include "quotient.cuh"
#include "sizes.cuh"
#include "vectors.cuh"

constexpr int CREW = 128;  // threads of a block

// How the outputs of an image are cut into strips: what divides their numbers.
struct Strips {
  int count;  // of all images
  Quotient columns, rows, slices;
};

template <int LENGTH>
struct Strip {
  int image, slice, row, column;

  __device__ Strip(const Strips& strips, int number) {
    column = strips.columns.rest(number);
    row = strips.rows.rest(number) * LENGTH;
    slice = strips.slices.rest(number);
    image = number;
  }
};

// Where the rows of a patch begin in a slice, `step` apart; -1 outside.
template <int LENGTH>
__device__ inline void rows_of(int (&at)[LENGTH], const Sizes<int, 3>& s, const int first, const int step) {
#pragma unroll
  for (int i = 0; i < LENGTH; i++) {
    const int row = first + i * step;
    at[i] = 0 <= row && row < s.input[1] ? row * s.input[2] : -1;
  }
}

// PATCH neighbours of each row, of the plane that begins at `plane`; zero outside.
template <int LENGTH, int PATCH, class T>
__device__ inline void gather(float (&v)[LENGTH][PATCH], const T* __restrict__ x, const int plane, const Sizes<int, 3>& s, const int slice,
                              const int (&rows)[LENGTH], const int column) {
  const bool there = 0 <= slice && slice < s.input[0];
  bool inside[PATCH];
#pragma unroll
  for (int k = 0; k < PATCH; k++) inside[k] = there && 0 <= column + k && column + k < s.input[2];
  const int first = plane + (there ? slice * s.input[1] * s.input[2] : 0);
#pragma unroll
  for (int i = 0; i < LENGTH; i++) {
    const T* const from = x + (first + (rows[i] >= 0 ? rows[i] : 0));
#pragma unroll
    for (int k = 0; k < PATCH; k++) v[i][k] = inside[k] && rows[i] >= 0 ? widened(from[column + k]) : 0.0f;
  }
}

// CHANNELS neighbours in shared memory, 16 bytes at a time where they are that many.
template <int CHANNELS>
__device__ inline void read(float (&to)[CHANNELS], const float* from) {
  constexpr int PART = CHANNELS < 4 ? CHANNELS : 4;
#pragma unroll
  for (int m = 0; m < CHANNELS; m += PART) {
    const Vector<float, PART> part = loaded<PART>(from + m);
#pragma unroll
    for (int i = 0; i < PART; i++) to[m + i] = part.at[i];
  }
}
