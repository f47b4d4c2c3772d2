// max_unpool_last: which entry, of those that name one position of the output, is the last.
//
//   last[p, j] = max {p inputs + o : indices[p, o] = j}, or -1 if there is none
//
// Shapes         indices (P, inputs)   last (P, outputs), of P planes, C-contiguous
// Mapping        two kernels: one thread owns a position and clears it; then one thread owns an entry
// Order of sum   there is none
// Races          none but an integer maximum by atomics, which is the same in any order
// Preconditions  a thread for every position, then for every entry; an index outside the output names nothing
#include "planes.cuh"

template <class Int>
__global__ void __launch_bounds__(256) max_unpool_clear(Int* __restrict__ last, const Int n) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= n) return;
  last[number] = -1;
}

template <class Int>
__global__ void __launch_bounds__(256)
max_unpool_last(const long long* __restrict__ indices, Int* __restrict__ last, const Planes<Int> planes) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= planes.count * planes.inputs) return;
  const Int at = planes.named(number, indices[number]);
  if (at >= 0) atomicMax(last + at, number);
}
