// Sums and maxima along one axis of an array (outer, size, inner), by threads that share a line.
//
//   line l is the elements  first + inner e,  e < size,  of  first = l / inner * size * inner + l % inner
//
// Mapping        a block has THREADS threads, `lanes` for each line; lane j takes the elements j, j + lanes, ...
//                Where inner is 1, neighbouring threads share a line; else they have neighbouring lines
// Order of sum   each lane's elements ascending, then the lanes in a binary tree: lane j takes that of lane j + step
// Races          none: a step of the tree reads what the step before has written, with a barrier between
// Preconditions  lanes is a power of two, at most THREADS; every thread of a block comes to every barrier
#pragma once
#include "element.cuh"

constexpr int THREADS = 256;

template <class Int>
struct Lines {
  Int count, size, inner, lanes;
};

// What a thread takes of its line; nothing, of a line that is not there.
template <class Int>
struct Portion {
  int lane, lanes, apart;      // `apart` threads lie between neighbouring lanes
  bool there;
  Int line, first, size, step; // elements lie `step` apart

  __device__ explicit Portion(const Lines<Int>& lines) {
    const int thread = threadIdx.x, each = THREADS / static_cast<int>(lines.lanes);
    lanes = static_cast<int>(lines.lanes);
    apart = lines.inner == 1 ? 1 : each;
    lane = lines.inner == 1 ? thread % lanes : thread / each;
    line = static_cast<Int>(blockIdx.x) * each + (lines.inner == 1 ? thread / lanes : thread % each);
    there = line < lines.count;
    first = there ? line / lines.inner * lines.size * lines.inner + line % lines.inner : 0;
    size = there ? lines.size : 0;
    step = lines.inner;
  }

  // f(offset) of each of the thread's elements.
  template <class Function>
  __device__ void each(const Function& f) const {
    for (Int e = lane; e < size; e += lanes) f(first + e * step);
  }
};

__device__ inline float plus(float a, float b) { return a + b; }
__device__ inline float greater(float a, float b) { return fmaxf(a, b); }  // passes over NaN

// What the lanes of a line make together of one number each; every one of them gets it.
template <float (*combine)(float, float), class Int>
__device__ inline float together(float (&held)[THREADS], const Portion<Int>& portion, float mine) {
  const int thread = threadIdx.x;
  __syncthreads();  // what was held before has been read
  held[thread] = mine;
  for (int step = portion.lanes / 2; step > 0; step /= 2) {
    __syncthreads();
    if (portion.lane < step) held[thread] = combine(held[thread], held[thread + step * portion.apart]);
  }
  __syncthreads();
  return held[thread - portion.lane * portion.apart];
}

__device__ inline float lowest() { return __int_as_float(static_cast<int>(0xff800000u)); }  // minus infinity
__device__ inline float not_a_number() { return __int_as_float(0x7fc00000); }

// max x and sum exp(x - max x) of a line.
struct Exponentials {
  float greatest, total;
};

template <class T, class Int>
__device__ inline Exponentials exponentials(float (&held)[THREADS], const Portion<Int>& portion, const T* __restrict__ x) {
  float greatest = lowest(), total = 0.0f;
  portion.each([&](Int at) { greatest = greater(greatest, widened(x[at])); });
  greatest = together<greater>(held, portion, greatest);
  portion.each([&](Int at) { total += expf(widened(x[at]) - greatest); });
  return {greatest, together<plus>(held, portion, total)};
}
