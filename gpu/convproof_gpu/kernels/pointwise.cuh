// The columns of a convolution of one tap: positions of images, each (channels, P) in x, y and their cotangents.
//
// Stands in      convproof/index_maps/outer.py, Pointwise
#pragma once
#include "outer.cuh"

struct Pointwise {
  int depths, rows, columns, positions;  // columns: of all images

  __device__ int begin(int column, int channels) const { return column / positions * channels * positions + column % positions; }
};

// Tiles of rows after each other: what they read of the columns is there once.
template <int QUAD, bool TURNED, class T, class Last>
__device__ inline void pointwise(const Pointwise& map, const T* __restrict__ w, const T* __restrict__ from, T* __restrict__ to, const Last& last) {
  const int tiles = (map.rows + SIDE - 1) / SIDE;
  outer<QUAD, TURNED>(map, w, from, to, blockIdx.x % tiles * SIDE, blockIdx.x / tiles * SIDE, last);
}
