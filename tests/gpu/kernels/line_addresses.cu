// line_addresses: what lines.cuh, norm.cuh, maxout.cuh, planes.cuh and vectors.cuh say of threads, lines and channels.
#include "lines.cuh"
#include "maxout.cuh"
#include "norm.cuh"
#include "planes.cuh"

__device__ inline int number_of_thread() { return blockIdx.x * blockDim.x + threadIdx.x; }

// Of each thread (line, lane, first); and which thread has an element, one by one and in its vectors, of (thread, k, i).
template <class Int, int WIDTH, int VECTORS>
__global__ void portions(Int* threads, int* each, int* vectors, const Lines<Int> lines) {
  const Portion<Int> portion(lines);
  const int number = number_of_thread();
  threads[3 * number] = portion.line;
  threads[3 * number + 1] = portion.lanes.lane;
  threads[3 * number + 2] = portion.first;
  portion.each([&](Int at) { each[at] += 1 + number; });
  portion.template vectors<VECTORS, WIDTH>([&](int k, Int at) {
    for (int i = 0; i < WIDTH; i++) vectors[at + i] += 1 + (number * VECTORS + k) * WIDTH + i;
  });
}

// Which thread makes an element.
template <class Int, int WIDTH>
__global__ void neighbours(const float* x, float* y, const Int n) {
  const int number = number_of_thread();
  elementwise<WIDTH>(n, y, [=](float) { return static_cast<float>(number); }, x);
}

// Of each channel (begin, end, begin_of_readers, end_of_readers).
template <class Int>
__global__ void windows_of_channels(Int* found, const Window<Int> window) {
  for (Int c = 0; c < window.channels; c++) {
    found[4 * c] = window.begin(c);
    found[4 * c + 1] = window.end(c);
    found[4 * c + 2] = window.begin_of_readers(c);
    found[4 * c + 3] = window.end_of_readers(c);
  }
}

// Of each thread (there, origin, begin, end).
template <class Int>
__global__ void walks(Int* found, const Window<Int> window) {
  const Walk<Int> walk(window);
  Int* const mine = found + 4 * number_of_thread();
  mine[0] = walk.there;
  mine[1] = walk.origin;
  mine[2] = walk.begin;
  mine[3] = walk.end;
}

// Of each output where its unit lies.
template <class Int>
__global__ void firsts(Int* found, const Units<Int> units) {
  for (Int output = 0; output < units.count; output++) found[output] = units.first(output);
}

// Of each entry and index from -1 to `outputs` where the position lies.
template <class Int>
__global__ void named_positions(Int* found, const Planes<Int> planes) {
  for (Int entry = 0; entry < planes.count * planes.inputs; entry++)
    for (Int index = -1; index <= planes.outputs; index++)
      found[entry * (planes.outputs + 2) + 1 + index] = planes.named(entry, index);
}
