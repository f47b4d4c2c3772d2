// unfold_forward: im2col, every window of the input as a column; also the derivative of col2im.
//
//   y[n, c K + k, o] = x[n, c, i(o, k)]       i(o, k) = stride o + dilation k - low; zero outside the input
//
// Stands in      convproof/index_maps/unfolding.py, Unfolded
// Shapes         x (N, C, *I)   y (N, C K, O), taps and positions row-major, C-contiguous
// Mapping        one thread owns the taps of a window (n, c, o); neighbours have neighbouring windows
// Order of sum   there is none
// Races          none: one thread owns an output
// Preconditions  a thread for every window of every channel
#include "element.cuh"
#include "unfolding.cuh"

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256) unfold_forward(const T* __restrict__ x, T* __restrict__ y, const Sizes<Int, DIMS> sizes) {
  const Unfolded<Int, DIMS> map(sizes);
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= map.count) return;
  const typename Unfolded<Int, DIMS>::Place place = map.place(number);
  Int k[DIMS] = {};
  for (Int tap = 0; tap < map.taps; tap++) {
    const Int at = map.source(place, k, tap);
    y[map.result(place, tap)] = at < 0 ? rounded<T>(0.0f) : x[at];
    advance(k, sizes.kernel);
  }
}
