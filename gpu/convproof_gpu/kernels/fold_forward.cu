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
  Int k[DIMS], first[DIMS], apart[DIMS];
  bool more = true;
#pragma unroll
  for (int d = 0; d < DIMS; d++) {  // where taps are not dilated, those meet an output that leave the same rest by the stride
    const bool leaps = sizes.dilation[d] == 1;
    const Int rest = place.start[d] % sizes.stride[d];
    first[d] = leaps ? (rest < 0 ? rest + sizes.stride[d] : rest) : 0;
    apart[d] = leaps ? sizes.stride[d] : 1;
    k[d] = first[d];
    more &= first[d] < sizes.kernel[d];
  }
  float sum = 0.0f;
  while (more) {
    Int tap = 0;
#pragma unroll
    for (int d = 0; d < DIMS; d++) tap = tap * sizes.kernel[d] + k[d];
    const Int at = map.source(place, k, tap);
    if (at >= 0) sum += widened(x[at]);
    more = advance(k, sizes.kernel, first, apart);
  }
  y[map.result(place, 0)] = rounded<T>(sum);
}
