// y[i] = f(x[i], ...) for every element, WIDTH neighbours as one load and one store.
//
// Mapping        a thread owns WIDTH neighbouring elements; the last one, those that are left, one by one
// Preconditions  with WIDTH > 1 every array begins at a multiple of WIDTH elements
#pragma once
#include "element.cuh"

template <class T, int WIDTH>
struct alignas(sizeof(T) * WIDTH) Vector {
  T at[WIDTH];
};

template <int WIDTH, class T>
__device__ inline Vector<T, WIDTH> loaded(const T* from) { return *reinterpret_cast<const Vector<T, WIDTH>*>(from); }
template <int WIDTH, class T>
__device__ inline void store(T* to, const Vector<T, WIDTH>& v) { *reinterpret_cast<Vector<T, WIDTH>*>(to) = v; }

template <int WIDTH, class Int, class T, class Function, class... Inputs>
__device__ inline void elementwise(const Int n, T* y, const Function& f, const Inputs*... x) {
  const Int first = (static_cast<Int>(blockIdx.x) * blockDim.x + threadIdx.x) * WIDTH;
  if (first + WIDTH <= n) {
    const auto all = [&](const Vector<Inputs, WIDTH>&... v) {
      Vector<T, WIDTH> made;
#pragma unroll
      for (int k = 0; k < WIDTH; k++) made.at[k] = rounded<T>(f(widened(v.at[k])...));
      return made;
    };
    store(y + first, all(loaded<WIDTH>(x + first)...));
  } else {
    for (Int i = first; i < n; i++) y[i] = rounded<T>(f(widened(x[i])...));
  }
}
