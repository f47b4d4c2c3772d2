// depthwise_weight_vjp: w_bar, the gradient of <conv(x, w), y_bar> in w with one input channel to each group, in parts.
//
//   w_bar[g M + m, k] = sum_{n,o}  y_bar[n, g M + m, o] * x[n, g, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each axis; zero outside the input
//
// Stands in      convproof/index_maps/depthwise.py, Tiling
// Shapes         y_bar (N, G M, *O)   x (N, G, *I)   parts (splits, G M, *K) float, C-contiguous
// Mapping        depthwise.cuh: a block goes over a run of the tiles of one output channel. A warp owns a unit of the taps,
//                TAPS along the second last axis or at most EACH, and with the other warps of the unit shares the outputs
// Order of sum   outputs in the order of the tiles, in one float per lane and tap; then the lanes in a binary tree, the
//                warps ascending and, in sum_parts, the parts: the same in every run
// Races          none: one thread owns a weight of a part; a barrier on each side of what the block stages; no atomics
// Preconditions  every array has less than 2^31 elements; with TAPS, that many taps along the second last axis, whose
//                stride and dilation are 1; with WIDTH > 1, x and y_bar begin at a multiple of WIDTH elements, and so do their rows
#include "depthwise.cuh"

constexpr int MOST_ANSWERS = 4096, WARPS = CREW / 32;  // floats

// How blocks share the tiles of a channel, and warps its taps.
struct Sharing {
  int splits, tiles, run;                 // parts; tiles of a channel; of a part
  int units, taps, sharers;               // units of a pass; taps of a unit; warps that share one
  Quotient channels, passes, groups;      // of a block's number
  Quotient unit;                          // of a warp's
};

template <class T, int TAPS, int WIDTH>
__global__ void __launch_bounds__(CREW, 3)
depthwise_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, float* __restrict__ parts, const Sizes<int, 3> sizes,
                     const Box inner, const Box outer, const Tiling tiling, const Sharing sharing) {
  constexpr int OWN = TAPS ? TAPS : EACH;
  __shared__ __align__(16) float box[MOST_BOX];
  __shared__ __align__(16) float answers[MOST_ANSWERS];
  __shared__ float held[WARPS][OWN];
  int number = blockIdx.x;
  const int m = sharing.channels.rest(number), pass = sharing.passes.rest(number), g = sharing.groups.rest(number), split = number;
  const int kernel = volume(sizes.kernel), inputs = volume(sizes.input), outputs = volume(sizes.output);
  const int channels = sizes.groups * sizes.out_channels, channel = g * sizes.out_channels + m;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int sharer = warp;
  const int unit = pass * sharing.units + sharing.unit.rest(sharer);

  // the unit's taps: how far from the first tap each lies in the box
  const int first = unit * sharing.taps, count = TAPS ? (unit < sizes.kernel[0] * sizes.kernel[2] ? TAPS : 0) : kernel - first < sharing.taps ? kernel - first : sharing.taps;
  int away[TAPS ? 1 : EACH];
  if constexpr (TAPS > 0) {
    away[0] = inner.row(0, unit / sizes.kernel[2] * sizes.dilation[0], 0) + unit % sizes.kernel[2] * sizes.dilation[2];
  } else {
#pragma unroll
    for (int a = 0; a < EACH; a++) {
      int k[3];
      unflat(a < count ? first + a : 0, sizes.kernel, k);
      away[a] = inner.row(0, k[0] * sizes.dilation[0], k[1] * sizes.dilation[1]) + k[2] * sizes.dilation[2];
    }
  }
  const bool works = count > 0 && sharer < sharing.sharers;
  const int owned = tiling.images * tiling.slices.by * tiling.rows.by * tiling.columns.by;  // patches, or outputs, of a tile

  float sum[OWN] = {};
  const int end = (split + 1) * sharing.run < sharing.tiles ? (split + 1) * sharing.run : sharing.tiles;
  for (int tile = split * sharing.run; tile < end; tile++) {
    Place place;
    int rest = tile, begin[3];
    place.tile(tiling, rest);
    place.image = rest * tiling.images;
    const int images = sizes.batch - place.image;
    sizes.window(place.first, begin);
    __syncthreads();
    const int before = staged<WIDTH>(box, x + (place.image * sizes.groups + g) * inputs, inner, sizes.input, sizes.groups * inputs, images, begin);
    const int ahead = staged<WIDTH>(answers, y_bar + (place.image * channels + channel) * outputs, outer, sizes.output, channels * outputs, images, place.first);
    __syncthreads();
    if (works)
      for (int patch = sharer * 32 + lane; patch < owned; patch += sharing.sharers * 32) {
        int n = patch;
        const int column = tiling.columns.rest(n), row = tiling.rows.rest(n) * (TAPS ? EACH : 1), slice = tiling.slices.rest(n);
        const int left = sizes.output[1] - place.first[1] - row;
        if (n >= images || place.first[0] + slice >= sizes.output[0] || left <= 0 || place.first[2] + column >= sizes.output[2]) continue;
        const float* with = answers + outer.row(n, slice, row) + column + ahead;
        const float* from = box + inner.row(n, slice * sizes.stride[0], row * sizes.stride[1]) + column * sizes.stride[2] + before;
        if constexpr (TAPS > 0) {
          float v[EACH + TAPS - 1];
#pragma unroll
          for (int i = 0; i < EACH + TAPS - 1; i++) v[i] = from[away[0] + i * inner.size[2]];
#pragma unroll
          for (int j = 0; j < EACH; j++)
            if (j < left) {
              const float cotangent = with[j * outer.size[2]];
#pragma unroll
              for (int r = 0; r < TAPS; r++) sum[r] += cotangent * v[j + r];
            }
        } else {
          const float cotangent = *with;
#pragma unroll
          for (int a = 0; a < EACH; a++)
            if (a < count) sum[a] += cotangent * from[away[a]];
        }
      }
  }

#pragma unroll
  for (int a = 0; a < OWN; a++) {
#pragma unroll
    for (int flip = 16; flip > 0; flip /= 2) sum[a] += __shfl_xor_sync(0xffffffffu, sum[a], flip);
    if (lane == 0) held[warp][a] = sum[a];
  }
  __syncthreads();
  for (int t = threadIdx.x; t < sharing.units * OWN; t += CREW) {
    const int own = t / OWN, a = t % OWN, of = pass * sharing.units + own;
    int tap = of * sharing.taps + a;
    if constexpr (TAPS > 0)
      tap = of < sizes.kernel[0] * sizes.kernel[2] ? (of / sizes.kernel[2] * TAPS + a) * sizes.kernel[2] + of % sizes.kernel[2] : kernel;
    if (tap >= kernel || a >= sharing.taps) continue;
    float total = held[own][a];
    for (int s = 1; s < sharing.sharers; s++) total += held[s * sharing.units + own][a];
    parts[static_cast<long long>(split) * channels * kernel + channel * kernel + tap] = total;
  }
}
