// The first maximum of each unit of `pool` neighbouring channels; the first NaN is one.
#pragma once
#include "element.cuh"

template <class Int>
struct Units {
  Int count, pool, inner;  // outputs (n, u, i), channels of a unit, positions

  // Where channel 0 of an output's unit lies; the others are `inner` apart.
  __device__ Int first(Int output) const { return output / inner * pool * inner + output % inner; }

  // Which channel of the unit at `x` is its maximum, and how great it is.
  template <class T>
  __device__ Int maximum(const T* x, float& greatest) const {
    Int where = 0;
    greatest = widened(x[0]);
    for (Int j = 1; j < pool; j++) {
      const float v = widened(x[j * inner]);
      if (v > greatest || (v != v && greatest == greatest)) {
        greatest = v;
        where = j;
      }
    }
    return where;
  }
};
