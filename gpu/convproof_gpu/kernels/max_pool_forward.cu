// max_pool_forward: the maximum of each window, and where it lies; sliding, adaptive and global windows alike.
//
//   y[n, c, o] = max_i x[n, c, i]       over the taps i of window o in the input; NaN is greater than every number
//   indices[n, c, o] = the first such i, a row-major number
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         x (N, C, *I)   y (N, C, *O)   indices (N, C, *O) or null, C-contiguous
// Mapping        one thread owns a window; neighbours have neighbouring windows
// Order of sum   there is none; the first maximum is that of taps in row-major order
// Races          none: one thread owns an output
// Preconditions  a thread for every window; every window reads some input
#include "windows.cuh"

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256, 1)
max_pool_forward(const T* __restrict__ x, T* __restrict__ y, long long* __restrict__ indices, const Windows<Int, DIMS> windows) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= windows.planes * volume(windows.output)) return;
  Int o[DIMS];
  const T* image = x + unflat(number, windows.output, o) * volume(windows.input);
  const Int where = first_maximum(windows, image, o);
  y[number] = image[where];
  if (indices != nullptr) indices[number] = where;
}
