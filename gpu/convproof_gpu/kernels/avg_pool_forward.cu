// avg_pool_forward: the mean of each window; sliding, adaptive and global windows alike.
//
//   y[n, c, o] = (1 / d_o) sum_i  x[n, c, i]       over the taps i of window o in the input
//   d_o = fixed unless it is 0, else how many taps of window o lie in -below <= i < I + above
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         x (N, C, *I)   y (N, C, *O), C-contiguous
// Mapping        one thread owns a window; neighbours have neighbouring windows. In bands, and of
//                whole planes with a window each: see bands.cuh
// Order of sum   i, row-major, ascending, in one float; divided once
// Races          none: one thread owns an output
// Preconditions  a thread for every window, or a block for every band or its planes; every window reads some input
#include "bands.cuh"

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

// What is outside is 0, which changes no sum that began with 0.
template <class T, class Pane>
__global__ void __launch_bounds__(256, Pane::STRIDE == 1 ? 5 : 8)
avg_pool_forward_bands(const T* __restrict__ x, T* __restrict__ y, const Bands bands, const Counted<int, 2> counted, const float fixed) {
  __shared__ __align__(16) T held[STAGED + SLACK<T>];
  const Part part = bands.part(bands.output[0]);
  const Rows own = part.rows, read = bands.read<Pane>(own);
  const T* run = staged(held, x + part.offset(read, bands.input), part.elements(read, bands.input));
  T* const to = y + part.offset(own, bands.output);
  arrived();
  each_window<Pane>(bands, part.planes, own, [&](int plane, int row, int column) {
    const Taps<T, Pane> taps(bands, run, read, plane, row, column);
    const T outside = rounded<T>(0.0f);
    float v[Pane::ROWS][Pane::SIDE];
#pragma unroll
    for (int j = 0; j < Pane::ROWS; j++) {
#pragma unroll
      for (int k = 0; k < Pane::SIDE; k++) v[j][k] = widened(taps.at(j, k, outside));
    }
#pragma unroll
    for (int e = 0; e < Pane::EACH; e++) {
      float sum = 0.0f;
#pragma unroll
      for (int r = 0; r < Pane::SIDE; r++) {
#pragma unroll
        for (int s = 0; s < Pane::SIDE; s++) sum += v[Pane::STRIDE * e + r][s];
      }
      const int number = (plane * own.count() + row + e - own.begin) * bands.output[1] + column;
      if (row + e < own.end) to[number] = rounded<T>(sum / divisor<Pane>(bands, counted, fixed, row + e, column));
    }
  });
}

template <class T>
__global__ void __launch_bounds__(256, 8)
avg_pool_forward_whole(const T* __restrict__ x, T* __restrict__ y, const Whole whole, const float fixed) {
  __shared__ __align__(16) T held[STAGED + SLACK<T>];
  const T* run = staged(held, x + whole.offset(), whole.count() * whole.size);
  arrived();
  each_plane(whole, run, [&](int n, const T* plane) {
    float sum = 0.0f;
    for (int i = 0; i < whole.size; i++) sum += widened(plane[i]);
    y[whole.first() + n] = rounded<T>(sum / fixed);
  });
}
