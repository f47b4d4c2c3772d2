// Depthwise convolution: blocks stage boxes of one channel's planes in shared memory and sum over them.
//
//   axes            three; those that are missing have one position and one tap
//   block           a tile of the results of some images of one channel
//   box             the sources that the tile needs, zero outside the array, as float
//   thread          EACH results: neighbours along the second last axis where TAPS is its number of taps, so that
//                   a number from the box meets every tap of its column; where TAPS is 0, CREW results apart
//
// Stands in      convproof/index_maps/depthwise.py
// Quotients      by multiplication, quotient.cuh
#pragma once
#include "element.cuh"
#include "quotient.cuh"
#include "sizes.cuh"
#include "vectors.cuh"

constexpr int CREW = 256, EACH = 8;               // threads of a block; results of a thread
constexpr int MOST_BOX = 7168, MOST_TAPS = 1024;  // floats

struct Box {
  int images, size[3];
  Quotient vectors, height, depth;  // size[2] / WIDTH, size[1], size[0]

  __device__ int row(int image, int slice, int row) const { return ((image * size[0] + slice) * size[1] + row) * size[2]; }
};

struct Tiling {
  int images, tile[3];              // of results
  int chunk;                        // output channels of a group that a block makes, one by one
  Quotient columns, rows, slices;   // of a thread's number, or of a result's
  Quotient across, down, deep;      // tiles along the axes, the last first
  Quotient chunks, groups;          // of a block's number
};

// Which tile of which channel: `number` is the block's, or the tile's where the channel is known.
struct Place {
  int first[3], image;

  __device__ void tile(const Tiling& tiling, int& number) {
    first[2] = tiling.across.rest(number) * tiling.tile[2];
    first[1] = tiling.down.rest(number) * tiling.tile[1];
    first[0] = tiling.deep.rest(number) * tiling.tile[0];
  }
};

// Fill a box with what lies from `begin` on in the planes at `from`, `apart` from image to image. With WIDTH > 1 the
// box begins at a multiple of WIDTH; how far before `begin` is returned.
template <int WIDTH, class T>
__device__ inline int staged(float* to, const T* __restrict__ from, const Box& box, const int (&extent)[3], const int apart, const int images,
                             const int (&begin)[3]) {
  constexpr int PART = WIDTH < 4 ? WIDTH : 4, AT_ONCE = WIDTH == 1 ? 8 : 16 / WIDTH;  // loads before a store
  const int before = begin[2] & (WIDTH - 1), start = begin[2] - before;
  const int units = box.row(box.images, 0, 0) / WIDTH;
  for (int first = threadIdx.x; first < units; first += AT_ONCE * CREW) {
    Vector<T, WIDTH> held[AT_ONCE];
#pragma unroll
    for (int j = 0; j < AT_ONCE; j++) {
      int n = first + j * CREW;
      const int last = start + box.vectors.rest(n) * WIDTH, row = begin[1] + box.height.rest(n), slice = begin[0] + box.depth.rest(n);
      const bool inside = n < images && n < box.images && 0 <= slice && slice < extent[0] && 0 <= row && row < extent[1] && 0 <= last && last < extent[2];
      if (inside) {
        held[j] = loaded<WIDTH>(from + (n * apart + (slice * extent[1] + row) * extent[2] + last));
      } else {
#pragma unroll
        for (int k = 0; k < WIDTH; k++) held[j].at[k] = rounded<T>(0.0f);
      }
    }
#pragma unroll
    for (int j = 0; j < AT_ONCE; j++) {
      const int unit = first + j * CREW;
      if (unit >= units) break;
#pragma unroll
      for (int k = 0; k < WIDTH; k += PART) {
        Vector<float, PART> part;
#pragma unroll
        for (int i = 0; i < PART; i++) part.at[i] = widened(held[j].at[k + i]);
        store(to + unit * WIDTH + k, part);
      }
    }
  }
  return before;
}

// The taps of one channel, from the last to the first if they are `flipped`.
template <class T>
__device__ inline void staged_taps(float (&to)[MOST_TAPS], const T* __restrict__ from, const int taps, const bool flipped) {
  for (int k = threadIdx.x; k < taps; k += CREW) to[k] = widened(from[flipped ? taps - 1 - k : k]);
}

// Where a thread's results lie in their planes, and what of the box the first tap of each meets.
template <int TAPS>
struct Owned {
  static constexpr int KNOWN = TAPS ? 1 : EACH;
  int at[KNOWN], base[KNOWN], there;  // how many of them are there, if they are neighbours; else a bit for each
  int row_step, base_step;

  // `apart`: from image to image of the results; `step`: of the box from result to result.
  __device__ Owned(const Tiling& tiling, const Box& box, const Place& place, const int (&result)[3], const int (&step)[3], const int apart,
                   const int images, const int before)
      : there(0), row_step(result[2]), base_step(box.size[2]) {
#pragma unroll
    for (int j = 0; j < KNOWN; j++) {
      int n = threadIdx.x + j * CREW;
      const int column = tiling.columns.rest(n), row = tiling.rows.rest(n) * (TAPS ? EACH : 1), slice = tiling.slices.rest(n);
      const int o[3] = {place.first[0] + slice, place.first[1] + row, place.first[2] + column};
      const bool inside = n < tiling.images && n < images && o[0] < result[0] && o[1] < result[1] && o[2] < result[2];
      at[j] = inside ? n * apart + flat(o, result) : 0;
      base[j] = inside ? box.row(n, slice * step[0], row * step[1]) + column * step[2] + before : 0;
      if (inside) there |= TAPS ? (result[1] - o[1] < EACH ? result[1] - o[1] : EACH) : 1 << j;
    }
  }

  __device__ bool inside(int j) const { return TAPS ? j < there : (there >> j & 1) != 0; }
  __device__ int where(int j) const { return TAPS ? at[0] + j * row_step : at[j % KNOWN]; }

  // sum[j] += sum_k  taps[k] * box[base of j + dilation k]
  __device__ void correlate(float (&sum)[EACH], const float* box, const float* taps, const Box& shape, const int (&kernel)[3],
                            const int (&dilation)[3]) const {
    if (there == 0) return;
    if constexpr (TAPS > 0) {
      for (int d = 0; d < kernel[0]; d++)
        for (int k = 0; k < kernel[2]; k++) {
          const float* column = box + base[0] + shape.row(0, d * dilation[0], 0) + k * dilation[2];
          float w[TAPS], x[EACH + TAPS - 1];
#pragma unroll
          for (int r = 0; r < TAPS; r++) w[r] = taps[(d * TAPS + r) * kernel[2] + k];
#pragma unroll
          for (int i = 0; i < EACH + TAPS - 1; i++) x[i] = column[i * base_step];
#pragma unroll
          for (int r = 0; r < TAPS; r++)
#pragma unroll
            for (int j = 0; j < EACH; j++) sum[j] += w[r] * x[j + r];
        }
    } else {
      for (int d = 0; d < kernel[0]; d++)
        for (int r = 0; r < kernel[1]; r++) {
          const float* row = box + shape.row(0, d * dilation[0], r * dilation[1]);
          for (int k = 0; k < kernel[2]; k++, taps++, row += dilation[2])
#pragma unroll
            for (int j = 0; j < EACH; j++) sum[j] += *taps * row[base[j]];
        }
    }
  }
};
