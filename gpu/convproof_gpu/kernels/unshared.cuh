// The maps of a locally connected layer's products: one matrix product for every group and position.
//
//   map                 result                      product  row  column   depth    left       right
//   UnsharedCorrelated  y[n, g M + m, o]            (g, o)   m    n        (c, k)   w          x
//   UnsharedSpread      x_bar[n, g C + c, i]        (g, i)   c    n        (m, k)   w          y_bar
//   UnsharedPaired      w_bar[g M + m, c, o, k]     (g, o)   m    (c, k)   n        y_bar      x
//
// Stands in      convproof/index_maps/unshared.py
#pragma once
#include "sizes.cuh"

template <class Integer, int DIMS>
struct Unshared {
  using Int = Integer;
  Sizes<Int, DIMS> s;
  Int taps, inputs, outputs;

  __device__ explicit Unshared(const Sizes<Int, DIMS>& sizes)
      : s(sizes), taps(volume(s.kernel)), inputs(volume(s.input)), outputs(volume(s.output)) {}

  // w[g M + m, c, o, k], for a flat position and a flat tap.
  __device__ Int weight(Int g, Int m, Int c, Int o, Int k) const {
    return (((g * s.out_channels + m) * s.in_channels + c) * outputs + o) * taps + k;
  }
  __device__ Int image(Int n, Int g, Int c, Int i) const { return ((n * s.groups + g) * s.in_channels + c) * inputs + i; }
  __device__ Int answer(Int n, Int g, Int m, Int o) const { return ((n * s.groups + g) * s.out_channels + m) * outputs + o; }
};

template <class Int, int DIMS>
struct UnsharedCorrelated : Unshared<Int, DIMS> {
  static constexpr bool LEFT_ALONG_DEPTH = true, RIGHT_ALONG_DEPTH = true;
  Int products, rows, columns, depths;
  using Unshared<Int, DIMS>::s;

  __device__ explicit UnsharedCorrelated(const Sizes<Int, DIMS>& sizes)
      : Unshared<Int, DIMS>(sizes), products(s.groups * this->outputs), rows(s.out_channels), columns(s.batch),
        depths(s.in_channels * this->taps) {}

  struct Row { Int offset; };           // w[g M + m, 0, o, 0]
  struct Column { Int offset; };        // x[n, g C, 0]
  struct Depth { Int weight, image; };  // w[0, c, 0, k]; x[0, c, i(o, k)], -1 in the padding

  __device__ Row row(Int product, Int m) const { return {this->weight(product / this->outputs, m, 0, product % this->outputs, 0)}; }
  __device__ Column column(Int product, Int n) const { return {this->image(n, product / this->outputs, 0, 0)}; }
  __device__ Depth depth(Int product, Int number) const {
    Int o[DIMS], k[DIMS], start[DIMS], step[DIMS];
    unflat(product, s.output, o);
    const Int c = unflat(number, s.kernel, k);
    s.window(o, start);
    s.taps(k, step);
    const Int i = s.input_of(start, step);
    return {c * this->outputs * this->taps + number % this->taps, i < 0 ? -1 : c * this->inputs + i};
  }
  __device__ Int left(const Row& at, const Depth& depth) const { return at.offset + depth.weight; }
  __device__ Int right(const Column& at, const Depth& depth) const { return depth.image < 0 ? -1 : at.offset + depth.image; }
  __device__ Int result(Int product, Int m, Int n) const {
    return this->answer(n, product / this->outputs, m, product % this->outputs);
  }
};

template <class Int, int DIMS>
struct UnsharedSpread : Unshared<Int, DIMS> {
  static constexpr bool LEFT_ALONG_DEPTH = true, RIGHT_ALONG_DEPTH = true;
  Int products, rows, columns, depths;
  using Unshared<Int, DIMS>::s;

  __device__ explicit UnsharedSpread(const Sizes<Int, DIMS>& sizes)
      : Unshared<Int, DIMS>(sizes), products(s.groups * this->inputs), rows(s.in_channels), columns(s.batch),
        depths(s.out_channels * this->taps) {}

  struct Row { Int offset; };            // w[g M, c, 0, 0]
  struct Column { Int offset; };         // y_bar[n, g M, 0]
  struct Depth { Int weight, answer; };  // w[m, 0, o(i, k), k]; y_bar[0, m, o(i, k)]; -1 if there is no such output

  __device__ Row row(Int product, Int c) const { return {this->weight(product / this->inputs, 0, c, 0, 0)}; }
  __device__ Column column(Int product, Int n) const { return {this->answer(n, product / this->inputs, 0, 0)}; }
  __device__ Depth depth(Int product, Int number) const {
    Int i[DIMS], k[DIMS], start[DIMS], step[DIMS];
    unflat(product, s.input, i);
    const Int m = unflat(number, s.kernel, k);
    s.lifted(i, start);
    s.taps(k, step);
    const Int o = s.output_of(start, step);
    if (o < 0) return {-1, -1};
    return {this->weight(0, m, 0, o, number % this->taps), m * this->outputs + o};
  }
  __device__ Int left(const Row& at, const Depth& depth) const { return depth.weight < 0 ? -1 : at.offset + depth.weight; }
  __device__ Int right(const Column& at, const Depth& depth) const { return depth.answer < 0 ? -1 : at.offset + depth.answer; }
  __device__ Int result(Int product, Int c, Int n) const { return this->image(n, product / this->inputs, c, product % this->inputs); }
};

template <class Int, int DIMS>
struct UnsharedPaired : Unshared<Int, DIMS> {
  static constexpr bool LEFT_ALONG_DEPTH = false, RIGHT_ALONG_DEPTH = false;
  Int products, rows, columns, depths;
  using Unshared<Int, DIMS>::s;

  __device__ explicit UnsharedPaired(const Sizes<Int, DIMS>& sizes)
      : Unshared<Int, DIMS>(sizes), products(s.groups * this->outputs), rows(s.out_channels), columns(s.in_channels * this->taps),
        depths(s.batch) {}

  struct Row { Int offset; };            // y_bar[0, g M + m, o]
  struct Column { Int offset; };         // x[0, g C + c, i(o, k)], -1 in the padding
  struct Depth { Int answer, image; };   // y_bar[n, 0, 0]; x[n, 0, 0]

  __device__ Row row(Int product, Int m) const { return {this->answer(0, product / this->outputs, m, product % this->outputs)}; }
  __device__ Column column(Int product, Int number) const {
    Int o[DIMS], k[DIMS], start[DIMS], step[DIMS];
    const Int g = unflat(product, s.output, o), c = unflat(number, s.kernel, k);
    s.window(o, start);
    s.taps(k, step);
    const Int i = s.input_of(start, step);
    return {i < 0 ? -1 : this->image(0, g, c, i)};
  }
  __device__ Depth depth(Int, Int n) const { return {this->answer(n, 0, 0, 0), this->image(n, 0, 0, 0)}; }
  __device__ Int left(const Row& at, const Depth& depth) const { return at.offset + depth.answer; }
  __device__ Int right(const Column& at, const Depth& depth) const { return at.offset < 0 ? -1 : at.offset + depth.image; }
  __device__ Int result(Int product, Int m, Int number) const {
    return this->weight(product / this->outputs, m, number / this->taps, product % this->outputs, number % this->taps);
  }
};
