// The maps of im2col and of its adjoint.
//
//   map        result                 a thread's   its loop   source
//   Unfolded   y[n, c K + k, o]       (n, c, o)    k          x[n, c, i(o, k)]
//   Folded     y[n, c, i]             (n, c, i)    k          x[n, c K + k, o(i, k)]
//
// Stands in      convproof/index_maps/unfolding.py
#pragma once
#include "sizes.cuh"

// The next tap, row-major.
template <class Int, int DIMS>
__device__ inline void advance(Int (&k)[DIMS], const Int (&sizes)[DIMS]) {
#pragma unroll
  for (int d = DIMS - 1; d >= 0; d--) {
    if (++k[d] < sizes[d]) return;
    k[d] = 0;
  }
}

// The next of the taps that lie `apart` from `first`, row-major; false after the last.
template <class Int, int DIMS>
__device__ inline bool advance(Int (&k)[DIMS], const Int (&sizes)[DIMS], const Int (&first)[DIMS], const Int (&apart)[DIMS]) {
#pragma unroll
  for (int d = DIMS - 1; d >= 0; d--) {
    k[d] += apart[d];
    if (k[d] < sizes[d]) return true;
    k[d] = first[d];
  }
  return false;
}

template <class Integer, int DIMS>
struct Unfolded {
  using Int = Integer;
  Sizes<Int, DIMS> s;  // C channels in, C K out
  Int taps, inputs, outputs, count;

  __device__ explicit Unfolded(const Sizes<Int, DIMS>& sizes)
      : s(sizes), taps(volume(s.kernel)), inputs(volume(s.input)), outputs(volume(s.output)), count(s.batch * s.in_channels * outputs) {}

  struct Place { Int image, column, start[DIMS]; };  // x[n, c, 0]; y[n, c K, o]; stride o - low

  __device__ Place place(Int number) const {
    Int o[DIMS];
    Place at;
    const Int plane = unflat(number, s.output, o);
    at.image = plane * inputs;
    at.column = plane * taps * outputs + number % outputs;
    s.window(o, at.start);
    return at;
  }
  __device__ Int source(const Place& at, const Int (&k)[DIMS], Int) const {
    Int step[DIMS];
    s.taps(k, step);
    const Int i = s.input_of(at.start, step);
    return i < 0 ? -1 : at.image + i;
  }
  __device__ Int result(const Place& at, Int tap) const { return at.column + tap * outputs; }
};

template <class Integer, int DIMS>
struct Folded {
  using Int = Integer;
  Sizes<Int, DIMS> s;  // of the unfolding whose adjoint it is
  Int taps, inputs, outputs, count;

  __device__ explicit Folded(const Sizes<Int, DIMS>& sizes)
      : s(sizes), taps(volume(s.kernel)), inputs(volume(s.input)), outputs(volume(s.output)), count(s.batch * s.in_channels * inputs) {}

  struct Place { Int image, columns, start[DIMS]; };  // y[n, c, i]; x[n, c K, 0]; i + low

  __device__ Place place(Int number) const {
    Int i[DIMS];
    Place at;
    at.image = number;
    at.columns = unflat(number, s.input, i) * taps * outputs;
    s.lifted(i, at.start);
    return at;
  }
  __device__ Int source(const Place& at, const Int (&k)[DIMS], Int tap) const {
    Int step[DIMS];
    s.taps(k, step);
    const Int o = s.output_of(at.start, step);
    return o < 0 ? -1 : at.columns + tap * outputs + o;
  }
  __device__ Int result(const Place& at, Int) const { return at.image; }
};
