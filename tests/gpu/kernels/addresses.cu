// addresses: what a map of contraction.cuh says of every product, row, column and depth.
//
// Shapes         left (P, R, D)   right (P, C, D)   result (P, R, C)
#include "products.cuh"
#include "unshared.cuh"

template <template <class, int> class Map, class Int, int DIMS>
__global__ void addresses(Int* extents, Int* left, Int* right, Int* result, const Sizes<Int, DIMS> sizes) {
  const Map<Int, DIMS> map(sizes);
  extents[0] = map.products;
  extents[1] = map.rows;
  extents[2] = map.columns;
  extents[3] = map.depths;
  if (left == nullptr) return;
  for (Int p = 0; p < map.products; p++) {
    for (Int d = 0; d < map.depths; d++) {
      const auto depth = map.depth(p, d);
      for (Int r = 0; r < map.rows; r++) left[(p * map.rows + r) * map.depths + d] = map.left(map.row(p, r), depth);
      for (Int c = 0; c < map.columns; c++) right[(p * map.columns + c) * map.depths + d] = map.right(map.column(p, c), depth);
    }
    for (Int r = 0; r < map.rows; r++)
      for (Int c = 0; c < map.columns; c++) result[(p * map.rows + r) * map.columns + c] = map.result(p, r, c);
  }
}
