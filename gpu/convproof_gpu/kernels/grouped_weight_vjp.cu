// grouped_weight_vjp: parts of w_bar, the gradient of <conv(x, w), y_bar> in w, of few channels to each group.
//
//   w_bar[g M + m, c, k] = sum_{n,o}  y_bar[n, g M + m, o] * x[n, g C + c, i(o, k)] = sum_s  parts[s, g M + m, c, k]
//   i(o, k) = stride o + dilation k - low       along each of three axes; zero outside the input
//
// Stands in      convproof/index_maps/contraction.py, Paired
// Shapes         y_bar (N, G M, *O)   x (N, G C, *I)   parts (splits, G M, C, *K) float, C-contiguous
// Mapping        grouped.cuh: a warp sums the products of UNITS patches with all output channels of a group, over every
//                `sharers`-th 32 strips of its part; the warps of a block share these, or own other patches
// Order of sum   a lane: its strips, in order; then the lanes, in pairs, the sharers ascending and, in sum_parts, the parts
// Races          none: one thread owns a weight of a part; a barrier on each side of what the warps hold; no atomics
// Preconditions  every array has less than 2^31 elements; M <= CHANNELS; with PATCH > 1 multiples of PATCH taps along the last
//                two axes, which are not dilated, and stride 1 along the former; 32 * beside * sharers threads, at most CREW
#include "grouped.cuh"

constexpr int STRIP = 4;  // outputs below each other
constexpr int WARPS = CREW / 32;

// How blocks share the strips, and warps the patches.
struct Sharing {
  int splits, run;     // parts of the sum; of 32 strips, in a part
  int chunks, beside;  // blocks that share the patches of a group; warps of one that own different ones
  int sharers;         // warps that own the same
};

// A patch: where its plane begins in an image, and how far from a window's first input those of its first tap are.
struct Patch {
  int plane, slice, row, column;
};

template <class T, int CHANNELS, int PATCH>
__global__ void __launch_bounds__(CREW, 3)
grouped_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, float* __restrict__ parts, const Sizes<int, 3> s,
                   const Strips strips, const Sharing sharing) {
  constexpr int MOST = (PATCH > 1 ? 8 : 56) / CHANNELS, LIMIT = PATCH > 1 ? 3 : 12, UNITS = MOST < LIMIT ? MOST : LIMIT;
  constexpr int TAPS = PATCH * PATCH, OWN = UNITS * TAPS * CHANNELS;
  __shared__ Patch patches[WARPS * UNITS];
  __shared__ float held[WARPS][OWN];
  int block = blockIdx.x;
  const int chunk = block % sharing.chunks;
  block /= sharing.chunks;
  const int g = block % s.groups, split = block / s.groups;
  const int inputs = volume(s.input), outputs = volume(s.output), area = volume(s.kernel), levels = s.kernel[1] / PATCH, beside = s.kernel[2] / PATCH;
  const int of_channel = s.kernel[0] * levels * beside, all = s.in_channels * of_channel;  // patches

  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, side = warp % sharing.beside, sharer = warp / sharing.beside;
  const int owned = sharing.beside * UNITS, first = chunk * owned;
  for (int u = threadIdx.x; u < owned; u += blockDim.x) {
    const int unit = first + u < all ? first + u : all - 1, c = unit / of_channel, sizes[3] = {s.kernel[0], levels, beside};
    int at[3];
    unflat(unit % of_channel, sizes, at);
    patches[u] = {c * inputs, at[0] * s.dilation[0], at[1] * PATCH * s.dilation[1], at[2] * PATCH * s.dilation[2]};
  }
  __syncthreads();

  const int stride = PATCH > 1 ? 1 : s.stride[1];
  float sum[UNITS][TAPS][CHANNELS] = {};
  const int rounds = (strips.count + 31) / 32, end = (split + 1) * sharing.run < rounds ? (split + 1) * sharing.run : rounds;
  for (int round = split * sharing.run + sharer; round < end; round += sharing.sharers) {
    const int number = round * 32 + lane;
    const Strip<STRIP> strip(strips, number < strips.count ? number : 0);
    const int o[3] = {strip.slice, strip.row, strip.column}, left = number < strips.count ? s.output[1] - strip.row : 0;
    int start[3], rows[STRIP + PATCH - 1];
    s.window(o, start);
    rows_of(rows, s, start[1], stride);

    float answer[STRIP][CHANNELS];
    const int from = (strip.image * s.groups + g) * s.out_channels * outputs + flat(o, s.output);
#pragma unroll
    for (int j = 0; j < STRIP; j++)
#pragma unroll
      for (int m = 0; m < CHANNELS; m++)
        answer[j][m] = j < left && m < s.out_channels ? widened(y_bar[from + m * outputs + j * s.output[2]]) : 0.0f;

    const int image = (strip.image * s.groups + g) * s.in_channels * inputs;
    const auto add = [&](const auto there) {  // beyond the outputs lie inputs, whose products with zero may be NaN
#pragma unroll
      for (int u = 0; u < UNITS; u++) {
        const Patch& patch = patches[side * UNITS + u];
        if (levels > 1) rows_of(rows, s, start[1] + patch.row, stride);
        float v[STRIP + PATCH - 1][PATCH];
        gather(v, x, image + patch.plane, s, start[0] + patch.slice, rows, start[2] + patch.column);
#pragma unroll
        for (int j = 0; j < STRIP; j++)
          if (there(j))
#pragma unroll
            for (int t = 0; t < TAPS; t++)
#pragma unroll
              for (int m = 0; m < CHANNELS; m++) sum[u][t][m] += answer[j][m] * v[j + t / PATCH][t % PATCH];
      }
    };
    const bool whole = __all_sync(0xffffffffu, left >= STRIP || left <= 0);  // so that a warp goes one way
    if (left > 0) {
      if (whole)
        add([](int) { return true; });
      else
        add([&](int j) { return j < left; });
    }
  }

#pragma unroll
  for (int u = 0; u < UNITS; u++)
#pragma unroll
    for (int t = 0; t < TAPS; t++)
#pragma unroll
      for (int m = 0; m < CHANNELS; m++) {
        float whole = sum[u][t][m];
#pragma unroll
        for (int flip = 16; flip > 0; flip /= 2) whole += __shfl_xor_sync(0xffffffffu, whole, flip);
        if (lane == 0) held[warp][(u * TAPS + t) * CHANNELS + m] = whole;
      }
  __syncthreads();
  for (int i = threadIdx.x; i < sharing.beside * OWN; i += blockDim.x) {
    const int of = i / OWN, a = i % OWN, m = a % CHANNELS, t = a / CHANNELS % TAPS, unit = first + of * UNITS + a / CHANNELS / TAPS;
    if (unit >= all || m >= s.out_channels) continue;
    float total = held[of][a];
    for (int other = 1; other < sharing.sharers; other++) total += held[other * sharing.beside + of][a];
    const int c = unit / of_channel, at = unit % of_channel, row = at / beside % levels * PATCH + t / PATCH;
    const int tap = (at / beside / levels * s.kernel[1] + row) * s.kernel[2] + at % beside * PATCH + t % PATCH;
    parts[((static_cast<long long>(split) * s.groups + g) * s.out_channels + m) * s.in_channels * area + c * area + tap] = total;
  }
}
