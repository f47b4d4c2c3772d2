// Sums and maxima along one axis of an array (outer, size, inner), by threads that share a line.
//
//   line l is the elements  first + inner e,  e < size,  of  first = l / inner * size * inner + l % inner
//
// Mapping        a block has THREADS threads, `lanes` for each line; lane j takes the vectors j, j + lanes, ... of
//                WIDTH elements, 1 where inner is not. Where inner is 1, neighbouring threads share a line; else
//                they have neighbouring lines
// Order of sum   each lane's elements ascending, then the lanes in a binary tree: where they share a line, lane j
//                and lane j ^ step within a warp, then the warps ascending; else lane j takes that of lane j + step
// Races          none: between a write and a read of shared memory there is a barrier
// Preconditions  lanes is a power of two, at most THREADS; every thread of a block comes to every exchange; with
//                WIDTH > 1 inner is 1, size a multiple of it, and the array begins at a multiple of 16 bytes
#pragma once
#include "vectors.cuh"

constexpr int THREADS = 256, WARP = 32;

// A thread among those that make one number: `apart` threads lie between neighbours of `count`.
struct Lanes {
  int lane, count, apart;
};

template <class Int>
struct Lines {
  Int count, size, inner, lanes;
};

// What a thread takes of its line; nothing, of a line that is not there.
template <class Int>
struct Portion {
  Lanes lanes;
  bool there;
  Int line, first, size, step; // elements lie `step` apart

  __device__ explicit Portion(const Lines<Int>& lines) {
    const int thread = threadIdx.x, count = static_cast<int>(lines.lanes), each = THREADS / count;
    const bool shared = lines.inner == 1;
    lanes = Lanes{shared ? thread % count : thread / each, count, shared ? 1 : each};
    line = static_cast<Int>(blockIdx.x) * each + (shared ? thread / count : thread % each);
    there = line < lines.count;
    first = there ? line / lines.inner * lines.size * lines.inner + line % lines.inner : 0;
    size = there ? lines.size : 0;
    step = lines.inner;
  }

  // f(offset) of each of the thread's elements, one by one.
  template <class Function>
  __device__ void each(const Function& f) const {
    for (Int e = lanes.lane; e < size; e += lanes.count) f(first + e * step);
  }

  // f(k, offset) of each of its vectors, k < VECTORS, of a line that the lanes hold.
  template <int VECTORS, int WIDTH, class Function>
  __device__ void vectors(const Function& f) const {
    const int end = static_cast<int>(size);  // lanes hold it
#pragma unroll
    for (int k = 0; k < VECTORS; k++) {
      const int e = (lanes.lane + k * lanes.count) * WIDTH;
      if (e < end) f(k, first + e * (WIDTH > 1 ? 1 : step));
    }
  }

  // The thread's elements; `nothing` where the line has ended.
  template <int WIDTH, class T, int EACH>
  __device__ void load(const T* __restrict__ x, const float nothing, float (&v)[EACH]) const {
    Vector<T, WIDTH> held[EACH / WIDTH];  // so that all loads are under way before a number is widened
    const T none = rounded<T>(nothing);
#pragma unroll
    for (int k = 0; k < EACH; k++) held[k / WIDTH].at[k % WIDTH] = none;
    vectors<EACH / WIDTH, WIDTH>([&](int k, Int at) { held[k] = loaded<WIDTH>(x + at); });
#pragma unroll
    for (int k = 0; k < EACH; k++) v[k] = widened(held[k / WIDTH].at[k % WIDTH]);
  }

  template <int WIDTH, class T, int EACH>
  __device__ void store(T* __restrict__ y, const float (&v)[EACH]) const {
    vectors<EACH / WIDTH, WIDTH>([&](int k, Int at) {
      Vector<T, WIDTH> made;
#pragma unroll
      for (int i = 0; i < WIDTH; i++) made.at[i] = rounded<T>(v[k * WIDTH + i]);
      ::store(y + at, made);
    });
  }
};

__device__ inline float plus(float a, float b) { return a + b; }
__device__ inline float greater(float a, float b) { return fmaxf(a, b); }  // passes over NaN

// What lanes make together of one number each; every one of them gets it.
template <float (*combine)(float, float)>
__device__ inline float together(float (&held)[THREADS], const Lanes& lanes, float mine) {
  if (lanes.count == 1) return mine;
  const int thread = threadIdx.x;
  if (lanes.apart == 1) {
    const int within = lanes.count < WARP ? lanes.count : WARP;
    for (int step = within / 2; step > 0; step /= 2) mine = combine(mine, __shfl_xor_sync(0xffffffffu, mine, step));
    if (lanes.count <= WARP) return mine;
    const int first = (thread - lanes.lane) / WARP;
    __syncthreads();  // what was held before has been read
    if (thread % WARP == 0) held[thread / WARP] = mine;
    __syncthreads();
    mine = held[first];
    for (int warp = 1; warp < lanes.count / WARP; warp++) mine = combine(mine, held[first + warp]);
    return mine;
  }
  __syncthreads();  // what was held before has been read
  held[thread] = mine;
  for (int step = lanes.count / 2; step > 0; step /= 2) {
    __syncthreads();
    if (lanes.lane < step) held[thread] = combine(held[thread], held[thread + step * lanes.apart]);
  }
  __syncthreads();
  return held[thread - lanes.lane * lanes.apart];
}

__device__ inline float lowest() { return __int_as_float(static_cast<int>(0xff800000u)); }  // minus infinity
__device__ inline float not_a_number() { return __int_as_float(0x7fc00000); }

// max x and sum exp(x - max x) of a line.
struct Exponentials {
  float greatest, total;
};

// Of a line that is read as often as it is needed.
template <class T, class Int>
__device__ inline Exponentials exponentials(float (&held)[THREADS], const Portion<Int>& portion, const T* __restrict__ x) {
  float greatest = lowest(), total = 0.0f;
  portion.each([&](Int at) { greatest = greater(greatest, widened(x[at])); });
  greatest = together<greater>(held, portion.lanes, greatest);
  portion.each([&](Int at) { total += expf(widened(x[at]) - greatest); });
  return {greatest, together<plus>(held, portion.lanes, total)};
}

// Of a line whose elements x are held: they become exp(x - max x). Minus infinity adds nothing to either.
template <class Int, int EACH>
__device__ inline Exponentials exponentials(float (&held)[THREADS], const Portion<Int>& portion, float (&v)[EACH]) {
  float greatest = lowest(), total = 0.0f;
#pragma unroll
  for (int k = 0; k < EACH; k++) greatest = greater(greatest, v[k]);
  greatest = together<greater>(held, portion.lanes, greatest);
#pragma unroll
  for (int k = 0; k < EACH; k++) total += v[k] = expf(v[k] - greatest);
  return {greatest, together<plus>(held, portion.lanes, total)};
}

// power / total, as rounded as a quotient is: the quotient of the reciprocal and what it leaves over.
struct Over {
  float total, reciprocal;

  __device__ explicit Over(float all) : total(all), reciprocal(1.0f / all) {}
  __device__ float operator()(float power) const {  // of 0 <= power <= total, 1 <= total
    const float quotient = power * reciprocal;
    return fmaf(fmaf(-quotient, total, power), reciprocal, quotient);
  }
};
