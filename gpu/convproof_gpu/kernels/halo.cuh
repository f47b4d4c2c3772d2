// A correlation of stride 1 on the tensor cores, whose taps read a source that was staged once.
//
//   result[r, q] = sum_{j,c}  left[r, j, c] * staged[s(q) + t(j), c]
//
// A tile has lines of eight pixels, `apart` positions from one to the next. Of eight units of channels a block stages every
// position that its pixels meet at any tap, `pitch` of them to a line of the source, in planes: a plane has 16 bytes of each.
// Then a tap is another place to begin, and the weights alone are copied for it.
//
//   s(q)   = ((q / 64 / across) 8 + q / 8 % 8) apart + (q / 64 % across) 8 + q % 8        the place of a pixel
//   t(j)   = first + step_0 pitch j_0 + step_1 j_1                                        how far a tap lies
//
// Stands in      convproof/index_maps/halo.py
// Mapping        a block is one warpgroup or two, and computes ROWS x PIXELS sums, a warpgroup 128 of the pixels
// Order of sum   eight units of channels, all taps of them, then the next: of each tap a slab, in the tensor cores' own
//                order; the slabs, ascending, by additions of floats
// Precision      operands are words of tf32 or of 16 bits; a sum that is not finite is computed anew in floats
// Bound          convproof_gpu/bounds.py, of a slab for each tap: its depth is J times whole slabs of channels
// Pipeline       the weights of the next two taps are on their way, and the next eight units of the source, a piece with
//                each tap but the last
// Races          none: an address of the result is written by one thread, one of shared memory by one between two barriers; no atomics
#pragma once
#include "tensor_products.cuh"

template <int R, int W>
struct HaloTile {
  static constexpr int ROWS = R, WARPGROUPS = W, THREADS = 128 * W, PIXELS = 128 * W, RESIDENT = 3 - W;
};

struct Halo {
  int staged, plane, piece;    // positions; bytes of a plane, 16 modulo 128; positions of a piece
  int apart, across;           // positions; squares of 64 pixels side by side
  int linear, lines, columns;  // what a tile's number is multiplied by: pixels of a row of all, or lines and columns of a square
  int first, below, beyond;    // where the first tap lies, and from a tap to the one below it and to the next
  int origin[2];               // of the source, at the first position of the first tile
  Quotient pitch, beside;      // beside: tiles along a line

  __device__ int place(int pixel) const {
    const int square = pixel / 64;
    return (square / across * 8 + pixel / 8 % 8) * apart + square % across * 8 + pixel % 8;
  }
  // How far a tap lies.
  __device__ int tap(int number, const Quotient (&taps)[2]) const {
    int j[2];
    unfolded(number, taps, j);
    return first + below * j[0] + beyond * j[1];
  }
};

// Where a tile begins: its first line and column, and the position of that line which is staged first.
struct Corner {
  int line, column, shift;

  __device__ Corner(const Halo& halo, int tile) {
    const int beside = halo.beside.rest(tile);
    line = beside * halo.linear;
    shift = halo.pitch.rest(line);
    line += tile * halo.lines;
    column = beside * halo.columns;
  }
  // The line and the column of a staged position.
  __device__ void operator()(const Halo& halo, int staged, int& y, int& x) const {
    int number = shift + staged;
    x = column + halo.pitch.rest(number);
    y = line + number;
  }
};

template <class Word, class Tile, class Store>
__device__ inline void contract_halo(const Correlation<2, UNIT<Word>>& map, const Halo& halo, const Word* __restrict__ left,
                                     const Word* __restrict__ right, const int tiles, const Store& store) {
  constexpr int ROWS = Tile::ROWS, THREADS = Tile::THREADS, PIXELS = Tile::PIXELS;
  constexpr int SQUARES = 2, HALF = ROWS / 2, LINE = 128, STAGES = 3;  // of a warpgroup; bytes
  constexpr int ABREAST = THREADS / UNITS, TOGETHER = 2;               // positions or rows that are copied at once
  extern __shared__ __align__(1024) unsigned char memory[];
  unsigned char* const planes_of = memory + STAGES * ROWS * LINE;  // after the weights' lines, swizzled: two of UNITS planes
  int* const places = reinterpret_cast<int*>(planes_of + 2 * UNITS * halo.plane);

  const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, g = lane / 4, t = lane % 4;
  const int down = (map.rows + ROWS - 1) / ROWS;
  int block = blockIdx.x;
  const int first_row = block % down * ROWS;
  block /= down;
  const Corner corner(halo, block % tiles);
  block /= tiles;
  const int product = block % map.products, image = block / map.products;
  const int taps = map.s.all_taps, units = map.padded / UNIT<Word>, steps = taps * ((units + UNITS - 1) / UNITS);

  for (int p = thread; p < halo.staged; p += THREADS) {
    int y, x;
    corner(halo, p, y, x);
    const int o[2] = {halo.origin[0] + y, halo.origin[1] + x};
    const bool inside = (static_cast<unsigned>(o[0]) < static_cast<unsigned>(map.s.source[0])) &
                        (static_cast<unsigned>(o[1]) < static_cast<unsigned>(map.s.source[1]));
    places[p] = inside ? ((image * map.products + product) * map.volume + o[0] * map.s.source[1] + o[1]) * map.padded : -1;
  }

  const int unit = thread % UNITS, line = thread / UNITS;
  const auto stage = [&](int channels, int first, int end) {  // some positions of eight units of channels
    const int c = UNITS * channels + unit;
    unsigned char* const to = planes_of + (channels % 2 * UNITS + unit) * halo.plane;
#pragma unroll 1
    for (int p = first + line; p < end; p += TOGETHER * ABREAST) {  // what is read together is waited for once
      int at[TOGETHER];
#pragma unroll
      for (int j = 0; j < TOGETHER; j++) at[j] = p + j * ABREAST < end ? places[p + j * ABREAST] : 0;
#pragma unroll
      for (int j = 0; j < TOGETHER; j++) {
        const bool there = (at[j] >= 0) & (c < units);
        if (p + j * ABREAST < end) cp_async<16>(to + 16 * (p + j * ABREAST), right + (there ? at[j] + c * UNIT<Word> : 0), there);
      }
    }
    __syncwarp();  // lanes leave the loop apart, and what waits for the tensor cores wants them together
  };
  int ahead = 0, ahead_tap = 0, ahead_channels = 0;  // the slab whose weights are copied next
  const auto load = [&]() {
    if (ahead < steps) {
      const int left_over = units - UNITS * ahead_channels, width = left_over < UNITS ? left_over : UNITS;
      unsigned char* const to = memory + ahead % STAGES * (ROWS * LINE);
      unsigned at = map.row(product, first_row + line) + static_cast<unsigned>((UNITS * ahead_channels * taps + ahead_tap * width + unit) * UNIT<Word>);
#pragma unroll
      for (int r = 0; r < ROWS; r += ABREAST) {
        const bool there = (unit < width) & (line + r < map.rows - first_row);
        cp_async<16>(to + 4 * swizzled(line + r, 4 * unit), left + (there ? at : 0u), there);
        at += ABREAST * map.long_row();
      }
      ahead++;
      if (++ahead_tap == taps) ahead_tap = 0, ahead_channels++;
    }
    cp_async_commit();
  };

  float sum[SQUARES][HALF];
#pragma unroll
  for (int i = 0; i < SQUARES; i++)
#pragma unroll
    for (int j = 0; j < HALF; j++) sum[i][j] = 0.0f;
  float part[HALF];  // of a slab; the same registers always, for registers are scarce
#pragma unroll
  for (int j = 0; j < HALF; j++) part[j] = 0.0f;
  const bool add = map.rows < 0;  // never, which the compiler is not to know: it would take other registers for every slab

  int places_of[SQUARES];
#pragma unroll
  for (int i = 0; i < SQUARES; i++) places_of[i] = 16 * halo.place(128 * (warp / 4) + 64 * i);
  const Planes planes{halo.plane, 16 * halo.apart};

  __syncthreads();
  stage(0, 0, halo.staged);
  load();
  load();
  cp_async_wait<1>();
  warpgroup_visible();
  int tap = 0, channels = 0, place_of_tap = halo.tap(0, map.s.taps);
#pragma unroll 1
  for (int slab = 0; slab < steps; slab++) {
    const Word* const b = reinterpret_cast<const Word*>(memory + slab % STAGES * (ROWS * LINE));
    const unsigned char* const a = planes_of + channels % 2 * (UNITS * halo.plane) + 16 * place_of_tap;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < SQUARES; i++)
      warpgroup_add(sum[i], part, reinterpret_cast<const Word*>(a + places_of[i]), planes, b, add, [&]() {
        if (i == 0) {
          const int first = tap * halo.piece, end = first + halo.piece;
          if (UNITS * (channels + 1) < units && tap < taps - 1) stage(channels + 1, first, end < halo.staged ? end : halo.staged);
          load();
        }
        if (i == SQUARES - 1) {
          if (++tap == taps) tap = 0, channels++;
          place_of_tap = halo.tap(tap, map.s.taps);
          cp_async_wait<1>();
          warpgroup_visible();
        }
      });
  }

  // The sums change hands, so that a thread stores those of one pixel, and neighbours store side by side.
  float* const sums = reinterpret_cast<float*>(memory);
  const auto place = [](int r, int c) { return r * PIXELS + (c ^ (r / 2 & 3) * 8); };
  cp_async_wait<0>();
  __syncthreads();
#pragma unroll
  for (int i = 0; i < SQUARES; i++)
#pragma unroll
    for (int k = 0; k < HALF; k++)
      sums[place(k / 4 * 8 + 2 * t + k % 2, 128 * (warp / 4) + 64 * i + 16 * (warp % 4) + g + 8 * (k % 4 / 2))] = sum[i][k];
  __syncthreads();
  int y, x;
  corner(halo, halo.place(thread), y, x);
  if (y >= map.s.positions[0].by || x >= map.s.positions[1].by) return;
  const int column = (image * map.s.positions[0].by + y) * map.s.positions[1].by + x;
#pragma unroll 1
  for (int r = 0; r < ROWS && first_row + r < map.rows; r++) {
    float v = sums[place(r, thread)];
    if (!(fabsf(v) <= 3.402823466e38f)) v = plain_sum(map, left, right, product, first_row + r, column, 0, map.depths);
    store(product, first_row + r, map.result(product, first_row + r, column), v);
  }
}
