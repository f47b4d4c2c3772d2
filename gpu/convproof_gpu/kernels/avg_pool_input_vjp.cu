// avg_pool_input_vjp: each cotangent is shared out evenly to the taps of its window, gathered.
//
//   x_bar[n, c, i] = sum_o  y_bar[n, c, o] / d_o       over the windows o that read i
//   d_o = fixed unless it is 0, else how many taps of window o lie in -below <= i < I + above
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         y_bar (N, C, *O)   x_bar (N, C, *I), C-contiguous
// Mapping        one thread owns an input and looks at the windows that cover it; neighbours have neighbouring inputs
// Order of sum   o, row-major, ascending, in one float; each cotangent is divided before
// Races          none: a gather; no atomics
// Preconditions  a thread for every input; every window reads some input
#include "windows.cuh"

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256, 1)
avg_pool_input_vjp(const T* __restrict__ y_bar, T* __restrict__ x_bar, const Windows<Int, DIMS> windows, const Counted<Int, DIMS> counted,
                   const float fixed) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= windows.planes * volume(windows.input)) return;
  Int i[DIMS];
  const T* image = y_bar + unflat(number, windows.input, i) * volume(windows.output);
  float sum = 0.0f;
  windows.readers(i).each(windows.output, [&](Int at, const Int (&o)[DIMS]) {
    if (windows.reads(o, i)) sum += widened(image[at]) / divisor(windows, counted, fixed, o);
  });
  x_bar[number] = rounded<T>(sum);
}
