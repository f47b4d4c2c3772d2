// A batch of matrix products on the tensor cores, as accurate as sums of floats:
//
//   result[row, column] = sum_depth  left[row, depth] * right[depth, column]
//
// where the right operand is seen through windows: it is 0, or source[n, c, position], with a spot (n, o) along one
// side and a tap k of a channel c along the other. Eight channels of one tap are a chunk: side by side along their side.
//
// Mapping        a block is a warpgroup and computes ROWS x COLUMNS sums, 32 depths at a time; the next are on
//                their way meanwhile
// Order of sum   a slab of 32 depths in the tensor cores' own order; the slabs, ascending, by additions of floats;
//                `splits` blocks may share the depth of a tile, each a part
// Precision      FLOAT32: a float is the sum of two words of tf32, high and low, and a product of floats that of three:
//                low high + high low + high high. TF32: one product of words rounded to nearest.
//                Elements of 16 bits are words of tf32 as they are, and want one product.
//                A sum that is not finite is computed anew in floats, so that Inf and NaN are those of floats
// Bound          convproof_gpu/bounds.py
// Races          none: no address is written by two threads; no atomics
//
// A map has   int products, rows, columns, depths     the extents; depths or columns are whole chunks
//             ACROSS                                  whether spots are columns, and chunks depths; else the other way
//             Spot spot(product, number)              {offset, start[]}; and where they are depths, `left`
//             Chunk chunk(product, number)            {offset, step[], channels}: of channels that are there
//             meets(spot, chunk), apart               whether the source has it; elements between neighbouring channels
//             unsigned row(product, row), long_row()  left[row, depth] lies at row + depth, or at row + spot.left; modulo 2^32
//             fours()                                 whether four depths from a multiple of four on lie side by side
//             int result(product, row, column)        where the sum belongs
#pragma once
#include "element.cuh"
#include "warpgroup.cuh"

enum Precision { FLOAT32, TF32 };

template <int R, int C, Precision P>
struct TensorTile {
  static constexpr int ROWS = R, COLUMNS = C, DEPTH = 32, THREADS = 128, RESIDENT = R * C > 8192 ? 2 : R * C > 4096 ? 3 : 4;
  static constexpr Precision PRECISION = P;
};

constexpr int CHUNK = 8, NOWHERE = -2147483647 - 1;  // a start or step from which no window reaches the source

template <int DIMS>
struct Spot {
  unsigned offset;  // modulo 2^32, as that of a chunk: their sum is right where they meet
  int start[DIMS], left;
};
template <int DIMS>
struct Chunk {
  unsigned offset;
  int step[DIMS], channels;
};

// The row-major number of any position, modulo 2^32.
template <int DIMS>
__device__ inline unsigned modular(const int (&position)[DIMS], const int (&sizes)[DIMS]) {
  unsigned number = 0;
#pragma unroll
  for (int d = 0; d < DIMS; d++) number = number * static_cast<unsigned>(sizes[d]) + static_cast<unsigned>(position[d]);
  return number;
}

// Whether start + step lies in the source.
template <int DIMS>
__device__ inline bool within(const Spot<DIMS>& spot, const Chunk<DIMS>& chunk, const int (&sizes)[DIMS]) {
  bool inside = true;
#pragma unroll
  for (int d = 0; d < DIMS; d++)
    inside &= static_cast<unsigned>(spot.start[d]) + static_cast<unsigned>(chunk.step[d]) < static_cast<unsigned>(sizes[d]);
  return inside;
}

// The low word of a float: what its high word, which is its bits as they are, leaves; rounded to nearest.
__device__ inline unsigned low_word(float v) {
  return __float_as_uint(v - __uint_as_float(__float_as_uint(v) & 0xffffe000u)) + 0x1000u;
}

// Copies an element to shared memory, or four that lie side by side, or zeros.
__device__ inline void copied(float* to, const float* from, unsigned at, bool there) { cp_async<4>(to, from + at, there); }
template <class T>
__device__ inline void copied(float* to, const T* from, unsigned at, bool there) { *to = there ? widened(from[at]) : 0.0f; }
__device__ inline void copied_four(float* to, const float* from, unsigned at, bool there) { cp_async<16>(to, from + at, there); }
template <class T>
__device__ inline void copied_four(float*, const T*, unsigned, bool) {}

__device__ inline int below(int number, int extent) { return number < extent ? number : 0; }

// A sum as floats give it, where the words of tf32 overflow, or meet Inf or NaN.
template <class T, class Map>
__device__ inline float plain_sum(const Map& map, const T* __restrict__ left, const T* __restrict__ right, int product, int r, int c, int begin,
                                  int end) {
  const unsigned row = map.row(product, r);
  float sum = 0.0f;
#pragma unroll 1
  for (int d = begin; d < end; d++) {
    const int channel = (Map::ACROSS ? d : c) % CHUNK;
    const auto spot = map.spot(product, Map::ACROSS ? c : d);
    const auto chunk = map.chunk(product, (Map::ACROSS ? d : c) - channel);
    if (channel >= chunk.channels) continue;
    const float x = map.meets(spot, chunk) ? widened(right[spot.offset + chunk.offset + channel * map.apart]) : 0.0f;
    sum += widened(left[row + static_cast<unsigned>(Map::ACROSS ? d : spot.left)]) * x;
  }
  return sum;
}

template <class T, class Tile, class Map, class Store>
__device__ inline void contract_on_tensor_cores(const Map& map, const T* __restrict__ left, const T* __restrict__ right, int splits,
                                                const Store& store) {
  using Spots = typename Map::Spots;
  using Chunks = typename Map::Chunks;
  constexpr int ROWS = Tile::ROWS, COLUMNS = Tile::COLUMNS, DEPTH = Tile::DEPTH, THREADS = Tile::THREADS;
  constexpr int GROUPS = COLUMNS / 64, STEPS = DEPTH / 8, HALF = ROWS / 2, EACH = THREADS / COLUMNS;
  constexpr bool ACROSS = Map::ACROSS, WIDE = sizeof(T) == 4, SPLIT = WIDE && Tile::PRECISION == FLOAT32;
  extern __shared__ __align__(1024) unsigned char memory[];
  float* const rows_of = reinterpret_cast<float*>(memory);             // 2 x ROWS x DEPTH, swizzled
  float* const low = rows_of + 2 * ROWS * DEPTH;                  // ROWS x DEPTH, swizzled
  float* const columns_of = low + (SPLIT ? ROWS * DEPTH : 0);          // 2 x COLUMNS x DEPTH
  __shared__ Chunks chunks[ACROSS ? 2 * DEPTH / CHUNK : COLUMNS / CHUNK];
  __shared__ Spots spots[ACROSS ? 1 : 2 * DEPTH];

  const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, g = lane / 4, t = lane % 4;
  const int across = (map.columns + COLUMNS - 1) / COLUMNS, down = (map.rows + ROWS - 1) / ROWS;
  int block = blockIdx.x;
  const int first_row = block % down * ROWS;
  block /= down;
  const int first_column = block % across * COLUMNS;
  block /= across;
  const int split = block % splits, product = block / splits;
  const int all = (map.depths + DEPTH - 1) / DEPTH, each = (all + splits - 1) / splits;
  const int begin = split * each * DEPTH, end = begin + each * DEPTH < map.depths ? begin + each * DEPTH : map.depths;
  const int slabs = end > begin ? (end - begin + DEPTH - 1) / DEPTH : 0;

  const int my_column = thread % COLUMNS;
  Spots mine;  // my column's, or of the slab that is copied, my lane's
  if constexpr (ACROSS) mine = map.spot(product, below(first_column + my_column, map.columns));
  else if (thread < COLUMNS / CHUNK) chunks[thread] = map.chunk(product, below(first_column + thread * CHUNK, map.columns));
  const bool fours = WIDE && map.fours() && reinterpret_cast<unsigned long long>(left) % 16 == 0;

  // word of column c at depth d: neighbouring threads write neighbouring banks, and so read
  const auto word = [](int c, int d) { return ACROSS ? d * COLUMNS + (c ^ (d & 3) * 8) : swizzled(c, d); };
  const auto look = [&](int slab) {  // at the depths of a slab
    if (thread >= (ACROSS ? DEPTH / CHUNK : DEPTH)) return;
    const int d = begin + slab * DEPTH + thread * (ACROSS ? CHUNK : 1);
    if constexpr (ACROSS) {
      Chunks chunk{};
      if (d < end) chunk = map.chunk(product, d);
      else chunk.step[0] = NOWHERE;
      chunks[slab % 2 * (DEPTH / CHUNK) + thread] = chunk;
    } else {
      Spots spot{};
      if (d < end) spot = map.spot(product, d);
      else spot.start[0] = NOWHERE;
      spots[slab % 2 * DEPTH + thread] = spot;
    }
  };
  const auto number_of = [&](int i) { return ACROSS ? thread / COLUMNS + EACH * i : warp + 4 * i; };  // in the slab, or the columns
  const auto gather = [&](int slab, int i) {
    float* const a = columns_of + slab % 2 * (COLUMNS * DEPTH);
    const Chunks chunk = chunks[(ACROSS ? slab % 2 * (DEPTH / CHUNK) : 0) + number_of(i)];
    const bool meets = map.meets(mine, chunk);
    const unsigned at = mine.offset + chunk.offset;
#pragma unroll
    for (int k = 0; k < CHUNK; k++) {
      const int place = number_of(i) * CHUNK + k;
      copied(a + (ACROSS ? word(my_column, place) : word(place, lane)), right, at + k * map.apart, meets & (k < chunk.channels));
    }
  };
  const auto load = [&](int slab) {  // the rows
    float* const b = rows_of + slab % 2 * (ROWS * DEPTH);
    const int start = begin + slab * DEPTH, left_over = end - start;
    if (fours) {
      const int four = thread % 8 * 4, depth = ACROSS ? start + four : spots[ACROSS ? 0 : slab % 2 * DEPTH + four].left;
#pragma unroll 4
      for (int j = 0; j < ROWS / 16; j++) {
        const int line = thread / 8 + 16 * j;
        const bool there = (four < left_over) & (line < map.rows - first_row);
        copied_four(b + swizzled(line, four), left, map.row(product, first_row + thread / 8) + 16 * j * map.long_row() + depth, there);
      }
    } else {
      const int depth = ACROSS ? start + lane : spots[ACROSS ? 0 : slab % 2 * DEPTH + lane].left;
#pragma unroll 4
      for (int j = 0; j < ROWS / 4; j++) {
        const int line = warp + 4 * j;
        const bool there = (lane < left_over) & (line < map.rows - first_row);
        copied(b + swizzled(line, lane), left, map.row(product, first_row + warp) + 4 * j * map.long_row() + depth, there);
      }
    }
    if constexpr (!ACROSS) mine = spots[slab % 2 * DEPTH + lane];
#pragma unroll
    for (int i = 0; i < 2 * GROUPS; i++) gather(slab, i);
    cp_async_commit();
  };

  const auto other = [](float v) { return __uint_as_float(SPLIT ? low_word(v) : cvt_rna_tf32(v)); };  // than the word that is there
  float sum[GROUPS][HALF];
#pragma unroll
  for (int i = 0; i < GROUPS; i++)
#pragma unroll
    for (int j = 0; j < HALF; j++) sum[i][j] = 0.0f;

  float part[HALF];  // of a slab; the same registers always, for registers are scarce
#pragma unroll
  for (int j = 0; j < HALF; j++) part[j] = 0.0f;
  const bool add = map.rows < 0;  // never, which the compiler is not to know: it would take other registers for every slab

  look(0);
  __syncthreads();
  if (slabs > 0) load(0);
  look(1);
#pragma unroll 1
  for (int slab = 0; slab < slabs; slab++) {
    float* const b = rows_of + slab % 2 * (ROWS * DEPTH);
    const float* const a = columns_of + slab % 2 * (COLUMNS * DEPTH);
    const bool more = slab + 1 < slabs;
    cp_async_wait<0>();
    __syncthreads();
    look(slab + 2);
    if constexpr (WIDE) {
#pragma unroll
      for (int j = 0; j < ROWS * DEPTH / (4 * THREADS); j++) {
        const int i = 4 * (thread + THREADS * j);
        const float4 v = *reinterpret_cast<const float4*>(b + i);
        *reinterpret_cast<float4*>((SPLIT ? low : b) + i) = make_float4(other(v.x), other(v.y), other(v.z), other(v.w));
      }
    }
    warpgroup_visible();
    __syncthreads();
    if (more) load(slab + 1);
#pragma unroll
    for (int i = 0; i < GROUPS; i++) {
      unsigned high[STEPS][4], rest[STEPS][4];
      const int base = 64 * i + 16 * warp;
#pragma unroll
      for (int s = 0; s < STEPS; s++) {
        if constexpr (ACROSS) {
#pragma unroll
          for (int e = 0; e < 4; e++) high[s][e] = __float_as_uint(a[word(base + g + 8 * (e & 1), 8 * s + t + 4 * (e >> 1))]);
        } else {
          ldmatrix(high[s], a + swizzled(base + lane % 16, 8 * s + 4 * (lane / 16)));
        }
#pragma unroll
        for (int e = 0; e < 4; e++) {
          rest[s][e] = SPLIT ? low_word(__uint_as_float(high[s][e])) : 0u;
          if constexpr (WIDE && !SPLIT) high[s][e] = cvt_rna_tf32(__uint_as_float(high[s][e]));
        }
      }
      warpgroup_begin();
#pragma unroll
      for (int s = 0; s < STEPS; s++) {
        if constexpr (SPLIT) {
          warpgroup_multiply(part, rest[s], b, 8 * s, s > 0 || add);
          warpgroup_multiply(part, high[s], low, 8 * s);
          warpgroup_multiply(part, high[s], b, 8 * s);
        } else {
          warpgroup_multiply(part, high[s], b, 8 * s, s > 0 || add);
        }
      }
      warpgroup_commit();
      warpgroup_wait();
#pragma unroll
      for (int j = 0; j < HALF; j++) sum[i][j] += part[j];
    }
  }

  // The sums change hands, so that a thread stores those of one column, and neighbours store side by side.
  float* const sums = rows_of;
  const auto place = [](int r, int c) { return r * COLUMNS + (c ^ (r / 2 & 3) * 8); };
  __syncthreads();
#pragma unroll
  for (int i = 0; i < GROUPS; i++)
#pragma unroll
    for (int j = 0; j < HALF; j++) sums[place(j / 4 * 8 + 2 * t + j % 2, 64 * i + 16 * warp + g + 8 * (j % 4 / 2))] = sum[i][j];
  __syncthreads();
  const int c = first_column + my_column;
  if (c >= map.columns) return;
#pragma unroll 1
  for (int line = thread / COLUMNS; line < ROWS && first_row + line < map.rows; line += EACH) {
    const int r = first_row + line;
    float v = sums[place(line, my_column)];
    if (!(fabsf(v) <= 3.402823466e38f)) v = plain_sum(map, left, right, product, r, c, begin, end);
    store(product, r, map.result(product, r, c), split, v);
  }
}
