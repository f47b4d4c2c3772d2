// A sum of outer products: SIDE x SIDE sums of a block, from slabs of SLAB depths in shared memory.
//
//   result[r, j] = sum_d  left[d, r] * right[d, j]         left may lie turned, as left[r, d]
//
// Stands in      convproof/index_maps/outer.py
// Mapping        a thread's EACH rows are its lane's QUAD neighbours, and QUAD more of every GRID lanes; its columns are the same. A
//                warp has 4 x 8 lanes: what it reads of a slab, or writes of a row, are neighbours. While a slab is multiplied, the
//                next one is loaded; the two are staged in turn
// Order of sum   d, ascending, in one float
// Races          none: one thread owns a sum; a barrier before a slab is read, and two of them in turn; no atomics
//
// A map has   int depths, rows, columns       the extents
//             int positions                   along a row of `right` and of the result: how far apart rows lie
//             int begin(column, rows)         where a column begins in an array of so many rows
#pragma once
#include "vectors.cuh"

constexpr int GRID = 16, EACH = 8, SIDE = GRID * EACH, SLAB = 8, CREW = GRID * GRID;  // lanes of a side, lines of a thread

// Which of a block's lines the i-th of a thread's is.
template <int QUAD>
__device__ inline int line_of(int lane, int i) { return (i / QUAD * GRID + lane) * QUAD + i % QUAD; }

// The lane of a thread along the rows, and along the columns.
__device__ inline int down_of(int thread) { return thread / 64 * 4 + thread % 32 / 8; }
__device__ inline int across_of(int thread) { return thread / 32 % 2 * 8 + thread % 8; }

// What a thread stages of a slab: QUAD neighbours of the block's rows and, after these, its columns; of which depth. Of rows that lie
// turned, QUAD depths of one row.
template <int QUAD>
struct Staging {
  static constexpr int UNITS = 2 * SIDE / QUAD, STEP = CREW / UNITS, COUNT = SLAB / STEP;

  static __device__ int line(int thread) { return thread % UNITS * QUAD; }
  static __device__ int depth(int thread, int i) { return i * STEP + thread / UNITS; }
  static __device__ int turned(int thread) { return thread / UNITS * (UNITS / 2) + thread % UNITS; }
};

template <int QUAD, bool TURNED, class T, class Map, class Last>
__device__ inline void outer(const Map& map, const T* __restrict__ left, const T* __restrict__ right, T* __restrict__ result,
                             const int first_row, const int first_column, const Last& last) {
  using Own = Staging<QUAD>;
  __shared__ alignas(16) float slabs[2][SLAB][2 * SIDE];
  const int thread = threadIdx.x, line = Own::line(thread);
  const bool of_row = line < SIDE, turned = TURNED && of_row;

  const int column = first_column + line - SIDE, row = first_row + (TURNED ? Own::turned(thread) : line);
  const bool inside = of_row ? row < map.rows : column < map.columns;
  const int own = inside ? (of_row ? row : column) : 0;  // else an offset might overflow
  const int at = of_row ? (TURNED ? own * map.depths : own) : map.begin(own, map.depths);
  const int pitch = of_row ? (TURNED ? 1 : map.rows) : map.positions;
  const T* const from = of_row ? left : right;
  Vector<T, QUAD> next[Own::COUNT];
  const auto load = [&](const int start) {
#pragma unroll
    for (int i = 0; i < Own::COUNT; i++) {
      const int depth = start + (turned ? i * QUAD : Own::depth(thread, i));
      if (inside && depth < map.depths)
        next[i] = loaded<QUAD>(from + (depth * pitch + at));
      else
#pragma unroll
        for (int k = 0; k < QUAD; k++) next[i].at[k] = rounded<T>(0.0f);
    }
  };
  const auto stage = [&](float (&slab)[SLAB][2 * SIDE]) {
#pragma unroll
    for (int i = 0; i < Own::COUNT; i++) {
      Vector<float, QUAD> wide;
#pragma unroll
      for (int k = 0; k < QUAD; k++) wide.at[k] = widened(next[i].at[k]);
      if (turned)
#pragma unroll
        for (int k = 0; k < QUAD; k++) slab[i * QUAD + k][Own::turned(thread)] = wide.at[k];
      else
        store(&slab[Own::depth(thread, i)][line], wide);
    }
  };

  const int down = down_of(thread), across = across_of(thread);
  // its first sum lies in the product: else none of its sums does
  const bool works = first_row + line_of<QUAD>(down, 0) < map.rows && first_column + line_of<QUAD>(across, 0) < map.columns;
  float sum[EACH][EACH] = {};
  load(0);
  stage(slabs[0]);
  for (int start = 0, turn = 0; start < map.depths; start += SLAB, turn ^= 1) {
    __syncthreads();
    const bool more = start + SLAB < map.depths;
    if (more) load(start + SLAB);
    if (works)
#pragma unroll
      for (int d = 0; d < SLAB; d++) {
        Vector<float, QUAD> a[EACH / QUAD], b[EACH / QUAD];
#pragma unroll
        for (int i = 0; i < EACH / QUAD; i++) {
          a[i] = loaded<QUAD>(&slabs[turn][d][line_of<QUAD>(down, i * QUAD)]);
          b[i] = loaded<QUAD>(&slabs[turn][d][SIDE + line_of<QUAD>(across, i * QUAD)]);
        }
#pragma unroll
        for (int i = 0; i < EACH; i++)
#pragma unroll
          for (int j = 0; j < EACH; j++) sum[i][j] += a[i / QUAD].at[i % QUAD] * b[j / QUAD].at[j % QUAD];
      }
    if (more) stage(slabs[turn ^ 1]);
  }

#pragma unroll
  for (int j = 0; j < EACH; j += QUAD) {
    const int to = first_column + line_of<QUAD>(across, j);
    if (to >= map.columns) continue;
    T* const begin = result + map.begin(to, map.rows);
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      const int r = first_row + line_of<QUAD>(down, i);
      if (r >= map.rows) continue;
      Vector<T, QUAD> made;
#pragma unroll
      for (int k = 0; k < QUAD; k++) made.at[k] = rounded<T>(last(r, sum[i][j + k]));
      store(begin + r * map.positions, made);
    }
  }
}
