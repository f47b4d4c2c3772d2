// The maps of a convolution's three products.
//
//   map         result                     row   column   depth    left       right
//   Correlated  y[n, g M + m, o]           m     (n, o)   (c, k)   w          x
//   Spread      x_bar[n, g C + c, i]       c     (n, i)   (m, k)   w          y_bar
//   Paired      w_bar[g M + m, c, k]       m     (c, k)   (n, o)   y_bar      x
//
// Stands in      convproof/index_maps/contraction.py
#pragma once
#include "sizes.cuh"

template <class Integer, int DIMS>
struct Correlated {
  using Int = Integer;
  static constexpr bool LEFT_ALONG_DEPTH = true, RIGHT_ALONG_DEPTH = false;
  Sizes<Int, DIMS> s;
  Int taps, inputs, outputs, products, rows, columns, depths;

  __device__ explicit Correlated(const Sizes<Int, DIMS>& sizes)
      : s(sizes), taps(volume(s.kernel)), inputs(volume(s.input)), outputs(volume(s.output)),
        products(s.groups), rows(s.out_channels), columns(s.batch * outputs), depths(s.in_channels * taps) {}

  struct Row { Int offset; };                       // w[g M + m, 0, 0]
  struct Column { Int offset, start[DIMS]; };       // x[n, g C, 0]; stride o - low
  struct Depth { Int number, offset, step[DIMS]; }; // x[0, c, 0]; dilation k

  __device__ Row row(Int g, Int m) const { return {(g * s.out_channels + m) * depths}; }
  __device__ Column column(Int g, Int number) const {
    Int o[DIMS];
    Column at;
    at.offset = (unflat(number, s.output, o) * s.groups + g) * s.in_channels * inputs;
    s.window(o, at.start);
    return at;
  }
  __device__ Depth depth(Int, Int number) const {
    Int k[DIMS];
    Depth at;
    at.number = number;
    at.offset = unflat(number, s.kernel, k) * inputs;
    s.taps(k, at.step);
    return at;
  }
  __device__ Int left(const Row& at, const Depth& depth) const { return at.offset + depth.number; }
  __device__ Int right(const Column& at, const Depth& depth) const {
    Int i = s.input_of(at.start, depth.step);
    return i < 0 ? -1 : at.offset + depth.offset + i;
  }
  __device__ Int result(Int g, Int m, Int column) const {
    return ((column / outputs * s.groups + g) * s.out_channels + m) * outputs + column % outputs;
  }
};

template <class Integer, int DIMS>
struct Spread {
  using Int = Integer;
  static constexpr bool LEFT_ALONG_DEPTH = true, RIGHT_ALONG_DEPTH = false;
  Sizes<Int, DIMS> s;
  Int taps, inputs, outputs, products, rows, columns, depths;

  __device__ explicit Spread(const Sizes<Int, DIMS>& sizes)
      : s(sizes), taps(volume(s.kernel)), inputs(volume(s.input)), outputs(volume(s.output)),
        products(s.groups), rows(s.in_channels), columns(s.batch * inputs), depths(s.out_channels * taps) {}

  struct Row { Int offset; };                               // w[g M, c, 0]
  struct Column { Int offset, start[DIMS]; };               // y_bar[n, g M, 0]; i + low
  struct Depth { Int weight, offset, step[DIMS]; };         // w[m, 0, k]; y_bar[0, m, 0]; dilation k

  __device__ Row row(Int g, Int c) const { return {(g * s.out_channels * s.in_channels + c) * taps}; }
  __device__ Column column(Int g, Int number) const {
    Int i[DIMS];
    Column at;
    at.offset = (unflat(number, s.input, i) * s.groups + g) * s.out_channels * outputs;
    s.lifted(i, at.start);
    return at;
  }
  __device__ Depth depth(Int, Int number) const {
    Int k[DIMS];
    Depth at;
    const Int m = unflat(number, s.kernel, k);
    at.weight = m * s.in_channels * taps + number % taps;
    at.offset = m * outputs;
    s.taps(k, at.step);
    return at;
  }
  __device__ Int left(const Row& at, const Depth& depth) const { return at.offset + depth.weight; }
  __device__ Int right(const Column& at, const Depth& depth) const {
    Int o = s.output_of(at.start, depth.step);
    return o < 0 ? -1 : at.offset + depth.offset + o;
  }
  __device__ Int result(Int g, Int c, Int column) const {
    return ((column / inputs * s.groups + g) * s.in_channels + c) * inputs + column % inputs;
  }
};

template <class Integer, int DIMS>
struct Paired {
  using Int = Integer;
  static constexpr bool LEFT_ALONG_DEPTH = true, RIGHT_ALONG_DEPTH = true;
  Sizes<Int, DIMS> s;
  Int taps, inputs, outputs, products, rows, columns, depths;

  __device__ explicit Paired(const Sizes<Int, DIMS>& sizes)
      : s(sizes), taps(volume(s.kernel)), inputs(volume(s.input)), outputs(volume(s.output)),
        products(s.groups), rows(s.out_channels), columns(s.in_channels * taps), depths(s.batch * outputs) {}

  struct Row { Int offset; };                               // y_bar[0, g M + m, 0]
  struct Column { Int offset, step[DIMS]; };                // x[0, g C + c, 0]; dilation k
  struct Depth { Int answer, image, start[DIMS]; };         // y_bar[n, 0, o]; x[n, 0, 0]; stride o - low

  __device__ Row row(Int g, Int m) const { return {(g * s.out_channels + m) * outputs}; }
  __device__ Column column(Int g, Int number) const {
    Int k[DIMS];
    Column at;
    at.offset = (g * s.in_channels + unflat(number, s.kernel, k)) * inputs;
    s.taps(k, at.step);
    return at;
  }
  __device__ Depth depth(Int, Int number) const {
    Int o[DIMS];
    Depth at;
    const Int n = unflat(number, s.output, o);
    at.answer = n * s.groups * s.out_channels * outputs + number % outputs;
    at.image = n * s.groups * s.in_channels * inputs;
    s.window(o, at.start);
    return at;
  }
  __device__ Int left(const Row& at, const Depth& depth) const { return at.offset + depth.answer; }
  __device__ Int right(const Column& at, const Depth& depth) const {
    Int i = s.input_of(depth.start, at.step);
    return i < 0 ? -1 : at.offset + depth.image + i;
  }
  __device__ Int result(Int g, Int m, Int column) const { return (g * s.out_channels + m) * columns + column; }
};
