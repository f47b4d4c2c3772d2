// avg_pool_input_vjp: each cotangent is shared out evenly to the taps of its window, gathered.
//
//   x_bar[n, c, i] = sum_o  y_bar[n, c, o] / d_o       over the windows o that read i
//   d_o = fixed unless it is 0, else how many taps of window o lie in -below <= i < I + above
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         y_bar (N, C, *O)   x_bar (N, C, *I), C-contiguous
// Mapping        one thread owns an input and looks at the windows that cover it; neighbours have neighbouring inputs.
//                In bands: blocks divide the cotangents of the windows that read their inputs; or have
//                whole planes with a window each: see bands.cuh
// Order of sum   o, row-major, ascending, in one float; each cotangent is divided before
// Races          none: a gather; no atomics
// Preconditions  a thread for every input, or a block for every band or its planes; every window reads some input
#include "bands.cuh"

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

template <class T, class Pane>
__global__ void __launch_bounds__(256, Pane::STRIDE == 1 ? 5 : 6)
avg_pool_input_vjp_bands(const T* __restrict__ y_bar, T* __restrict__ x_bar, const Bands bands, const Counted<int, 2> counted,
                         const float fixed) {
  __shared__ __align__(16) T held[STAGED + SLACK<T>];
  __shared__ float shares[Pane::WINDOWS];
  const Part part = bands.part(bands.input[0]);
  const Rows own = part.rows, windows = bands.readers<Pane>(own);
  const T* const bars = y_bar + part.offset(windows, bands.output);
  each_window<Pane>(bands, part.planes, windows, [&](int plane, int row, int column) {
#pragma unroll
    for (int e = 0; e < Pane::EACH; e++) {
      const int number = (plane * windows.count() + row + e - windows.begin) * bands.output[1] + column;
      if (row + e < windows.end) shares[number] = widened(bars[number]) / divisor<Pane>(bands, counted, fixed, row + e, column);
    }
  });
  __syncthreads();
  T* const to = x_bar + part.offset(own, bands.input);
  T* const made = held + beyond(to);
  gathered<Pane>(bands, part, windows, 0.0f, [&](int o) { return shares[o]; }, [](float share, int, int) { return share; }, made);
  __syncthreads();
  written(to, made, part.elements(own, bands.input));
}

template <class T>
__global__ void __launch_bounds__(256, 8)
avg_pool_input_vjp_whole(const T* __restrict__ y_bar, T* __restrict__ x_bar, const Whole whole, const float fixed) {
  __shared__ float shares[STAGED / 4];
  for (int n = threadIdx.x; n < whole.count(); n += CREW) shares[n] = 0.0f + widened(y_bar[whole.first() + n]) / fixed;
  __syncthreads();
  spread(whole, x_bar + whole.offset(), [&](int n, int) { return shares[n]; });
}
