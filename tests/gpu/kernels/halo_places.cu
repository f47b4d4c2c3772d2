// halo_places: what halo.cuh says of every pixel, tap, tile and staged position.
//
// Shapes         places (PIXELS)   taps (J)   positions (tiles, S, 2)
#include "halo.cuh"

template <int PIXELS>
__global__ void halo_places(int* places, int* taps, int* positions, const Correlations<2> sizes, const Halo halo, const int tiles) {
  for (int pixel = 0; pixel < PIXELS; pixel++) places[pixel] = halo.place(pixel);
  for (int tap = 0; tap < sizes.all_taps; tap++) taps[tap] = halo.tap(tap, sizes.taps);
  for (int tile = 0; tile < tiles; tile++) {
    const Corner corner(halo, tile);
    for (int staged = 0; staged < halo.staged; staged++) {
      int* const at = positions + 2 * (tile * halo.staged + staged);
      corner(halo, staged, at[0], at[1]);
    }
  }
}
