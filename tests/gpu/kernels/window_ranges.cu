// window_ranges: what windows.cuh says of every window and of every input, and in which order it goes through them.
//
// Shapes         taps (O, 3, DIMS)   counts (O)   visits (O, I)   readers (I, 3, DIMS)   visitors (I, O)
#include "windows.cuh"

// How far each position of the box is in its order, from 1 on; 0 of those that are not in it.
template <class Int, int DIMS, class Function>
__device__ void number(const Box<Int, DIMS>& box, const Int (&sizes)[DIMS], Int* numbers, const Function& is_there) {
  for (Int i = 0; i < volume(sizes); i++) numbers[i] = 0;
  Int many = 0;
  box.each(sizes, [&](Int i, const Int (&at)[DIMS]) {
    if (is_there(at)) numbers[i] = flat(at, sizes) == i ? ++many : -1;
  });
}

template <class Int, int DIMS>
__device__ void write(const Box<Int, DIMS>& box, Int* to) {
  for (int d = 0; d < DIMS; d++) {
    to[d] = box.begin[d];
    to[DIMS + d] = box.end[d];
    to[2 * DIMS + d] = box.step[d];
  }
}

template <class Int, int DIMS>
__global__ void window_ranges(Int* taps, Int* counts, Int* visits, Int* readers, Int* visitors, const Windows<Int, DIMS> windows,
                              const Counted<Int, DIMS> counted) {
  const Int inputs = volume(windows.input), outputs = volume(windows.output);
  for (Int n = 0; n < outputs; n++) {
    Int o[DIMS];
    unflat(n, windows.output, o);
    write(windows.taps(o, counted), taps + n * 3 * DIMS);
    counts[n] = static_cast<Int>(divisor(windows, counted, 0.0f, o));
    number(windows.taps(o), windows.input, visits + n * inputs, [](const Int (&)[DIMS]) { return true; });
  }
  for (Int n = 0; n < inputs; n++) {
    Int i[DIMS];
    unflat(n, windows.input, i);
    write(windows.readers(i), readers + n * 3 * DIMS);
    number(windows.readers(i), windows.output, visitors + n * outputs, [&](const Int (&o)[DIMS]) { return windows.reads(o, i); });
  }
}
