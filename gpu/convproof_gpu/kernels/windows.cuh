// Pooling windows: what each reads, and by whom an input is read, as ranges along each axis.
//
//   window o covers   floor(stride o / parts) - low <= i < ceil((stride o + reach) / parts) - low
//
// and reads every dilation-th position of these, from the first on, that lies in the input.
//
//   pooling    stride   reach         parts   dilation   low
//   sliding    s        t (K-1) + 1   1       t          p
//   adaptive   I        I             O       1          0
//
// Stands in      convproof/index_maps/windows.py
#pragma once
#include "element.cuh"
#include "sizes.cuh"

// a / b, both of them at least 0. Most divisors here are 1, and a branch that all threads take is cheaper than a quotient.
template <class Int>
__device__ inline Int over(Int a, Int b) {
  return b == 1 ? a : a / b;
}

// The positions begin, begin + step, ... below end of each axis.
template <class Int, int DIMS>
struct Box {
  Int begin[DIMS], end[DIMS], step[DIMS];

  // f(number, position) of each, row-major.
  template <class Function>
  __device__ void each(const Int (&sizes)[DIMS], const Function& f) const {
    Int at[DIMS];
    along<0>(sizes, at, Int(0), f);
  }

  // How many there are, if there are some along each axis.
  __device__ Int count() const {
    Int all = 1;
#pragma unroll
    for (int d = 0; d < DIMS; d++) all *= over(end[d] - begin[d] + step[d] - 1, step[d]);
    return all;
  }

 private:
  template <int D, class Function>
  __device__ void along(const Int (&sizes)[DIMS], Int (&at)[DIMS], const Int number, const Function& f) const {
    if constexpr (D == DIMS) {
      f(number, at);
    } else {
      for (at[D] = begin[D]; at[D] < end[D]; at[D] += step[D]) along<D + 1>(sizes, at, number * sizes[D] + at[D], f);
    }
  }
};

// A mean counts the taps in -below <= i < I + above, of which those in the input are read.
template <class Int, int DIMS>
struct Counted {
  Int below[DIMS], above[DIMS];
};

template <class Integer, int AXES>
struct Windows {
  using Int = Integer;
  static constexpr int DIMS = AXES;

  Int planes;  // N C
  Int input[DIMS], output[DIMS], stride[DIMS], reach[DIMS], parts[DIMS], dilation[DIMS], low[DIMS];

  __device__ Int first(int d, Int o) const { return over(stride[d] * o, parts[d]) - low[d]; }  // of a window

  // The taps of window o in the input.
  __device__ Box<Int, DIMS> taps(const Int (&o)[DIMS]) const { return taps(o, Counted<Int, DIMS>{}); }

  // The taps of window o that a mean counts.
  __device__ Box<Int, DIMS> taps(const Int (&o)[DIMS], const Counted<Int, DIMS>& counted) const {
    Box<Int, DIMS> box;
#pragma unroll
    for (int d = 0; d < DIMS; d++) {
      const Int begin = first(d, o[d]), missing = -counted.below[d] - begin;
      const Int end = over(stride[d] * o[d] + reach[d] + parts[d] - 1, parts[d]) - low[d], most = input[d] + counted.above[d];
      box.begin[d] = missing <= 0 ? begin : begin + dilation[d] * over(missing + dilation[d] - 1, dilation[d]);
      box.end[d] = end < most ? end : most;
      box.step[d] = dilation[d];
    }
    return box;
  }

  // The windows that cover input i: of these, `reads` says which read it.
  __device__ Box<Int, DIMS> readers(const Int (&i)[DIMS]) const {
    Box<Int, DIMS> box;
#pragma unroll
    for (int d = 0; d < DIMS; d++) {
      const Int place = parts[d] * (i[d] + low[d]), end = over(place + parts[d] + stride[d] - 1, stride[d]);
      box.begin[d] = place < reach[d] ? 0 : over(place - reach[d], stride[d]) + 1;
      box.end[d] = end < output[d] ? end : output[d];
      box.step[d] = 1;
    }
    return box;
  }

  // Whether a tap of window o lies at i, which the window covers.
  __device__ bool reads(const Int (&o)[DIMS], const Int (&i)[DIMS]) const {
    bool all = true;
#pragma unroll
    for (int d = 0; d < DIMS; d++) all = all && (dilation[d] == 1 || (i[d] - first(d, o[d])) % dilation[d] == 0);
    return all;
  }
};

// Where the first maximum of window o of the plane at x lies; the first NaN is one.
template <class T, class Int, int DIMS>
__device__ inline Int first_maximum(const Windows<Int, DIMS>& windows, const T* __restrict__ x, const Int (&o)[DIMS]) {
  Int where = -1;
  float greatest = 0.0f;
  windows.taps(o).each(windows.input, [&](Int i, const Int (&)[DIMS]) {
    const float v = widened(x[i]);
    if (where < 0 || v > greatest || (v != v && greatest == greatest)) {
      greatest = v;
      where = i;
    }
  });
  return where;
}

// What the sum over window o is divided by: `fixed` unless it is 0, else how many taps count.
template <class Int, int DIMS>
__device__ inline float divisor(const Windows<Int, DIMS>& windows, const Counted<Int, DIMS>& counted, float fixed, const Int (&o)[DIMS]) {
  return fixed != 0.0f ? fixed : static_cast<float>(windows.taps(o, counted).count());
}
