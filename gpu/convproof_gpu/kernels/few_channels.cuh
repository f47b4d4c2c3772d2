// A convolution of few channels: the input of a tile of outputs is staged once, and every tap reads it there.
//
//   i(o, k) = stride o + dilation k - low     along depth, height and width; zero outside the input
//
// A plane is a channel at one tap along the depth: it has a patch of rows and columns, and weights of rows and columns.
// The columns of a patch's row are split by their remainder modulo the stride: so neighbouring outputs read neighbouring
// numbers, whatever the stride is.
#pragma once
#include "sizes.cuh"
#include "vectors.cuh"

constexpr int QUAD = 4;      // neighbouring outputs of a thread
constexpr int CHANNELS = 8;  // output channels of a thread

// Taps and stride along the width, as compiled; 0: told at the launch.
template <int W, int S>
struct RowTaps {
  static constexpr int WIDTH = W, STRIDE = S;
};

// How the outputs of a plane are cut into tiles of ROWS * lines rows and QUAD * quads columns.
struct Tiling {
  int quads, lines, tiles, bands;  // tiles beside and bands below each other cover the outputs
  int pitch;                       // numbers of a row's part of one remainder, a multiple of QUAD
};

// The numbers that the outputs of a quad read at the taps of one remainder: those of `there`, which may be more.
template <int LENGTH>
struct Window {
  static constexpr int QUADS = (LENGTH + QUAD - 1) / QUAD;
  float at[QUADS * QUAD];

  Window() = default;
  __device__ explicit Window(const float* there) {
#pragma unroll
    for (int v = 0; v < QUADS; v++) {
      const Vector<float, QUAD> four = loaded<QUAD>(there + v * QUAD);
#pragma unroll
      for (int j = 0; j < QUAD; j++) at[v * QUAD + j] = four.at[j];
    }
  }
};

// Write rows of a plane to shared memory: the input's row `row` + r and column `column` + j at [r][j % stride][j / stride].
// Zero outside the input; nothing of the plane is read where `inside` is false.
template <int STRIDE, class T>
__device__ inline void stage_patch(float* patch, const T* __restrict__ plane, bool inside, int rows, int told_stride, int pitch, int row,
                                   int column, int height, int width) {
  constexpr int AHEAD = 8;  // loads under way
  const int stride = STRIDE > 0 ? STRIDE : told_stride;
  const int lane = threadIdx.x % 32, columns = stride * pitch;
  for (int r = threadIdx.x / 32; r < rows; r += blockDim.x / 32) {
    const int i = row + r;
    const bool there = inside && 0 <= i && i < height;
    const T* line = plane + (there ? i * width : 0);
    for (int first = lane; first < columns; first += AHEAD * 32) {
      float v[AHEAD];
#pragma unroll
      for (int u = 0; u < AHEAD; u++) {
        const int j = first + u * 32, at = column + j;
        v[u] = there && j < columns && 0 <= at && at < width ? widened(line[at]) : 0.0f;
      }
#pragma unroll
      for (int u = 0; u < AHEAD; u++) {
        const int j = first + u * 32;
        if (j < columns) patch[(r * stride + j % stride) * pitch + j / stride] = v[u];
      }
    }
  }
}
