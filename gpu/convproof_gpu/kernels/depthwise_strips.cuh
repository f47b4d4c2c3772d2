// Depthwise convolution of as many outputs as inputs along each axis: threads sum over strips in their registers.
//
//   kernel          SIDE x SIDE taps, with stride and dilation 1 and HALO = SIDE / 2 zeros around each plane
//   strip           WIDTH neighbouring columns of ROWS rows of a plane: what a thread makes, or sums over
//   patch           the strip with HALO rows and columns around it, zero outside the plane. All its loads are issued
//                   before the first use, WIDTH elements at a time but for those beside the strip
//
// Stands in      convproof/index_maps/depthwise_strips.py, Strips
// Quotients      by multiplication, quotient.cuh
#pragma once
#include "element.cuh"
#include "quotient.cuh"
#include "vectors.cuh"

struct Strips {
  int batch, rows, columns;
  Quotient across, down, channels;  // of a thread's number: strips of a row, of a column, channels
};

template <int SIDE, int WIDTH>
constexpr int ROWS = WIDTH <= 4 ? (SIDE == 3 ? 7 : 4) : (SIDE == 3 ? 4 : 2);

template <class T, int SIDE, int WIDTH>
struct Patch {
  static constexpr int HALO = SIDE / 2, TALL = ROWS<SIDE, WIDTH> + 2 * HALO, WIDE = WIDTH + 2 * HALO;
  static constexpr int PART = WIDTH == 1 ? 1 : HALO, PARTS = HALO / PART;  // of what lies beside
  Vector<T, WIDTH> own[TALL];
  Vector<T, PART> before[TALL][PARTS], after[TALL][PARTS];

  // `row`, `column`: where the strip begins in its plane.
  __device__ void load(const T* __restrict__ plane, const Strips& strips, const int row, const int column, const bool inside) {
    const T* from = plane + ((row - HALO) * strips.columns + column);
#pragma unroll
    for (int i = 0; i < TALL; i++, from += strips.columns) {
      const int at = row - HALO + i;
      const bool there = inside && 0 <= at && at < strips.rows;
      take(own[i], from, there);
#pragma unroll
      for (int p = 0; p < PARTS; p++) {
        take(before[i][p], from - HALO + p * PART, there && column >= HALO - p * PART);
        take(after[i][p], from + WIDTH + p * PART, there && column + WIDTH + p * PART < strips.columns);
      }
    }
  }

  // Row i of the patch, from HALO columns before the strip on.
  __device__ void row(const int i, float (&v)[WIDE]) const {
#pragma unroll
    for (int k = 0; k < WIDTH; k++) v[HALO + k] = widened(own[i].at[k]);
#pragma unroll
    for (int k = 0; k < HALO; k++) {
      v[k] = widened(before[i][k / PART].at[k % PART]);
      v[HALO + WIDTH + k] = widened(after[i][k / PART].at[k % PART]);
    }
  }

 private:
  template <int N>
  __device__ static void take(Vector<T, N>& to, const T* __restrict__ from, const bool there) {
    if (there) {
      to = loaded<N>(from);
    } else {
#pragma unroll
      for (int k = 0; k < N; k++) to.at[k] = rounded<T>(0.0f);
    }
  }
};
