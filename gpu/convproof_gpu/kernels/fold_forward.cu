// fold_forward: col2im, the adjoint of im2col, gathered; also the derivative of im2col.
//
//   y[n, c, i] = sum_k  x[n, c K + k, o(i, k)]       o(i, k) = (i + low - dilation k) / stride, where it is an output
//
// Stands in      convproof/index_maps/unfolding.py, Folded
// Shapes         x (N, C K, O), taps and positions row-major   y (N, C, *I), C-contiguous
// Mapping        one thread owns an output; neighbours have neighbouring positions
// Order of sum   k, row-major, ascending, in one float
// Races          none: a gather; no atomics
// Preconditions  a thread for every output
#include "element.cuh"
#include "unfolding.cuh"

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256) fold_forward(const T* __restrict__ x, T* __restrict__ y, const Sizes<Int, DIMS> sizes) {
  const Folded<Int, DIMS> map(sizes);
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= map.count) return;
  const typename Folded<Int, DIMS>::Place place = map.place(number);
  Int k[DIMS] = {};
  float sum = 0.0f;
  for (Int tap = 0; tap < map.taps; tap++) {
    const Int at = map.source(place, k, tap);
    if (at >= 0) sum += widened(x[at]);
    advance(k, sizes.kernel);
  }
  y[map.result(place, 0)] = rounded<T>(sum);
}
