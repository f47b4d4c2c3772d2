// wrapping_addresses: what wrapping.cuh says of every position of a border and of every input.
//
// Shapes         origins (B)   order (I, B): a position's place among the copies that an input adds up, from 1 on; 0: none
#include "wrapping.cuh"

template <class Int, int DIMS>
__global__ void wrapping_addresses(Int* origins, Int* order, const Wrapping<Int, DIMS> wrapping) {
  const Int inputs = volume(wrapping.input), positions = volume(wrapping.bordered);
  for (Int n = 0; n < positions; n++) {
    Int p[DIMS], i[DIMS];
    unflat(n, wrapping.bordered, p);
    wrapping.origin(p, i);
    origins[n] = flat(i, wrapping.input);
  }
  for (Int n = 0; n < inputs; n++) {
    Int i[DIMS];
    unflat(n, wrapping.input, i);
    for (Int p = 0; p < positions; p++) order[n * positions + p] = 0;
    Int many = 0;
    wrapping.copies(i).each(wrapping.bordered, [&](Int at, const Int (&p)[DIMS]) {
      order[n * positions + at] = flat(p, wrapping.bordered) == at ? ++many : -1;
    });
  }
}
