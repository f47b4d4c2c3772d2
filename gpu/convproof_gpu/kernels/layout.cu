// layout: a batch of matrices transposed: channels first to channels last, and back.
//
//   y[n, c, r] = x[n, r, c]
//
// Shapes         x (N, rows, columns)   y (N, columns, rows), C-contiguous
// Mapping        a block transposes SIDE x SIDE elements in shared memory, a thread every LINES-th of a column;
//                neighbours read, and then write, neighbouring elements
// Order of sum   there is none
// Races          none: a barrier between the writes to shared memory and the reads; no two threads have an element
// Preconditions  a block of 256 threads for every tile of every matrix
#include "element.cuh"

constexpr int SIDE = 32, LINES = 8;

template <class Int>
struct Matrices {
  Int batch, rows, columns;
};

template <class T, class Int>
__global__ void __launch_bounds__(SIDE* LINES) layout(const T* __restrict__ x, T* __restrict__ y, const Matrices<Int> sizes) {
  __shared__ T tile[SIDE][SIDE + 1];  // a column would lie in one bank
  const int line = threadIdx.x / SIDE, across = threadIdx.x % SIDE;
  const Int tiles_across = (sizes.columns + SIDE - 1) / SIDE, tiles_down = (sizes.rows + SIDE - 1) / SIDE;
  Int block = blockIdx.x;
  const Int column = block % tiles_across * SIDE;
  block /= tiles_across;
  const Int row = block % tiles_down * SIDE;
  const Int first = block / tiles_down * sizes.rows * sizes.columns;

  for (int r = line; r < SIDE; r += LINES)
    if (row + r < sizes.rows && column + across < sizes.columns)
      tile[r][across] = x[first + (row + r) * sizes.columns + column + across];
  __syncthreads();
  for (int c = line; c < SIDE; c += LINES)
    if (column + c < sizes.columns && row + across < sizes.rows)
      y[first + (column + c) * sizes.rows + row + across] = tile[across][c];
}
