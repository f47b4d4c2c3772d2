// number / by of 0 <= number < 2^30, by a product and a shift.
//
// Stands in      convproof/index_maps/depthwise.py, quotient
#pragma once

struct Quotient {
  int by, factor, shift;

  __device__ int of(int number) const {
    return static_cast<int>(static_cast<unsigned long long>(static_cast<unsigned>(number)) * static_cast<unsigned>(factor) >> shift);
  }
  // The remainder; the number becomes the quotient.
  __device__ int rest(int& number) const {
    const int all = number;
    number = of(all);
    return all - number * by;
  }
};
