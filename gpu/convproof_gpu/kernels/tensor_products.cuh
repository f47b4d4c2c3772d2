// The maps of a convolution's products on the tensor cores, with its taps and channels in the order of `Order`.
//
//   map          result               row   column    depth    left              right
//   Correlation  y[n, g R + r, i(q)]  r     (n, q)    (j, c)   w'[g R + r, j, c]  x'[n, g, o(q, j), c]
//   Last         y[n, q, r]           r     (n, q)    (j, c)   w'[r, j, c]        x'[n, o(q, j), c]
//   Pooled       y[n, g R + r, p]     r     (n, p, m) (j, c)   w'[g R + r, j, c]  x'[n, g, o(2 p + m, j), c]
//   Pairing      w_bar'[g R + r, j, c]  r   (j, c)    (n, q)   y_bar              x'
//
//   o(q, j) = origin + stride q + step j     within the source, along each axis
//   i(q)    = first + spread q               within the result
//   m       = (0, 0), (0, 1), (1, 0), (1, 1) in this order: of four neighbouring columns, all of a window p of 2 x 2
//
// Stands in      convproof/index_maps/correlation.py; Last and Pooled in pooled.py
#pragma once
#include "quotient.cuh"
#include "tensor_contraction.cuh"

// A convolution forward, or one phase of its adjoint; channels of one group, C padded to whole units in w' and x'.
template <int DIMS>
struct Correlations {
  int batch, groups, channels, rows, all_taps;
  int source[DIMS], result[DIMS], origin[DIMS], stride[DIMS], step[DIMS], first[DIMS], spread[DIMS];
  Quotient taps[DIMS], positions[DIMS];
  Quotient eight_taps, rest;  // units of all taps of a block of eight, and of a tap of what is left
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

// The tap and the channel of a number: eight units of channels, all taps of each, then the next eight; what is left last.
template <int UNIT>
struct Order {
  Quotient eight_taps, rest;
  int padded;

  __device__ void operator()(int number, int& tap, int& c) const {
    const int blocks = padded / (8 * UNIT), whole = blocks * eight_taps.by;
    const int channel = number % UNIT;
    int unit = number / UNIT, block = blocks, in;
    if (unit < whole) {
      const int within = eight_taps.rest(unit);
      block = unit, in = within % 8, tap = within / 8;
    } else {
      unit -= whole;
      in = rest.rest(unit), tap = unit;
    }
    c = (8 * block + in) * UNIT + channel;
  }
};

template <int DIMS, int UNIT>
struct Windowed {  // what both maps say of spots and units
  using Spots = Spot<DIMS>;
  using Chunks = Chunk<DIMS>;
  Correlations<DIMS> s;
  int volume, positions, padded;

  __device__ explicit Windowed(const Correlations<DIMS>& of)
      : s(of), volume(many(of.source)), positions(many(of.positions)), padded((of.channels + UNIT - 1) / UNIT * UNIT) {}

  __device__ Spots spot(int product, int number) const {
    int q[DIMS];
    const int n = unfolded(number, s.positions, q);
    return spot(product, n, q);
  }
  __device__ Spots spot(int product, int n, const int (&q)[DIMS]) const {
    Spots at;
#pragma unroll
    for (int d = 0; d < DIMS; d++) at.start[d] = s.origin[d] + s.stride[d] * q[d];
    at.offset = (static_cast<unsigned>((n * s.groups + product) * volume) + modular(at.start, s.source)) * static_cast<unsigned>(padded);
    return at;
  }
  __device__ Chunks chunk(int, int number) const {
    int j[DIMS], tap, c;
    Chunks at;
    Order<UNIT>{s.eight_taps, s.rest, padded}(number, tap, c);
    unfolded(tap, s.taps, j);
#pragma unroll
    for (int d = 0; d < DIMS; d++) at.step[d] = s.step[d] * j[d];
    at.offset = modular(at.step, s.source) * static_cast<unsigned>(padded) + static_cast<unsigned>(c);
    return at;
  }
  __device__ bool meets(const Spots& spot, const Chunks& chunk) const { return within(spot, chunk, s.source); }
};

template <int DIMS, int UNIT>
struct Correlation : Windowed<DIMS, UNIT> {
  static constexpr bool ACROSS = true;
  static constexpr int CELL_ROWS = 1, CELL_COLUMNS = 1;
  int products, rows, columns, depths;

  __device__ explicit Correlation(const Correlations<DIMS>& of)
      : Windowed<DIMS, UNIT>(of), products(of.groups), rows(of.rows), columns(of.batch * this->positions), depths(of.all_taps * this->padded) {}

  __device__ unsigned row(int product, int r) const { return static_cast<unsigned>(product * rows + r) * static_cast<unsigned>(depths); }
  __device__ unsigned long_row() const { return static_cast<unsigned>(depths); }
  __device__ int beyond(int depth) const { return depth; }
  __device__ int result(int product, int r, int column) const {
    int q[DIMS], i = 0;
    const int n = unfolded(column, this->s.positions, q);
#pragma unroll
    for (int d = 0; d < DIMS; d++) i = i * this->s.result[d] + this->s.first[d] + this->s.spread[d] * q[d];
    return ((n * products + product) * rows + r) * many(this->s.result) + i;
  }
};

// A convolution of one group, whose rows are whole units and lie side by side in the result.
template <int UNIT>
struct Last : Correlation<2, UNIT> {
  static constexpr int CELL_ROWS = UNIT;

  using Correlation<2, UNIT>::Correlation;
  __device__ int result(int, int r, int column) const { return column * this->rows + r; }
};

// A convolution whose positions are told to be those of the windows; LAST: as above, else with the result's channels first.
template <int UNIT, bool LAST>
struct Pooled : Correlation<2, UNIT> {
  static constexpr int CELL_ROWS = LAST ? UNIT : 1, CELL_COLUMNS = 4;

  __device__ explicit Pooled(const Correlations<2>& of) : Correlation<2, UNIT>(of) { this->columns *= CELL_COLUMNS; }

  __device__ Spot<2> spot(int product, int number) const {
    int q[2];
    const int n = unfolded(number / CELL_COLUMNS, this->s.positions, q);
    q[0] = q[0] * 2 + number / 2 % 2, q[1] = q[1] * 2 + number % 2;
    return Correlation<2, UNIT>::spot(product, n, q);
  }
  __device__ int result(int product, int r, int column) const {
    const int window = column / CELL_COLUMNS;
    if (LAST) return window * this->rows + r;
    int p[2];
    const int n = unfolded(window, this->s.positions, p);
    return ((n * this->products + product) * this->rows + r) * this->positions + (p[0] * this->s.positions[1].by + p[1]);
  }
};

// Rows of y_bar are positions of an image, as y_bar lies, or depths of all images, as conv_tensor_rows lays them.
template <int DIMS>
struct Pairing : Windowed<DIMS, 4> {
  static constexpr bool ACROSS = false;
  static constexpr int CELL_ROWS = 1, CELL_COLUMNS = 1;
  int products, rows, columns, depths, length;

  __device__ Pairing(const Correlations<DIMS>& of, int length)
      : Windowed<DIMS, 4>(of), products(of.groups), rows(of.rows), columns(of.all_taps * this->padded), depths(of.batch * this->positions),
        length(length) {}

  __device__ unsigned row(int product, int r) const { return static_cast<unsigned>(product * rows + r) * static_cast<unsigned>(length); }
  __device__ unsigned long_row() const { return static_cast<unsigned>(length); }
  __device__ int beyond(int depth) const {
    if (length != this->positions) return depth;
    int q[DIMS], flat = 0;
    const int n = unfolded(depth, this->s.positions, q);
#pragma unroll
    for (int d = 0; d < DIMS; d++) flat = flat * this->s.positions[d].by + q[d];
    return n * products * rows * this->positions + flat;
  }
  __device__ int result(int product, int r, int column) const { return (product * rows + r) * columns + column; }
};
