// A batch of matrix products whose operands lie where a map says:
//
//   result[row, column] = sum_depth  left[row, depth] * right[depth, column]
//
// Mapping        a block computes a tile of one product, a thread THREAD_ROWS x THREAD_COLUMNS of it;
//                neighbouring threads read neighbouring depths, or neighbouring columns, as the map says
// Order of sum   depth, ascending, in one float; `splits` blocks may share the depth of a tile, each a part
// Races          none: no address is written by two threads; no atomics
//
// A map has   Int products, rows, columns, depths     the extents, from Map(sizes)
//             Row row(product, row)                   what of an address depends on the row alone,
//             Column column(product, column)          the column alone,
//             Depth depth(product, depth)             and the depth alone
//             Int left(Row, Depth), right(Column, Depth)     an element's offset, -1 for a zero
//             Int result(product, row, column)        where the sum belongs
//             LEFT_ALONG_DEPTH, RIGHT_ALONG_DEPTH     along what neighbours lie closest
#pragma once
#include "element.cuh"

template <int R, int C, int D, int TR, int TC>
struct Tile {
  static constexpr int ROWS = R, COLUMNS = C, DEPTH = D, THREAD_ROWS = TR, THREAD_COLUMNS = TC;
  static constexpr int THREADS = (R / TR) * (C / TC);
};
using Large = Tile<64, 64, 16, 4, 4>;
using Small = Tile<16, 16, 8, 2, 2>;
using Flat = Tile<4, 64, 8, 1, 4>;  // few rows: depthwise, and few channels

// How THREADS threads share LINES x DEPTH elements: each has `lines` times `depths` of them.
template <int LINES, int DEPTH, int THREADS, bool ALONG_DEPTH>
struct Share {
  static constexpr int STEP = ALONG_DEPTH ? (THREADS + DEPTH - 1) / DEPTH : THREADS;
  static constexpr int DEPTH_STEP = ALONG_DEPTH ? DEPTH : (THREADS + LINES - 1) / LINES;
  static constexpr int lines = (LINES + STEP - 1) / STEP;
  static constexpr int depths = (DEPTH + DEPTH_STEP - 1) / DEPTH_STEP;
  static_assert(ALONG_DEPTH ? THREADS % DEPTH == 0 : THREADS % LINES == 0 || LINES % THREADS == 0, "a tile is shared evenly");

  static __device__ int line(int thread, int i) { return (ALONG_DEPTH ? thread / DEPTH : thread % LINES) + i * STEP; }
  static __device__ int depth(int thread, int j) { return (ALONG_DEPTH ? thread % DEPTH : thread / LINES) + j * DEPTH_STEP; }
};

// The number, or 0 if it lies beyond the extent, where an offset might overflow.
template <class Int>
__device__ inline Int below(Int number, Int extent) { return number < extent ? number : 0; }

template <class T, int ROWS, int COLUMNS, int DEPTH, int TR, int TC, class Map, class Store>
__device__ inline void contract(Tile<ROWS, COLUMNS, DEPTH, TR, TC>, const Map& map, const T* __restrict__ left, const T* __restrict__ right,
                                int splits, const Store& store) {
  using Int = typename Map::Int;
  constexpr int THREADS = Tile<ROWS, COLUMNS, DEPTH, TR, TC>::THREADS, ACROSS = COLUMNS / TC, DOWN = ROWS / TR;
  using Left = Share<ROWS, DEPTH, THREADS, Map::LEFT_ALONG_DEPTH>;
  using Right = Share<COLUMNS, DEPTH, THREADS, Map::RIGHT_ALONG_DEPTH>;
  __shared__ float a[DEPTH][ROWS + 1];
  __shared__ float b[DEPTH][COLUMNS + 1];

  const int thread = threadIdx.x;
  const Int columns = (map.columns + COLUMNS - 1) / COLUMNS, rows = (map.rows + ROWS - 1) / ROWS;
  Int block = blockIdx.x;
  const Int first_column = block % columns * COLUMNS;
  block /= columns;
  const Int first_row = block % rows * ROWS;
  block /= rows;
  const int split = static_cast<int>(block % splits);
  const Int product = block / splits;
  const Int steps = (map.depths + DEPTH - 1) / DEPTH, each = (steps + splits - 1) / splits;
  const Int begin = split * each * DEPTH;
  const Int end = begin + each * DEPTH < map.depths ? begin + each * DEPTH : map.depths;

  typename Map::Row row[Left::lines];
  typename Map::Column column[Right::lines];
#pragma unroll
  for (int i = 0; i < Left::lines; i++) row[i] = map.row(product, below(first_row + Left::line(thread, i), map.rows));
#pragma unroll
  for (int i = 0; i < Right::lines; i++) column[i] = map.column(product, below(first_column + Right::line(thread, i), map.columns));

  // its first sum lies in the product: else none of its sums does
  const bool works = first_row + thread / ACROSS < map.rows && first_column + thread % ACROSS < map.columns;
  float sum[TR][TC];
#pragma unroll
  for (int i = 0; i < TR; i++)
#pragma unroll
    for (int j = 0; j < TC; j++) sum[i][j] = 0.0f;

  for (Int start = begin; start < end; start += DEPTH) {
#pragma unroll
    for (int j = 0; j < Left::depths; j++) {
      const int d = Left::depth(thread, j);
      const typename Map::Depth depth = map.depth(product, below(start + d, end));
#pragma unroll
      for (int i = 0; i < Left::lines; i++) {
        const int line = Left::line(thread, i);
        if (line >= ROWS || d >= DEPTH) continue;
        const Int at = first_row + line < map.rows && start + d < end ? map.left(row[i], depth) : -1;
        a[d][line] = at < 0 ? 0.0f : widened(left[at]);
      }
    }
#pragma unroll
    for (int j = 0; j < Right::depths; j++) {
      const int d = Right::depth(thread, j);
      const typename Map::Depth depth = map.depth(product, below(start + d, end));
#pragma unroll
      for (int i = 0; i < Right::lines; i++) {
        const int line = Right::line(thread, i);
        if (line >= COLUMNS || d >= DEPTH) continue;
        const Int at = first_column + line < map.columns && start + d < end ? map.right(column[i], depth) : -1;
        b[d][line] = at < 0 ? 0.0f : widened(right[at]);
      }
    }
    __syncthreads();
    if (works)
#pragma unroll
      for (int d = 0; d < DEPTH; d++) {
        float w[TR], x[TC];
#pragma unroll
        for (int i = 0; i < TR; i++) w[i] = a[d][thread / ACROSS + i * DOWN];
#pragma unroll
        for (int j = 0; j < TC; j++) x[j] = b[d][thread % ACROSS + j * ACROSS];
#pragma unroll
        for (int i = 0; i < TR; i++)
#pragma unroll
          for (int j = 0; j < TC; j++) sum[i][j] += w[i] * x[j];
      }
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < TR; i++)
#pragma unroll
    for (int j = 0; j < TC; j++) {
      const Int r = first_row + thread / ACROSS + i * DOWN, c = first_column + thread % ACROSS + j * ACROSS;
      if (r < map.rows && c < map.columns) store(product, r, map.result(product, r, c), split, sum[i][j]);
    }
}
