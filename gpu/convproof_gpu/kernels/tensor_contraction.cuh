// A batch of matrix products on the tensor cores, in FLOAT32 as accurate as sums of floats:
//
//   result[row, column] = sum_depth  left[row, depth] * right[depth, column]
//
// where the right operand is seen through windows: it is 0, or source[n, position, c], with a spot (n, o) along one
// side and a tap of a channel along the other. What is copied at once is a unit, 16 bytes: neighbouring channels of
// a tap, or neighbouring depths of a row. A slab is eight units of depths.
//
// Mapping        a block is a warpgroup and computes ROWS x COLUMNS sums, a slab at a time; the next slab is on its way
//                meanwhile, and while the tensor cores work its rows are split into words
// Order of sum   a slab in the tensor cores' own order; the slabs, ascending, by additions of floats; `splits` blocks
//                may share the depth of a tile, each a part
// Precision      FLOAT32: a float is the sum of two words of tf32, high and low, and a product of floats that of three:
//                low high + high low + high high. TF32, and elements of 16 bits: operands are words, and want one product.
//                A sum that is not finite is computed anew in floats, so that Inf and NaN are those of floats
// Bound          convproof_gpu/bounds.py
// Races          none: an address of the result is written by one thread, one of shared memory by one between two barriers; no atomics
// Preconditions  both operands begin at multiples of 16 bytes, and so does every unit in them
//
// A map has   int products, rows, columns, depths     the extents; depths or columns are whole units
//             Spots, Chunks                           the types of its spots and units
//             ACROSS                                  whether spots are columns, and units depths; else the other way
//             Spot spot(product, number)              {offset, start[]}
//             Chunk chunk(product, number)            {offset, step[]} of the unit that begins there
//             meets(spot, chunk)                      whether the source has it
//             unsigned row(product, row), long_row()  where a row of the left operand begins, and the next from there; modulo 2^32
//             int beyond(depth)                       and how far beyond that a depth lies
//             CELL_ROWS, CELL_COLUMNS                 of the neighbouring sums that one thread stores: a cell is all there, or not
//             int result(product, row, column)        where the sum belongs, or the cell that begins there
#pragma once
#include "element.cuh"
#include "warps.cuh"

enum Precision { FLOAT32, TF32 };

template <int R, int C, Precision P>
struct TensorTile {
  static constexpr int ROWS = R, COLUMNS = C, THREADS = 128, RESIDENT = R * C > 8192 ? 2 : R * C > 4096 ? 3 : 4;
  static constexpr Precision PRECISION = P;
};

template <class Word>
constexpr int UNIT = 16 / static_cast<int>(sizeof(Word));  // words
constexpr int UNITS = 8;                                   // of a slab
constexpr int NOWHERE = -2147483647 - 1;                   // a start or step from which no window reaches the source

template <int DIMS>
struct alignas(DIMS == 1 ? 8 : 16) Spot {
  unsigned offset;  // modulo 2^32, as that of a chunk: their sum is right where they meet
  int start[DIMS];
};
template <int DIMS>
struct alignas(DIMS == 1 ? 8 : 16) Chunk {
  unsigned offset;
  int step[DIMS];
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

__device__ inline int below(int number, int extent) { return number < extent ? number : 0; }

// A sum as floats give it, where the words of tf32 overflow, or meet Inf or NaN.
template <class Word, class Map>
__device__ inline float plain_sum(const Map& map, const Word* __restrict__ left, const Word* __restrict__ right, int product, int r, int c,
                                  int begin, int end) {
  const unsigned row = map.row(product, r);
  float sum = 0.0f;
#pragma unroll 1
  for (int d = begin; d < end; d++) {
    const int in_unit = (Map::ACROSS ? d : c) % UNIT<Word>;
    const auto spot = map.spot(product, Map::ACROSS ? c : d);
    const auto chunk = map.chunk(product, (Map::ACROSS ? d : c) - in_unit);
    const float x = map.meets(spot, chunk) ? widened(right[spot.offset + chunk.offset + in_unit]) : 0.0f;
    sum += widened(left[row + static_cast<unsigned>(map.beyond(d))]) * x;
  }
  return sum;
}

template <class Word, class Tile, class Map, class Store>
__device__ inline void contract_on_tensor_cores(const Map& map, const Word* __restrict__ left, const Word* __restrict__ right, int splits,
                                                const Store& store) {
  using Spots = typename Map::Spots;
  using Chunks = typename Map::Chunks;
  constexpr int ROWS = Tile::ROWS, COLUMNS = Tile::COLUMNS, THREADS = Tile::THREADS, DEPTH = UNITS * UNIT<Word>;
  constexpr int GROUPS = COLUMNS / 64, STEPS = 4, HALF = ROWS / 2, LINE = 32;  // words of 32 bits, as in all shared memory
  constexpr int DOWN = Map::CELL_ROWS, ALONG = Map::CELL_COLUMNS;
  constexpr bool ACROSS = Map::ACROSS, SPLIT = sizeof(Word) == 4 && Tile::PRECISION == FLOAT32, IN_REGISTERS = SPLIT || !ACROSS || !WARPGROUPS;
  extern __shared__ __align__(1024) unsigned char memory[];
  float* const rows_of = reinterpret_cast<float*>(memory);  // 2 x ROWS lines, swizzled
  float* const columns_of = rows_of + 2 * ROWS * LINE;      // 2 x COLUMNS lines, or DEPTH x COLUMNS
  float* const low_of = columns_of + 2 * COLUMNS * LINE;    // as the rows
  constexpr int EACH = ACROSS ? UNITS : DEPTH, AHEAD = THREADS / EACH;  // entries of a slab in a table, and slabs of a page
  __shared__ Spots spots[ACROSS ? COLUMNS : 2 * THREADS];
  __shared__ Chunks chunks[ACROSS ? 2 * THREADS : COLUMNS / UNIT<Word>];
  __shared__ int lefts[ACROSS ? 1 : 2 * THREADS];

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

  if constexpr (ACROSS) {
    if (thread < COLUMNS) spots[thread] = map.spot(product, below(first_column + thread, map.columns));
  } else {
    if (thread < COLUMNS / UNIT<Word>) chunks[thread] = map.chunk(product, below(first_column + thread * UNIT<Word>, map.columns));
  }
  const auto look = [&](int page) {  // at the depths of some slabs, each thread at one
    const int d = begin + (page * THREADS + thread) * (ACROSS ? UNIT<Word> : 1), entry = page % 2 * THREADS + thread;
    if constexpr (ACROSS) {
      Chunks chunk{};
      if (d < end) chunk = map.chunk(product, d);
      else chunk.step[0] = NOWHERE;
      chunks[entry] = chunk;
    } else {
      Spots spot{};
      if (d < end) spot = map.spot(product, d);
      else spot.start[0] = NOWHERE;
      spots[entry] = spot;
      lefts[entry] = d < end ? map.beyond(d) : 0;
    }
  };

  // Eight threads copy a line of a row, or of a column; where columns are units, neighbours copy neighbouring columns.
  const int four = thread % 8 * 4, line = thread / 8;
  constexpr int ABREAST = ACROSS ? 8 : COLUMNS / UNIT<Word>, APART = THREADS / ABREAST;
  const int unit = thread % ABREAST, other = thread / ABREAST;
  const auto word = [](int c, int d) { return d * COLUMNS + (c ^ (d & 3) * 8); };  // of column c at depth d, where columns are units
  const auto load = [&](int slab) {
    float* const b = rows_of + slab % 2 * (ROWS * LINE);
    float* const a = columns_of + slab % 2 * (COLUMNS * LINE);
    const int start = begin + slab * DEPTH, depth = thread % 8 * UNIT<Word>, entries = slab % (2 * AHEAD) * EACH;
    const int left_at = ACROSS ? map.beyond(start + depth) : lefts[ACROSS ? 0 : entries + depth];
    const bool there = depth < end - start;
    unsigned at = map.row(product, first_row + line) + static_cast<unsigned>(left_at);
#pragma unroll
    for (int j = 0; j < ROWS / 16; j++) {
      cp_async<16>(b + swizzled(line + 16 * j, four), left + at, there & (line + 16 * j < map.rows - first_row));
      at += 16 * map.long_row();
    }
    const Chunks chunk = chunks[ACROSS ? entries + unit : unit];
#pragma unroll
    for (int first = 0; first < COLUMNS / 16; first += 4) {  // what is read together is waited for once
      Spots some[4];
#pragma unroll
      for (int j = 0; j < 4; j++) some[j] = spots[(ACROSS ? 0 : entries) + other + APART * (first + j)];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const int o = other + APART * (first + j);
        float* const to = a + (ACROSS ? swizzled(o, 4 * unit) : word(4 * unit, o));
        cp_async<16>(to, right + (some[j].offset + chunk.offset), map.meets(some[j], chunk));
      }
    }
    cp_async_commit();
  };
  const auto copied = [&](int slab) {  // all of a slab that this thread has copied; its rows are split
    cp_async_wait<0>();
    if constexpr (SPLIT) {
      const float* const b = rows_of + slab % 2 * (ROWS * LINE);
      float* const low = low_of + slab % 2 * (ROWS * LINE);
      constexpr int TOGETHER = ROWS < 64 ? ROWS / 16 : 4;
#pragma unroll
      for (int first = 0; first < ROWS / 16; first += TOGETHER) {
        float4 v[TOGETHER];
#pragma unroll
        for (int j = 0; j < TOGETHER; j++) v[j] = *reinterpret_cast<const float4*>(b + swizzled(line + 16 * (first + j), four));
#pragma unroll
        for (int j = 0; j < TOGETHER; j++)
          *reinterpret_cast<uint4*>(low + swizzled(line + 16 * (first + j), four)) =
              make_uint4(low_word(v[j].x), low_word(v[j].y), low_word(v[j].z), low_word(v[j].w));
      }
    }
    warpgroup_visible();
  };

  float sum[GROUPS][HALF];
#pragma unroll
  for (int i = 0; i < GROUPS; i++)
#pragma unroll
    for (int j = 0; j < HALF; j++) sum[i][j] = 0.0f;

  float part[HALF];  // of a slab; the same registers always, for registers are scarce
#pragma unroll
  for (int j = 0; j < HALF; j++) part[j] = 0.0f;
  const bool add = map.rows < 0;  // never, which the compiler is not to know: it would take other registers for every slab

  if (slabs > 0) look(0);
  __syncthreads();
  if (slabs > 0) {
    load(0);
    copied(0);
  }
#pragma unroll 1
  for (int slab = 0; slab < slabs; slab++) {
    const float* const b = rows_of + slab % 2 * (ROWS * LINE);
    const float* const a = columns_of + slab % 2 * (COLUMNS * LINE);
    const float* const low = low_of + slab % 2 * (ROWS * LINE);
    const bool more = slab + 1 < slabs;
    __syncthreads();
    if (slab % AHEAD == 0 && slab + AHEAD < slabs) look(slab / AHEAD + 1);
    if (more) load(slab + 1);
#pragma unroll
    for (int i = 0; i < GROUPS; i++) {
      if constexpr (IN_REGISTERS) {
        unsigned high[STEPS][4], rest[STEPS][4];
        const int base = 64 * i + 16 * warp;
#pragma unroll
        for (int s = 0; s < STEPS; s++) {
          if constexpr (ACROSS) {
            ldmatrix(high[s], a + swizzled(base + lane % 16, 8 * s + 4 * (lane / 16)));
          } else {
#pragma unroll
            for (int e = 0; e < 4; e++) high[s][e] = __float_as_uint(a[word(base + g + 8 * (e & 1), 8 * s + t + 4 * (e >> 1))]);
          }
#pragma unroll
          for (int e = 0; e < 4; e++) rest[s][e] = SPLIT ? low_word(__uint_as_float(high[s][e])) : 0u;
        }
        if constexpr (!WARPGROUPS)
          warps_multiply<SPLIT>(sum[i], high, rest, reinterpret_cast<const Word*>(b), reinterpret_cast<const Word*>(low), map.rows - first_row);
        warpgroup_begin();
#pragma unroll
        for (int s = 0; WARPGROUPS && s < STEPS; s++) {
          if constexpr (SPLIT) {
            warpgroup_multiply(part, rest[s], b, 8 * s, s > 0 || add);
            warpgroup_multiply(part, high[s], low, 8 * s);
            warpgroup_multiply(part, high[s], b, 8 * s);
          } else {
            warpgroup_multiply(part, high[s], b, 8 * s, s > 0 || add);
          }
        }
      } else {
        warpgroup_begin();
#pragma unroll
        for (int s = 0; s < STEPS; s++)
          warpgroup_multiply(part, reinterpret_cast<const Word*>(a + 64 * LINE * i), reinterpret_cast<const Word*>(b), 8 * s, s > 0 || add);
      }
      warpgroup_commit();
      if (i == GROUPS - 1 && more) copied(slab + 1);
      warpgroup_wait();
#pragma unroll
      for (int j = 0; WARPGROUPS && j < HALF; j++) sum[i][j] += part[j];
    }
  }

  // The sums change hands, so that a thread stores those of a cell, and neighbours store side by side.
  float* const sums = rows_of;
  const auto place = [](int r, int c) {
    if constexpr (DOWN == 1) return r * COLUMNS + (c ^ (r / 2 & 3) * 8);
    return c * ROWS + (r ^ (ROWS < LINE ? c / 2 & 1 : c & 3) * 8);
  };
  __syncthreads();
#pragma unroll
  for (int i = 0; i < GROUPS; i++)
#pragma unroll
    for (int j = 0; j < HALF; j += DOWN == 1 ? 1 : 2) {
      float* const to = sums + place(j / 4 * 8 + 2 * t + j % 2, 64 * i + 16 * warp + g + 8 * (j % 4 / 2));
      if constexpr (DOWN == 1) *to = sum[i][j];
      else *reinterpret_cast<float2*>(to) = make_float2(sum[i][j], sum[i][j + 1]);
    }
  __syncthreads();
  if constexpr (DOWN * ALONG == 1) {
    const int my_column = thread % COLUMNS, c = first_column + my_column;
    if (c >= map.columns) return;
#pragma unroll 1
    for (int r = thread / COLUMNS; r < ROWS && first_row + r < map.rows; r += THREADS / COLUMNS) {
      float v = sums[place(r, my_column)];
      if (!(fabsf(v) <= 3.402823466e38f)) v = plain_sum(map, left, right, product, first_row + r, c, begin, end);
      store(product, first_row + r, map.result(product, first_row + r, c), split, v);
    }
  } else {
    constexpr int BESIDE = DOWN == 1 ? COLUMNS / ALONG : ROWS / DOWN, CELL = DOWN * ALONG;
#pragma unroll 1
    for (int cell = thread; cell < ROWS * COLUMNS / CELL; cell += THREADS) {
      const int along = cell % BESIDE, across = cell / BESIDE;
      const int r = (DOWN == 1 ? across : along) * DOWN, c = (DOWN == 1 ? along : across) * ALONG;
      if ((first_row + r >= map.rows) | (first_column + c >= map.columns)) continue;
      float v[CELL];
      const auto read = [&]() {
        bool finite = true;
#pragma unroll
        for (int e = 0; e < CELL; e += 4) {
          const float4 some = *reinterpret_cast<const float4*>(sums + place(r + e % DOWN, c + e / DOWN));
          v[e] = some.x, v[e + 1] = some.y, v[e + 2] = some.z, v[e + 3] = some.w;
        }
#pragma unroll
        for (int e = 0; e < CELL; e++) finite &= fabsf(v[e]) <= 3.402823466e38f;
        return finite;
      };
      if (!read()) {
#pragma unroll 1
        for (int e = 0; e < CELL; e++) {
          float& v = sums[place(r + e % DOWN, c + e / DOWN)];
          if (!(fabsf(v) <= 3.402823466e38f))
            v = plain_sum(map, left, right, product, first_row + r + e % DOWN, first_column + c + e / DOWN, begin, end);
        }
        read();
      }
      store(product, first_row + r, map.result(product, first_row + r, first_column + c), split, v);
    }
  }
}
