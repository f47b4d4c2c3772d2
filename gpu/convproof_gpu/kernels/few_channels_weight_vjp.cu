// few_channels_weight_vjp: parts of w_bar, the gradient of <conv(x, w), y_bar> in w, of few input channels.
//
//   w_bar[m, c, k] = sum_{n,o}  y_bar[n, m, o] * x[n, c, i(o, k)] = sum_s  parts[s, m, c, k]
//   i(o, k) = stride o + dilation k - low       along each of three axes; zero outside the input
//
// Stands in      convproof/index_maps/contraction.py, Paired
// Shapes         y_bar (N, M, *O)   x (N, C, *I)   parts (splits, M, C, *K), C-contiguous
// Mapping        a warp sums CHANNELS output channels times some rows of taps of a plane in registers, a lane over quads of outputs;
//                the `sides` times `held` times `levels` warps of a block differ in channels, planes and rows, and share what is staged;
//                a split is some tiles of outputs of some images, each staged in turn
// Order of sum   a lane: n, then o, a quad in 32; then the lanes, in pairs; then sum_parts: the same in every run
// Races          none: one warp owns a weight of a part; no atomics
// Preconditions  every array has less than 2^31 elements; dilation 1 along the width and its K and stride those of RowTaps;
//                32 * sides * held * levels threads; one block for each part of each group of warps
#include "few_channels.cuh"

constexpr int THREADS = 192;

struct Plan {
  Tiling tiling;  // lines are rows
  int sides, held, levels, splits;
};

template <class T, class RowTaps>
__global__ void __launch_bounds__(THREADS, 2)
few_channels_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, float* __restrict__ parts, const Sizes<int, 3> s, const Plan plan) {
  constexpr int WIDTH = RowTaps::WIDTH, S = RowTaps::STRIDE, MOST = (WIDTH + S - 1) / S;
  constexpr int TALL = WIDTH <= 3 ? 3 : WIDTH <= 5 ? 2 : 1;           // rows of taps of a warp
  constexpr int TOGETHER = WIDTH <= 7 ? CHANNELS : CHANNELS / 2;  // channels whose cotangents a lane holds at once
  extern __shared__ __align__(16) float shared[];
  const Tiling& tiling = plan.tiling;
  const int planes = s.in_channels * s.kernel[0], area = s.kernel[1] * WIDTH, weights = s.out_channels * planes * area;
  const int pitch = tiling.pitch, outputs = tiling.lines * QUAD * tiling.quads;
  const int rows = s.stride[1] * (tiling.lines - 1) + s.dilation[1] * (plan.levels * TALL - 1) + 1, patch = rows * S * pitch;
  float* const answers = shared + plan.held * patch;

  int block = blockIdx.x;
  const int heights = (s.kernel[1] + plan.levels * TALL - 1) / (plan.levels * TALL);
  const int first_tap = block % heights * plan.levels * TALL;
  block /= heights;
  const int depths = (planes + plan.held - 1) / plan.held;
  const int first_plane = block % depths * plan.held;
  block /= depths;
  const int groups = (s.out_channels + plan.sides * CHANNELS - 1) / (plan.sides * CHANNELS);
  const int first_channel = block % groups * plan.sides * CHANNELS;
  const int split = block / groups;

  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int level = warp % plan.levels, place = warp / plan.levels % plan.held, side = warp / plan.levels / plan.held;
  const float* const mine = answers + side * CHANNELS * outputs;
  const float* const taps = shared + place * patch + s.dilation[1] * level * TALL * S * pitch;

  float sum[CHANNELS][TALL][WIDTH];
#pragma unroll
  for (int m = 0; m < CHANNELS; m++)
#pragma unroll
    for (int t = 0; t < TALL; t++)
#pragma unroll
      for (int k = 0; k < WIDTH; k++) sum[m][t][k] = 0.0f;

  const int strips = s.batch * s.output[0] * tiling.bands * tiling.tiles, each = (strips + plan.splits - 1) / plan.splits;
  const int last = (split + 1) * each < strips ? (split + 1) * each : strips;
  for (int strip = split * each; strip < last; strip++) {
    int number = strip;
    const int first_column = number % tiling.tiles * QUAD * tiling.quads;
    number /= tiling.tiles;
    const int first_row = number % tiling.bands * tiling.lines;
    number /= tiling.bands;
    const int depth = number % s.output[0], n = number / s.output[0];

    __syncthreads();  // others may still read the last strip
    for (int p = 0; p < plan.held; p++) {
      const int plane = first_plane + p, c = plane / s.kernel[0];
      const int z = s.stride[0] * depth + s.dilation[0] * (plane % s.kernel[0]) - s.low[0];
      const bool inside = plane < planes && 0 <= z && z < s.input[0];
      const T* from = x + (inside ? ((n * s.in_channels + c) * s.input[0] + z) * s.input[1] * s.input[2] : 0);
      stage_patch<S>(shared + p * patch, from, inside, rows, S, pitch, s.stride[1] * first_row + s.dilation[1] * first_tap - s.low[1],
                     S * first_column - s.low[2], s.input[1], s.input[2]);
    }
    for (int m = 0; m < plan.sides * CHANNELS; m++) {
      const bool inside = first_channel + m < s.out_channels;
      const T* from = y_bar + (inside ? ((n * s.out_channels + first_channel + m) * s.output[0] + depth) * s.output[1] * s.output[2] : 0);
      stage_patch<1>(answers + m * outputs, from, inside, tiling.lines, 1, QUAD * tiling.quads, first_row, first_column, s.output[1],
                     s.output[2]);
    }
    __syncthreads();

    for (int line = lane / tiling.quads, quad = lane % tiling.quads; line < tiling.lines && first_row + line < s.output[1];) {
      const int at = line * tiling.quads + quad, here = s.stride[1] * line, beside = QUAD * quad;
      quad += 32 % tiling.quads;  // of the next turn
      line += 32 / tiling.quads + (quad >= tiling.quads);
      quad -= quad >= tiling.quads ? tiling.quads : 0;
      const int left = s.output[2] - first_column - beside;  // outputs
      if (left <= 0) continue;
      Window<MOST + QUAD - 1> window[TALL][S];
#pragma unroll
      for (int t = 0; t < TALL; t++)
#pragma unroll
        for (int rest = 0; rest < S; rest++)
          window[t][rest] = Window<MOST + QUAD - 1>(taps + ((here + s.dilation[1] * t) * S + rest) * pitch + beside);
#pragma unroll
      for (int first = 0; first < CHANNELS; first += TOGETHER) {
        Vector<float, QUAD> answer[TOGETHER];
#pragma unroll
        for (int m = 0; m < TOGETHER; m++) answer[m] = loaded<QUAD>(mine + (first + m) * outputs + at * QUAD);
#pragma unroll
        for (int p = 0; p < QUAD; p++)
          if (p < left)  // beyond the outputs lie inputs, whose products with zero may be NaN
#pragma unroll
            for (int m = 0; m < TOGETHER; m++)
#pragma unroll
              for (int t = 0; t < TALL; t++)
#pragma unroll
                for (int k = 0; k < WIDTH; k++) sum[first + m][t][k] += answer[m].at[p] * window[t][k % S].at[p + k / S];
      }
    }
  }

#pragma unroll
  for (int m = 0; m < CHANNELS; m++)
#pragma unroll
    for (int t = 0; t < TALL; t++)
#pragma unroll
      for (int k = 0; k < WIDTH; k++) {
        float whole = sum[m][t][k];
#pragma unroll
        for (int apart = 16; apart > 0; apart /= 2) whole += __shfl_xor_sync(0xffffffffu, whole, apart);
        const int channel = first_channel + side * CHANNELS + m, plane = first_plane + place, tap = first_tap + level * TALL + t;
        if (lane == (m * TALL * WIDTH + t * WIDTH + k) % 32 && channel < s.out_channels && plane < planes && tap < s.kernel[1])
          parts[static_cast<long long>(split) * weights + (channel * planes + plane) * area + tap * WIDTH + k] = whole;
      }
}
