// unfolding_addresses: what a map of unfolding.cuh says of every place and tap.
//
// Shapes         source (P, K)   result (P, K)
#include "unfolding.cuh"

template <template <class, int> class Map, class Int, int DIMS>
__global__ void unfolding_addresses(Int* extents, Int* source, Int* result, const Sizes<Int, DIMS> sizes) {
  const Map<Int, DIMS> map(sizes);
  extents[0] = map.count;
  extents[1] = map.taps;
  if (source == nullptr) return;
  for (Int p = 0; p < map.count; p++) {
    const auto place = map.place(p);
    Int k[DIMS] = {};
    for (Int tap = 0; tap < map.taps; tap++) {
      source[p * map.taps + tap] = map.source(place, k, tap);
      result[p * map.taps + tap] = map.result(place, tap);
      advance(k, sizes.kernel);
    }
  }
}
