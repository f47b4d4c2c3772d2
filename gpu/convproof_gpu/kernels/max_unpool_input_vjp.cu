// max_unpool_input_vjp: the cotangent of the position that an entry names, if the entry is the last that does.
//
//   x_bar[p, o] = y_bar[p, indices[p, o]] if last[p, indices[p, o]] = p inputs + o, 0 otherwise
//
// Shapes         indices (P, inputs)   last (P, outputs) of max_unpool_last   y_bar (P, outputs)   x_bar (P, inputs), C-contiguous
// Mapping        one thread owns an entry; neighbours have neighbouring entries
// Order of sum   there is none
// Races          none: a gather; no atomics
// Preconditions  a thread for every entry; an index outside the output names nothing
#include "element.cuh"
#include "planes.cuh"

template <class T, class Int>
__global__ void __launch_bounds__(256)
max_unpool_input_vjp(const long long* __restrict__ indices, const Int* __restrict__ last, const T* __restrict__ y_bar,
                     T* __restrict__ x_bar, const Planes<Int> planes) {
  const Int number = static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= planes.count * planes.inputs) return;
  const Int at = planes.named(number, indices[number]);
  x_bar[number] = at >= 0 && last[at] == number ? y_bar[at] : rounded<T>(0.0f);
}
