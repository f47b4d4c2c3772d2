// few_channels_forward: y = activation(conv(x, w) + b) of few input channels, cross-correlation, channels first.
//
//   y[n, m, o] = b[m] + sum_{c,k}  w[m, c, k] * x[n, c, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each of three axes; zero outside the input
//
// Stands in      convproof/index_maps/contraction.py, Correlated
// Shapes         x (N, C, *I)   w (M, C, *K)   b (M) or null   y (N, M, *O), C-contiguous
// Mapping        a block computes `chunk` channels of a tile of outputs, a thread CHANNELS x ROWS x QUAD of them at a time, from
//                patches and weights in shared memory: of every plane, or of `held` = 1 at a time
// Order of sum   c, then k; along the width the taps of each remainder modulo the stride, ascending; one float; the bias last
// Races          none: one thread owns an output; no atomics
// Preconditions  every array has less than 2^31 elements; dilation 1 along the width and its K and stride those of RowTaps, unless 0;
//                quads * lines <= THREADS / sides, a multiple of 32; `chunk` a multiple of sides * CHANNELS;
//                the activation is NONE or RELU: the code of another, for every output of a thread, costs registers;
//                with `wide` y begins at a multiple of QUAD elements and so does each of its rows
#include "epilogue.cuh"
#include "few_channels.cuh"

constexpr int THREADS = 256;
constexpr int ROWS = 2;  // rows of outputs of a thread

struct Plan {
  Tiling tiling;
  int sides, chunk, held, wide;
};

using Sums = float[ROWS][CHANNELS][QUAD];

// Add a row of taps of a plane: `line` is where the thread's first output meets the first of them, `next` how far its next row is.
template <class RowTaps>
__device__ inline void add_row(Sums& sum, const float* line, int next, const float* weights, int taps, int dilation, int stride, int pitch) {
  const auto add = [&](const float* of_tap, const float* const (&x)[ROWS]) {
    const Window<CHANNELS> w(of_tap);
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
      for (int m = 0; m < CHANNELS; m++)
#pragma unroll
        for (int p = 0; p < QUAD; p++) sum[r][m][p] += w.at[m] * x[r][p];
  };
  if constexpr (RowTaps::WIDTH > 0) {
    constexpr int S = RowTaps::STRIDE, MOST = (RowTaps::WIDTH + S - 1) / S;  // taps of a remainder
#pragma unroll
    for (int rest = 0; rest < S; rest++) {
      const Window<MOST + QUAD - 1> above(line + rest * pitch), below(line + next + rest * pitch);
#pragma unroll
      for (int a = 0; a < MOST; a++)
        if (S * a + rest < RowTaps::WIDTH) add(weights + (S * a + rest) * CHANNELS, {above.at + a, below.at + a});
    }
  } else {
    for (int k = 0; k < taps; k++) {
      const int step = dilation * k;
      const float* there = line + step % stride * pitch + step / stride;
      add(weights + k * CHANNELS, {there, there + next});
    }
  }
}

template <class T, class RowTaps>
__global__ void __launch_bounds__(THREADS, 2)
few_channels_forward(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Sizes<int, 3> s,
                     const Plan plan, const Epilogue epilogue) {
  extern __shared__ __align__(16) float shared[];
  const Tiling& tiling = plan.tiling;
  const int stride = RowTaps::STRIDE > 0 ? RowTaps::STRIDE : s.stride[2], pitch = tiling.pitch;
  const int planes = s.in_channels * s.kernel[0], area = s.kernel[1] * s.kernel[2];
  const int rows = s.stride[1] * (ROWS * tiling.lines - 1) + s.dilation[1] * (s.kernel[1] - 1) + 1;
  const int patch = rows * stride * pitch;
  float* const weights = shared + plan.held * patch;

  const int chunks = (s.out_channels + plan.chunk - 1) / plan.chunk;
  int block = blockIdx.x;
  const int first_channel = block % chunks * plan.chunk;
  block /= chunks;
  const int first_column = block % tiling.tiles * QUAD * tiling.quads;
  block /= tiling.tiles;
  const int first_row = block % tiling.bands * ROWS * tiling.lines;
  block /= tiling.bands;
  const int depth = block % s.output[0], n = block / s.output[0];

  const int each = THREADS / plan.sides, item = threadIdx.x % each, side = threadIdx.x / each;
  const int line = item / tiling.quads, quad = item % tiling.quads;
  const int row = first_row + ROWS * line, column = first_column + QUAD * quad;
  const bool works = line < tiling.lines && row < s.output[1] && column < s.output[2];

  for (int pass = 0; pass < plan.chunk / (plan.sides * CHANNELS); pass++) {
    const int channel = (pass * plan.sides + side) * CHANNELS;
    Sums sum;
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
      for (int m = 0; m < CHANNELS; m++)
#pragma unroll
        for (int p = 0; p < QUAD; p++) sum[r][m][p] = 0.0f;

    for (int plane = 0; plane < planes; plane++) {
      const int place = plan.held == 1 ? 0 : plane;
      if (plan.held == 1) __syncthreads();  // others may still read the last one
      if (plan.held == 1 || pass == 0) {
        const int c = plane / s.kernel[0], z = s.stride[0] * depth + s.dilation[0] * (plane % s.kernel[0]) - s.low[0];
        const bool inside = 0 <= z && z < s.input[0];
        const T* from = x + (inside ? ((n * s.in_channels + c) * s.input[0] + z) * s.input[1] * s.input[2] : 0);
        stage_patch<RowTaps::STRIDE>(shared + place * patch, from, inside, rows, stride, pitch, s.stride[1] * first_row - s.low[1],
                                           stride * first_column - s.low[2], s.input[1], s.input[2]);
        for (int i = threadIdx.x; i < plan.chunk * area; i += THREADS) {
          const int m = first_channel + i / (CHANNELS * area) * CHANNELS + i % CHANNELS, tap = i / CHANNELS % area;
          weights[place * plan.chunk * area + i] = m < s.out_channels ? widened(w[(m * planes + plane) * area + tap]) : 0.0f;
        }
        __syncthreads();
      }
      if (works)
        for (int k = 0; k < s.kernel[1]; k++) {
          const int at = s.stride[1] * ROWS * line + s.dilation[1] * k;
          add_row<RowTaps>(sum, shared + place * patch + at * stride * pitch + QUAD * quad, s.stride[1] * stride * pitch,
                        weights + (place * plan.chunk + channel) * area + k * s.kernel[2] * CHANNELS, s.kernel[2], s.dilation[2], stride, pitch);
        }
    }
    if (!works) continue;

    if (b != nullptr)
#pragma unroll
      for (int m = 0; m < CHANNELS; m++) {
        const int to = first_channel + channel + m;
        const float bias = to < s.out_channels ? widened(b[to]) : 0.0f;
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
          for (int p = 0; p < QUAD; p++) sum[r][m][p] += bias;
      }
    if (epilogue.activation == RELU)
#pragma unroll
      for (int m = 0; m < CHANNELS; m++)
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
          for (int p = 0; p < QUAD; p++) sum[r][m][p] = Epilogue{RELU, 1.0f, 1.0f}(sum[r][m][p]);
    const int positions = s.output[0] * s.output[1] * s.output[2];
    T* const first = y + (n * s.out_channels + first_channel + channel) * positions + (depth * s.output[1] + row) * s.output[2] + column;
#pragma unroll
    for (int m = 0; m < CHANNELS; m++)
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        if (first_channel + channel + m >= s.out_channels || row + r >= s.output[1]) continue;
        T* const at = first + m * positions + r * s.output[2];
        Vector<T, QUAD> made;
#pragma unroll
        for (int p = 0; p < QUAD; p++) made.at[p] = rounded<T>(sum[r][m][p]);
        if (plan.wide) {
          store(at, made);
        } else {
#pragma unroll
          for (int p = 0; p < QUAD; p++)
            if (column + p < s.output[2]) at[p] = made.at[p];
        }
      }
  }
}
