// linear_weight_vjp: w_bar, the gradient of <x w^T, y_bar> in w: the sum of an outer product of each image.
//
//   w_bar[r, c] = sum_n  y_bar[n, r] * x[n, c]
//
// Stands in      convproof/index_maps/outer.py, Outer
// Shapes         y_bar (N, R)   x (N, C)   w_bar (R, C), C-contiguous
// Mapping        outer.cuh: a block computes 128 x 128 sums, a thread 8 x 8 of them from eight rows and eight columns in registers;
//                while eight images are multiplied, the next are loaded; a warp writes whole sectors of four rows
// Order of sum   n, ascending, in one float, rounded once: the same in every run
// Races          none: one thread owns a sum; a barrier before a slab is read, and two of them in turn; no atomics
// Preconditions  every array has less than 2^31 - 2^16 elements; with QUAD > 1 R and C are multiples of it, and every array
//                begins at one; one block for each tile
#include "outer.cuh"

struct Whole {  // of one image of C positions
  int depths, rows, columns, positions;

  __device__ int begin(int column, int) const { return column; }
};

template <class T, int QUAD>
__global__ void __launch_bounds__(CREW, 2)
linear_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, T* __restrict__ w_bar, const int images, const int rows,
                  const int columns) {
  const int tiles = (columns + SIDE - 1) / SIDE;
  const Whole map{images, rows, columns, columns};
  outer<QUAD, false>(map, y_bar, x, w_bar, blockIdx.x / tiles * SIDE, blockIdx.x % tiles * SIDE, [](int, float sum) { return sum; });
}
