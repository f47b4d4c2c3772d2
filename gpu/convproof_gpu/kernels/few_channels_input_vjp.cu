// few_channels_input_vjp: x_bar, the gradient of <conv(x, w), y_bar> in x, of few input channels.
//
//   x_bar[n, c, i] = sum_{m,k}  w[m, c, k] * y_bar[n, m, o(i, k)]
//   o(i, k) = (i + low - dilation k) / stride     along each of three axes, if it is whole; zero outside the output
//
// Stands in      convproof/index_maps/few_channels_input.py, FewSpread
// Shapes         y_bar (N, M, *O)   w (M, C, *K)   x_bar (N, C, *I), C-contiguous
// Mapping        a block computes a tile of inputs of one phase of the stride along the height, a thread IN channels x ROWS rows
//                x QUAD * STRIDE columns of it, from `slab` output channels at a time: their cotangents and weights are copied to
//                shared memory while the last ones are multiplied
// Order of sum   k along the depth, then m, then k along the height, then the width, ascending; one float
// Races          none: one block writes an input; no atomics
// Preconditions  every array has less than 2^31 elements; low >= 0; dilation 1 along the width and its K and stride those of RowTaps;
//                strides along depth and height of at most 16; C <= IN; quads * lines <= blockDim.x <= THREADS;
//                with `wide` y_bar begins at a multiple of QUAD elements and so does each of its rows
#include "few_channels.cuh"
#include "prims.cuh"

template <class RowTaps>
constexpr int THREADS = RowTaps::WIDTH > 7 ? 288 : 256;  // whose registers hold the sums

struct Plan {
  int quads, lines, tiles, bands;  // a tile has lines of ROWS rows and quads of QUAD * STRIDE columns
  int slab, wide;
};

// The taps that an input meets along an axis, by its phase, the remainder of i + low modulo the stride: first, first + every, ...
// At the b-th it meets the output that lies  start + hop b  before the quotient.
struct Met {
  int first, every, count, start, hop;

  __device__ Met(int phase, int taps, int stride, int dilation) : first(0), every(1) {
    const int step = dilation % stride;
    while (step * every % stride != 0) every++;
    while (first < every && step * first % stride != phase) first++;
    count = first < every && first < taps ? (taps - first - 1) / every + 1 : 0;
    start = count > 0 ? (dilation * first - phase) / stride : 0;
    hop = count > 1 ? dilation * every / stride : 0;
  }
};

// Copy `rows` rows of the planes of a slab, of `columns` columns each, to shared memory, VECTOR at a time: zero outside the output.
template <int VECTOR, class T>
__device__ inline void stage_planes(T* to, const T* __restrict__ from, int planes, int apart, bool there, int rows, int columns, int row,
                                    int column, int height, int width) {
  const int across = columns / VECTOR, down = blockDim.x / across, beside = blockDim.x % across;
  int r = threadIdx.x / across, j = threadIdx.x % across;
  while (r < rows) {
    const int o = row + r, at = column + VECTOR * j;
    const bool inside = there && 0 <= o && o < height && 0 <= at && at < width;
    const T* source = from + (inside ? o * width + at : 0);
    T* place = to + r * columns + VECTOR * j;
#pragma unroll 2  // more would cost the sums registers
    for (int p = 0; p < planes; p++) {
      if constexpr (VECTOR * sizeof(T) >= 4)
        cp_async<VECTOR * sizeof(T)>(place, source, inside);
      else
        *place = inside ? *source : rounded<T>(0.0f);
      place += rows * columns;
      source += inside ? apart : 0;
    }
    r += down;
    j += beside;
    if (j >= across) {
      j -= across;
      r++;
    }
  }
}

template <int IN, int ROWS, int S>
using Sums = float[IN][ROWS][QUAD][S];

// The cotangents of a row that a thread's quad meets.
template <class T, int LENGTH>
struct Cotangents {
  static constexpr int QUADS = (LENGTH + QUAD - 1) / QUAD;
  float at[QUADS * QUAD];

  __device__ explicit Cotangents(const T* there) {
#pragma unroll
    for (int v = 0; v < QUADS; v++) {
      const Vector<T, QUAD> four = loaded<QUAD>(there + v * QUAD);
#pragma unroll
      for (int j = 0; j < QUAD; j++) at[v * QUAD + j] = widened(four.at[j]);
    }
  }
};

// Add what a row of cotangents gives a row of inputs through a row of taps.
template <int WIDTH, int S, int IN, int ROWS, class Weights, class Row>
__device__ inline void add_row(Sums<IN, ROWS, S>& sum, int r, const Weights& w, const Row& y) {
#pragma unroll
  for (int k = 0; k < WIDTH; k++)
#pragma unroll
    for (int c = 0; c < IN; c++)
#pragma unroll
      for (int j = 0; j < QUAD; j++) sum[c][r][j][k % S] += w.at[k * IN + c] * y.at[(WIDTH - 1) / S - k / S + j];
}

template <class T, class RowTaps, int IN>
__global__ void __launch_bounds__(THREADS<RowTaps>, 2)
few_channels_input_vjp(const T* __restrict__ y_bar, const T* __restrict__ w, T* __restrict__ x_bar, const Sizes<int, 3> s, const Plan plan) {
  constexpr int WIDTH = RowTaps::WIDTH, S = RowTaps::STRIDE, REACH = (WIDTH - 1) / S, WINDOW = QUAD + REACH;
  constexpr int ROWS = WIDTH == 5 ? 2 : QUAD / S;                     // whose sums the registers hold beside a row of weights
  constexpr int LINE = (WIDTH * IN + QUAD - 1) / QUAD * QUAD;         // numbers of a row of weights
  constexpr int BESIDE = (REACH + QUAD - 1) / QUAD * QUAD;            // columns beyond those of the quads
  constexpr bool IS_SQUARE = S == 1 && WIDTH == 3 && IN <= 3;         // three rows of taps are held at once
  extern __shared__ __align__(16) float shared[];

  int block = blockIdx.x;
  const int phase = block % s.stride[1];
  block /= s.stride[1];
  const int first_column = (s.low[2] / S - REACH + QUAD) / QUAD * QUAD - QUAD + block % plan.tiles * QUAD * plan.quads;  // of outputs
  block /= plan.tiles;
  const int first_row = s.low[1] / s.stride[1] + block % plan.bands * ROWS * plan.lines;  // of quotients
  block /= plan.bands;
  const int depth = block % s.input[0], n = block / s.input[0];

  const Met far((depth + s.low[0]) % s.stride[0], s.kernel[0], s.stride[0], s.dilation[0]);
  const Met down(phase, s.kernel[1], s.stride[1], s.dilation[1]);
  const int slabs = (s.out_channels + plan.slab - 1) / plan.slab, turns = far.count * slabs;

  const int above = s.dilation[1] * (s.kernel[1] - 1) / s.stride[1], rows = ROWS * plan.lines + above;
  const int columns = QUAD * plan.quads + BESIDE, patch = rows * columns, area = down.count * LINE;
  float* const weights = shared;
  T* const cotangents = reinterpret_cast<T*>(shared + 2 * plan.slab * area);
  const int outputs = s.output[0] * s.output[1] * s.output[2], taps = s.kernel[0] * s.kernel[1] * WIDTH;

  const auto stage = [&](int turn) {
    const int b = turn / slabs, m = turn % slabs * plan.slab, half = turn % 2 * plan.slab;
    const int planes = min(plan.slab, s.out_channels - m);
    const int z = (depth + s.low[0]) / s.stride[0] - far.start - far.hop * b;
    const bool there = 0 <= z && z < s.output[0];
    const T* from = y_bar + (n * s.out_channels + m) * outputs + (there ? z * s.output[1] * s.output[2] : 0);
    T* const to = cotangents + half * patch;
    if (plan.wide)
      stage_planes<QUAD>(to, from, planes, outputs, there, rows, columns, first_row - above, first_column, s.output[1], s.output[2]);
    else
      stage_planes<1>(to, from, planes, outputs, there, rows, columns, first_row - above, first_column, s.output[1], s.output[2]);
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
      const int row = down.first + down.every * (i / LINE), k = i % LINE / IN, c = i % LINE % IN;
      const bool is_there = k < WIDTH && c < s.in_channels;
      const int tap = ((far.first + far.every * b) * s.kernel[1] + row) * WIDTH + k;
      const T* source = w + (is_there ? (m * s.in_channels + c) * taps + tap : 0);
#pragma unroll 2
      for (int p = 0; p < planes; p++) {
        float* const place = weights + (half + p) * area + i;
        if constexpr (sizeof(T) == sizeof(float))
          cp_async<4>(place, source, is_there);
        else
          *place = is_there ? widened(*source) : 0.0f;
        source += is_there ? s.in_channels * taps : 0;
      }
    }
    cp_async_commit();
  };

  const int line = threadIdx.x / plan.quads, quad = threadIdx.x % plan.quads;
  const bool works = line < plan.lines;
  const int mine = (ROWS * line + above) * columns + QUAD * quad;
  Sums<IN, ROWS, S> sum;
#pragma unroll
  for (int c = 0; c < IN; c++)
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
      for (int j = 0; j < QUAD; j++)
#pragma unroll
        for (int k = 0; k < S; k++) sum[c][r][j][k] = 0.0f;

  if (turns > 0) stage(0);
  for (int turn = 0; turn < turns; turn++) {
    cp_async_wait<0>();
    __syncthreads();
    if (turn + 1 < turns) stage(turn + 1);
    if (!works) continue;
    const int half = turn % 2 * plan.slab, planes = min(plan.slab, s.out_channels - turn % slabs * plan.slab);
    const float* row = weights + half * area;
    const T* at = cotangents + half * patch + mine - down.start * columns;
    for (int p = 0; p < planes; p++) {
      if (IS_SQUARE && down.count == 3 && down.hop == 1) {
        const Window<LINE> of_taps[3] = {Window<LINE>(row), Window<LINE>(row + LINE), Window<LINE>(row + 2 * LINE)};
#pragma unroll
        for (int i = ROWS - 1; i >= -2; i--) {
          const Cotangents<T, WINDOW> y(at + i * columns);
#pragma unroll
          for (int b = 0; b < 3; b++)
            if (0 <= i + b && i + b < ROWS) add_row<WIDTH, S, IN, ROWS>(sum, i + b, of_taps[b], y);
        }
      } else {
        for (int b = 0; b < down.count; b++) {
          const Window<LINE> of_taps(row + b * LINE);
#pragma unroll
          for (int r = 0; r < ROWS; r++) {
            const Cotangents<T, WINDOW> y(at + (r - b * down.hop) * columns);
            add_row<WIDTH, S, IN, ROWS>(sum, r, of_taps, y);
          }
        }
      }
      row += area;
      at += patch;
    }
  }

  const int across = S * QUAD * plan.quads, left = S * (first_column + REACH) - s.low[2];
#pragma unroll
  for (int c = 0; c < IN; c++) {
    __syncthreads();  // others may still read what lies there
    if (works)
#pragma unroll
      for (int r = 0; r < ROWS; r++)
#pragma unroll
        for (int j = 0; j < QUAD; j++)
#pragma unroll
          for (int k = 0; k < S; k++) shared[(ROWS * line + r) * across + S * (QUAD * quad + j) + k] = sum[c][r][j][k];
    __syncthreads();
    if (c >= s.in_channels) continue;
    for (int r = threadIdx.x / 32; r < ROWS * plan.lines; r += blockDim.x / 32) {
      const int i = s.stride[1] * (first_row + r) + phase - s.low[1];
      if (i < 0 || i >= s.input[1]) continue;
      T* const to = x_bar + (((n * s.in_channels + c) * s.input[0] + depth) * s.input[1] + i) * s.input[2];
      for (int j = threadIdx.x % 32; j < across; j += 32)
        if (0 <= left + j && left + j < s.input[2]) to[left + j] = rounded<T>(shared[r * across + j]);
    }
  }
}
