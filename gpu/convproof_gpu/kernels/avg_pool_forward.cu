// avg_pool_forward: the mean of each window; sliding, adaptive and global windows alike.
//
//   y[n, c, o] = (1 / d_o) sum_i  x[n, c, i]       over the taps i of window o in the input
//   d_o = fixed unless it is 0, else how many taps of window o lie in -below <= i < I + above
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         x (N, C, *I)   y (N, C, *O), C-contiguous
// Mapping        one thread owns a window; neighbours have neighbouring windows
// Order of sum   i, row-major, ascending, in one float; divided once
// Races          none: one thread owns an output
// Preconditions  a thread for every window; every window reads some input
#include "windows.cuh"

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256, 1)
avg_pool_forward(const T* __restrict__ x, T* __restrict__ y, const Windows<Int, DIMS> windows, const Counted<Int, DIMS> counted,
                 const float fixed) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= windows.planes * volume(windows.output)) return;
  Int o[DIMS];
  const T* image = x + unflat(number, windows.output, o) * volume(windows.input);
  float sum = 0.0f;
  windows.taps(o).each(windows.input, [&](Int i, const Int (&)[DIMS]) { sum += widened(image[i]); });
  y[number] = rounded<T>(sum / divisor(windows, counted, fixed, o));
}
