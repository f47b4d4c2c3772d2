// wrap_forward: the input with a periodic border, which a circular convolution reads.
//
//   y[n, c, p] = x[n, c, i]       i = (p - low) mod I along each axis
//
// Stands in      convproof/index_maps/wrapping.py, Wrapping
// Shapes         x (N, C, *I)   y (N, C, *B), C-contiguous
// Mapping        one thread owns a position of the border; neighbours have neighbouring positions
// Order of sum   there is none
// Races          none: one thread owns an output
// Preconditions  a thread for every output
#include "wrapping.cuh"

template <class T, class Int, int DIMS>
__global__ void __launch_bounds__(256) wrap_forward(const T* __restrict__ x, T* __restrict__ y, const Wrapping<Int, DIMS> wrapping) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= wrapping.planes * volume(wrapping.bordered)) return;
  Int p[DIMS], i[DIMS];
  const Int plane = unflat(number, wrapping.bordered, p);
  wrapping.origin(p, i);
  y[number] = x[plane * volume(wrapping.input) + flat(i, wrapping.input)];
}
