// A periodic border, and its adjoint: of which entry each is a copy, and where its copies lie.
//
//   position p is a copy of   i = (p - low) mod I       0 <= p < B = low + I + high
//   entry i has its copies at   p = (i + low) mod I, then every I-th below B
//
// along each axis; low and high may exceed I.
//
// Stands in      convproof/index_maps/wrapping.py
#pragma once
#include "windows.cuh"

template <class Integer, int AXES>
struct Wrapping {
  using Int = Integer;
  static constexpr int DIMS = AXES;

  Int planes;  // N C
  Int input[DIMS], bordered[DIMS], low[DIMS];

  // The input that position p of the border is a copy of.
  __device__ void origin(const Int (&p)[DIMS], Int (&i)[DIMS]) const {
#pragma unroll
    for (int d = 0; d < DIMS; d++) {
      const Int left = (p[d] - low[d]) % input[d];  // of the dividend's sign
      i[d] = left < 0 ? left + input[d] : left;
    }
  }

  // The positions that are copies of input i.
  __device__ Box<Int, DIMS> copies(const Int (&i)[DIMS]) const {
    Box<Int, DIMS> box;
#pragma unroll
    for (int d = 0; d < DIMS; d++) {
      box.begin[d] = (i[d] + low[d]) % input[d];
      box.end[d] = bordered[d];
      box.step[d] = input[d];
    }
    return box;
  }
};
