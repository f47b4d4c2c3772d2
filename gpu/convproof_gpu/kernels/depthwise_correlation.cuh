// y = activation(correlation of each plane with its channel's taps + b), a thread a strip: depthwise_strips.cuh.
//
//   y[n, c, p, q] = b[c] + sum_{r,s}  w[c, r, s] * x[n, c, p + r - HALO, q + s - HALO]      zero outside x
//
// Order of sum   r, then s, ascending in the taps as they are used, in one float; the bias last
// Races          none: one thread owns an output; nothing is shared
#pragma once
#include "depthwise_strips.cuh"
#include "epilogue.cuh"

constexpr int THREADS = 128;

template <bool FLIPPED, int SIDE, int WIDTH, class T>
__device__ inline void correlated(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y,
                                  const Strips& strips, const Epilogue& epilogue) {
  constexpr int EACH = ROWS<SIDE, WIDTH>, HALO = SIDE / 2, TAPS = SIDE * SIDE;
  int number = blockIdx.x * THREADS + threadIdx.x;
  const int column = strips.across.rest(number) * WIDTH, row = strips.down.rest(number) * EACH;
  const bool inside = number < strips.batch * strips.channels.by;
  const int plane = inside ? number : 0, begin = plane * (strips.rows * strips.columns);
  int image = plane;
  const int channel = strips.channels.rest(image);

  Patch<T, SIDE, WIDTH> patch;
  patch.load(x + begin, strips, row, column, inside);
  float taps[TAPS];
#pragma unroll
  for (int k = 0; k < TAPS; k++) taps[k] = widened(w[channel * TAPS + (FLIPPED ? TAPS - 1 - k : k)]);
  const float bias = b == nullptr ? -0.0f : widened(b[channel]);  // v + -0 is v, also of 0 and -0
  const int end = inside ? strips.rows - row : 0;
  T* to = y + (begin + row * strips.columns + column);

  float sum[SIDE][WIDTH];  // of the outputs that a row of the patch meets
#pragma unroll
  for (int i = 0; i < EACH + 2 * HALO; i++) {
    float v[WIDTH + 2 * HALO];
    patch.row(i, v);
#pragma unroll
    for (int r = 0; r < SIDE; r++) {
      const int j = i - r;
      if (j < 0 || j >= EACH) continue;
#pragma unroll
      for (int c = 0; c < WIDTH; c++) {
        if (r == 0) sum[j % SIDE][c] = 0.0f;
#pragma unroll
        for (int s = 0; s < SIDE; s++) sum[j % SIDE][c] += taps[r * SIDE + s] * v[c + s];
      }
    }
    const int j = i - 2 * HALO;
    if (j < 0 || j >= end) continue;
    float (&whole)[WIDTH] = sum[j % SIDE];
#pragma unroll
    for (int c = 0; c < WIDTH; c++) whole[c] += bias;
    if (epilogue.activation != NONE) {
#pragma unroll
      for (int c = 0; c < WIDTH; c++) whole[c] = epilogue(whole[c]);
    }
    Vector<T, WIDTH> made;
#pragma unroll
    for (int c = 0; c < WIDTH; c++) made.at[c] = rounded<T>(whole[c]);
    store(to + j * strips.columns, made);
  }
}
