// max_pool_input_vjp: each cotangent goes to the first maximum of its window, gathered.
//
//   x_bar[n, c, i] = sum_o  y_bar[n, c, o]       over the windows o with firsts[n, c, o] = i
//   firsts[n, c, o] = the first maximum of window o, a row-major number
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         x (N, C, *I)   firsts (N, C, *O)   y_bar (N, C, *O)   x_bar (N, C, *I), C-contiguous
// Mapping        two kernels: one thread owns a window and finds its first maximum; then one thread owns an input and
//                looks at the windows that cover it; neighbours have neighbouring windows, and inputs
// Order of sum   o, row-major, ascending, in one float
// Races          none: a gather; no atomics
// Preconditions  a thread for every window, then for every input; every window reads some input
#include "windows.cuh"

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256, 1)
max_pool_firsts(const T* __restrict__ x, Int* __restrict__ firsts, const Windows<Int, DIMS> windows) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= windows.planes * volume(windows.output)) return;
  Int o[DIMS];
  const T* image = x + unflat(number, windows.output, o) * volume(windows.input);
  firsts[number] = first_maximum(windows, image, o);
}

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256, 1)
max_pool_input_vjp(const Int* __restrict__ firsts, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Windows<Int, DIMS> windows) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  const Int inputs = volume(windows.input);
  if (number >= windows.planes * inputs) return;
  Int i[DIMS];
  const Int plane = unflat(number, windows.input, i), image = plane * volume(windows.output), place = number - plane * inputs;
  float sum = 0.0f;
  windows.readers(i).each(windows.output, [&](Int o, const Int (&)[DIMS]) {
    if (firsts[image + o] == place) sum += widened(y_bar[image + o]);
  });
  x_bar[number] = rounded<T>(sum);
}
