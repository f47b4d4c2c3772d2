// The first maximum of each unit of `pool` neighbouring channels; the first NaN is one.
//
// Mapping        a thread owns WIDTH neighbouring outputs
// Preconditions  with WIDTH > 1 it divides inner, and the arrays begin at multiples of 16 bytes
#pragma once
#include "vectors.cuh"

template <class Int>
struct Units {
  Int count, pool, inner;  // outputs (n, u, i), channels of a unit, positions

  // Where channel 0 of an output's unit lies; the others are `inner` apart.
  __device__ Int first(Int output) const { return output / inner * pool * inner + output % inner; }

  // Which channels of the units at `x` are their maxima, and how great they are.
  template <int WIDTH, class T>
  __device__ void maximum(const T* __restrict__ x, float (&greatest)[WIDTH], Int (&where)[WIDTH]) const {
    const auto first = loaded<WIDTH>(x);
#pragma unroll
    for (int k = 0; k < WIDTH; k++) {
      greatest[k] = widened(first.at[k]);
      where[k] = 0;
    }
#pragma unroll 4
    for (Int j = 1; j < pool; j++) {
      const auto next = loaded<WIDTH>(x + j * inner);
#pragma unroll
      for (int k = 0; k < WIDTH; k++) {
        const float v = widened(next.at[k]);
        if (v > greatest[k] || (v != v && greatest[k] == greatest[k])) {
          greatest[k] = v;
          where[k] = j;
        }
      }
    }
  }
};
