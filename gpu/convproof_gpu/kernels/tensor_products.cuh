// The maps of a convolution's products on the tensor cores, with its taps before its channels.
//
//   map          result               row   column    depth    left              right
//   Correlation  y[n, g R + r, i(q)]  r     (n, q)    (j, c)   w'[g R + r, j, c]  x[n, g C + c, o(q, j)]
//   Pairing      w_bar'[g R + r, j, c]  r   (j, c)    (n, q)   y_bar              x
//
//   o(q, j) = origin + stride q + step j     within the source, along each axis
//   i(q)    = first + spread q               within the result
//
// Stands in      convproof/index_maps/correlation.py
#pragma once
#include "quotient.cuh"
#include "tensor_contraction.cuh"

// A convolution forward, or one phase of its adjoint; channels of one group, C padded to whole chunks in w'.
template <int DIMS>
struct Correlations {
  int batch, groups, channels, rows, all_taps;
  int source[DIMS], result[DIMS], origin[DIMS], stride[DIMS], step[DIMS], first[DIMS], spread[DIMS];
  Quotient taps[DIMS], positions[DIMS];
  Quotient four_taps, rest;  // chunks of all taps of a block of four, and of a tap of what is left
};

template <int DIMS>
__device__ inline int many(const int (&sizes)[DIMS]) {
  int all = 1;
#pragma unroll
  for (int d = 0; d < DIMS; d++) all *= sizes[d];
  return all;
}
template <int DIMS>
__device__ inline int many(const Quotient (&sizes)[DIMS]) {
  int all = 1;
#pragma unroll
  for (int d = 0; d < DIMS; d++) all *= sizes[d].by;
  return all;
}

// The position of a row-major number; what is left of the number is returned.
template <int DIMS>
__device__ inline int unfolded(int number, const Quotient (&sizes)[DIMS], int (&position)[DIMS]) {
#pragma unroll
  for (int d = DIMS - 1; d >= 0; d--) position[d] = sizes[d].rest(number);
  return number;
}

// The tap and the channel of a number: four chunks of channels, all taps of each, then the next four; what is left last.
struct Order {
  Quotient four_taps, rest;
  int padded;

  __device__ void operator()(int number, int& tap, int& c) const {
    const int blocks = padded / (4 * CHUNK), whole = blocks * four_taps.by;
    const int channel = number % CHUNK;
    int chunk = number / CHUNK, block = blocks, in;
    if (chunk < whole) {
      const int within = four_taps.rest(chunk);
      block = chunk, in = within % 4, tap = within / 4;
    } else {
      chunk -= whole;
      in = rest.rest(chunk), tap = chunk;
    }
    c = (4 * block + in) * CHUNK + channel;
  }
};

template <int DIMS>
struct Windowed {  // what both maps say of spots and chunks
  using Spots = Spot<DIMS>;
  using Chunks = Chunk<DIMS>;
  Correlations<DIMS> s;
  int apart, positions, padded;

  __device__ explicit Windowed(const Correlations<DIMS>& of)
      : s(of), apart(many(of.source)), positions(many(of.positions)), padded((of.channels + CHUNK - 1) / CHUNK * CHUNK) {}

  __device__ Spots spot_of(int product, int number) const {
    int q[DIMS];
    Spots at;
    const int n = unfolded(number, s.positions, q);
#pragma unroll
    for (int d = 0; d < DIMS; d++) at.start[d] = s.origin[d] + s.stride[d] * q[d];
    at.offset = static_cast<unsigned>((n * s.groups + product) * s.channels * apart) + modular(at.start, s.source);
    at.left = n * s.groups * s.rows * positions;
    int flat = 0;
#pragma unroll
    for (int d = 0; d < DIMS; d++) flat = flat * s.positions[d].by + q[d];
    at.left += flat;
    return at;
  }
  __device__ Chunks chunk_of(int number) const {
    int j[DIMS], tap, c;
    Chunks at;
    Order{s.four_taps, s.rest, padded}(number, tap, c);
    unfolded(tap, s.taps, j);
#pragma unroll
    for (int d = 0; d < DIMS; d++) at.step[d] = s.step[d] * j[d];
    at.offset = static_cast<unsigned>(c * apart) + modular(at.step, s.source);
    at.channels = s.channels - c;
    return at;
  }
  __device__ bool meets(const Spots& spot, const Chunks& chunk) const { return within(spot, chunk, s.source); }
};

template <int DIMS>
struct Correlation : Windowed<DIMS> {
  static constexpr bool ACROSS = true;
  int products, rows, columns, depths;

  __device__ explicit Correlation(const Correlations<DIMS>& of)
      : Windowed<DIMS>(of), products(of.groups), rows(of.rows), columns(of.batch * this->positions), depths(of.all_taps * this->padded) {}

  __device__ Spot<DIMS> spot(int product, int number) const { return this->spot_of(product, number); }
  __device__ Chunk<DIMS> chunk(int, int number) const { return this->chunk_of(number); }
  __device__ unsigned row(int product, int r) const { return static_cast<unsigned>(product * rows + r) * static_cast<unsigned>(depths); }
  __device__ unsigned long_row() const { return static_cast<unsigned>(depths); }
  __device__ bool fours() const { return true; }
  __device__ int result(int product, int r, int column) const {
    int q[DIMS], i = 0;
    const int n = unfolded(column, this->s.positions, q);
#pragma unroll
    for (int d = 0; d < DIMS; d++) i = i * this->s.result[d] + this->s.first[d] + this->s.spread[d] * q[d];
    return ((n * products + product) * rows + r) * many(this->s.result) + i;
  }
};

template <int DIMS>
struct Pairing : Windowed<DIMS> {
  static constexpr bool ACROSS = false;
  int products, rows, columns, depths;

  __device__ explicit Pairing(const Correlations<DIMS>& of)
      : Windowed<DIMS>(of), products(of.groups), rows(of.rows), columns(of.all_taps * this->padded), depths(of.batch * this->positions) {}

  __device__ Spot<DIMS> spot(int product, int number) const { return this->spot_of(product, number); }
  __device__ Chunk<DIMS> chunk(int, int number) const { return this->chunk_of(number); }
  __device__ unsigned row(int product, int r) const { return static_cast<unsigned>(product * rows + r) * static_cast<unsigned>(this->positions); }
  __device__ unsigned long_row() const { return static_cast<unsigned>(this->positions); }
  __device__ bool fours() const { return this->positions % 4 == 0; }
  __device__ int result(int product, int r, int column) const { return (product * rows + r) * columns + column; }
};
