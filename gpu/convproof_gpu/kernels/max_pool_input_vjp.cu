// max_pool_input_vjp: each cotangent goes to the first maximum of its window, gathered.
//
//   x_bar[n, c, i] = sum_o  y_bar[n, c, o]       over the windows o with firsts[n, c, o] = i
//   firsts[n, c, o] = the first maximum of window o, a row-major number
//
// Stands in      convproof/index_maps/windows.py, Windows
// Shapes         x (N, C, *I)   firsts (N, C, *O)   y_bar (N, C, *O)   x_bar (N, C, *I), C-contiguous
// Mapping        two kernels: one thread owns a window and finds its first maximum; then one thread owns an input and
//                looks at the windows that cover it; neighbours have neighbouring windows, and inputs. In bands: one kernel
//                whose blocks find the first maxima of the windows that read their inputs; or have
//                whole planes with a window each: see bands.cuh
// Order of sum   o, row-major, ascending, in one float
// Races          none: a gather; no atomics
// Preconditions  a thread for every window, then for every input, or a block for every band or its planes; every window reads some input
#include "bands.cuh"

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

template <class T, class Pane>
__global__ void __launch_bounds__(256, Pane::STRIDE == 1 ? 4 : 6)
max_pool_input_vjp_bands(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Bands bands) {
  struct Reader {
    float y_bar;
    int first;
  };
  constexpr int NONE = 255;  // no tap's number
  __shared__ __align__(16) T held[STAGED + SLACK<T>];
  __shared__ __align__(16) T cotangents[Pane::WINDOWS + SLACK<T>];
  __shared__ unsigned char firsts[Pane::WINDOWS];
  const Part part = bands.part(bands.input[0]);
  const Rows own = part.rows, windows = bands.readers<Pane>(own), read = bands.read<Pane>(windows);
  const T* run = staged(held, x + part.offset(read, bands.input), part.elements(read, bands.input));
  const T* bars = staged(cotangents, y_bar + part.offset(windows, bands.output), part.elements(windows, bands.output));
  arrived();
  each_window<Pane>(bands, part.planes, windows, [&](int plane, int row, int column) {
    maxima(Taps<T, Pane>(bands, run, read, plane, row, column), [&](int e, const Maximum<T>& found) {
      const int number = (plane * windows.count() + row + e - windows.begin) * bands.output[1] + column;
      if (row + e < windows.end) firsts[number] = static_cast<unsigned char>(found.number);
    });
  });
  __syncthreads();
  T* const to = x_bar + part.offset(own, bands.input);
  T* const made = held + beyond(to);  // x is not read any more
  gathered<Pane>(bands, part, windows, Reader{0.0f, NONE}, [&](int o) { return Reader{widened(bars[o]), firsts[o]}; },
                 [](const Reader& o, int r, int s) { return o.first == r * ROW + s ? o.y_bar : 0.0f; }, made);
  __syncthreads();
  written(to, made, part.elements(own, bands.input));
}

template <class T>
__global__ void __launch_bounds__(256, 6)
max_pool_input_vjp_whole(const T* __restrict__ x, const T* __restrict__ y_bar, T* __restrict__ x_bar, const Whole whole) {
  __shared__ __align__(16) T held[STAGED + SLACK<T>];
  __shared__ float bars[STAGED / 4];
  __shared__ int firsts[STAGED / 4];
  const T* run = staged(held, x + whole.offset(), whole.count() * whole.size);
  arrived();
  each_plane(whole, run, [&](int n, const T* plane) {
    Maximum<T> found(0);
    for (int i = 0; i < whole.size; i++) found.take(plane[i], widened(plane[i]), i);
    firsts[n] = found.number;
    bars[n] = 0.0f + widened(y_bar[whole.first() + n]);
  });
  __syncthreads();
  spread(whole, x_bar + whole.offset(), [&](int n, int i) { return firsts[n] == i ? bars[n] : 0.0f; });
}
