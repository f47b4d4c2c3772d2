// sums_of_tiles: which thread of which block computes a sum of a product, and how many do.
//
// Shapes         owner (splits, P, R, C)   times (splits, P, R, C)   none (1)
#include "contraction.cuh"

struct Numbered {
  using Int = int;
  static constexpr bool LEFT_ALONG_DEPTH = true, RIGHT_ALONG_DEPTH = false;
  int products, rows, columns, depths;

  struct Row {};
  struct Column {};
  struct Depth {};

  __device__ Row row(int, int) const { return {}; }
  __device__ Column column(int, int) const { return {}; }
  __device__ Depth depth(int, int) const { return {}; }
  __device__ int left(const Row&, const Depth&) const { return -1; }
  __device__ int right(const Column&, const Depth&) const { return -1; }
  __device__ int result(int product, int row, int column) const { return (product * rows + row) * columns + column; }
};

template <class Tile>
__global__ void __launch_bounds__(Tile::THREADS, 1)
sums_of_tiles(const float* none, int* owner, int* times, int products, int rows, int columns, int depths, int splits) {
  const Numbered map{products, rows, columns, depths};
  contract(Tile(), map, none, none, splits, [&](int, int, int at, int split, float) {
    const int place = split * products * rows * columns + at;
    owner[place] = blockIdx.x * Tile::THREADS + threadIdx.x;
    times[place] += 1;
  });
}
