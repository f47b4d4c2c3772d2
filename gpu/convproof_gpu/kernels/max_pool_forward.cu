// max_pool_forward: the maximum of each window, and where it lies; sliding, adaptive and global windows alike.
//
//   y[n, c, o] = max_i x[n, c, i]       over the taps i of window o in the input; NaN is greater than every number
//   indices[n, c, o] = the first such i, a row-major number
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         x (N, C, *I)   y (N, C, *O)   indices (N, C, *O) or null, C-contiguous
// Mapping        one thread owns a window; neighbours have neighbouring windows. In bands, and of
//                whole planes with a window each: see bands.cuh
// Order of sum   there is none; the first maximum is that of taps in row-major order
// Races          none: one thread owns an output
// Preconditions  a thread for every window, or a block for every band or its planes; every window reads some input
#include "bands.cuh"

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

template <class T, class Pane>
__global__ void __launch_bounds__(256, Pane::STRIDE == 1 ? 5 : 8)
max_pool_forward_bands(const T* __restrict__ x, T* __restrict__ y, const Bands bands) {
  __shared__ __align__(16) T held[STAGED + SLACK<T>];
  const Part part = bands.part(bands.output[0]);
  const Rows own = part.rows, read = bands.read<Pane>(own);
  const T* run = staged(held, x + part.offset(read, bands.input), part.elements(read, bands.input));
  T* const to = y + part.offset(own, bands.output);
  arrived();
  each_window<Pane>(bands, part.planes, own, [&](int plane, int row, int column) {
    maxima(Taps<T, Pane>(bands, run, read, plane, row, column), [&](int e, const Maximum<T>& found) {
      if (row + e < own.end) to[(plane * own.count() + row + e - own.begin) * bands.output[1] + column] = found.value;
    });
  });
}

template <class T>
__global__ void __launch_bounds__(256, 8) max_pool_forward_whole(const T* __restrict__ x, T* __restrict__ y, const Whole whole) {
  __shared__ __align__(16) T held[STAGED + SLACK<T>];
  const T* run = staged(held, x + whole.offset(), whole.count() * whole.size);
  arrived();
  each_plane(whole, run, [&](int n, const T* plane) {
    Maximum<T> found(0);
    for (int i = 0; i < whole.size; i++) found.take(plane[i], widened(plane[i]), i);
    y[whole.first() + n] = found.value;
  });
}
