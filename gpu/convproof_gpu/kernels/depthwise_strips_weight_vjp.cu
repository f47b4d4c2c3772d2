// depthwise_strips_weight_vjp: w_bar, the gradient of <conv(x, w), y_bar> in w, as many outputs as inputs, in parts.
//
//   w_bar[c, r, s] = sum_{n,p,q}  y_bar[n, c, p, q] * x[n, c, p + r - HALO, q + s - HALO]      zero outside x
//
// Stands in      convproof/index_maps/depthwise_strips.py, Strips
// Shapes         y_bar (N, C, H, W)   x (N, C, H, W)   parts (splits, C, SIDE, SIDE) float, C-contiguous
// Mapping        depthwise_strips.cuh: a block goes over a run of one channel's strips; a thread keeps all its taps' sums
// Order of sum   a thread's strips ascending, of each its rows, then its columns, in one float; then the lanes in a binary
//                tree, the warps in another and, in sum_parts, the parts: the same in every run
// Races          none: a thread owns a weight of a part; a barrier before the warps' sums are read; no atomics
// Preconditions  every array has less than 2^31 elements, and a channel's strips are at most 2^30; with WIDTH > 1, x and
//                y_bar begin at a multiple of WIDTH elements, and so do their rows
#include "depthwise_strips.cuh"

constexpr int THREADS = 512, WARPS = THREADS / 32;

template <class T, int SIDE, int WIDTH>
__global__ void __launch_bounds__(THREADS, 1)
depthwise_strips_weight_vjp(const T* __restrict__ y_bar, const T* __restrict__ x, float* __restrict__ parts, const Strips strips, const int run) {
  constexpr int EACH = ROWS<SIDE, WIDTH>, HALO = SIDE / 2, TAPS = SIDE * SIDE;
  __shared__ float held[TAPS][WARPS];
  int split = blockIdx.x;
  const int channel = strips.channels.rest(split), lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int all = strips.batch * strips.down.by * strips.across.by;
  const int end = (split + 1) * run < all ? (split + 1) * run : all;

  float sum[TAPS] = {};
  for (int first = split * run + threadIdx.x; first < end; first += THREADS) {
    int image = first;
    const int column = strips.across.rest(image) * WIDTH, row = strips.down.rest(image) * EACH;
    const int begin = (image * strips.channels.by + channel) * (strips.rows * strips.columns), left = strips.rows - row;
    Patch<T, SIDE, WIDTH> patch;
    patch.load(x + begin, strips, row, column, true);
    const T* from = y_bar + (begin + row * strips.columns + column);
    Vector<T, WIDTH> cotangents[EACH];
#pragma unroll
    for (int j = 0; j < EACH; j++)
      if (j < left) cotangents[j] = loaded<WIDTH>(from + j * strips.columns);
#pragma unroll
    for (int i = 0; i < EACH + 2 * HALO; i++) {
      float v[WIDTH + 2 * HALO];
      patch.row(i, v);
#pragma unroll
      for (int r = 0; r < SIDE; r++) {
        const int j = i - r;
        if (j < 0 || j >= EACH || j >= left) continue;
#pragma unroll
        for (int c = 0; c < WIDTH; c++)
#pragma unroll
          for (int s = 0; s < SIDE; s++) sum[r * SIDE + s] += widened(cotangents[j].at[c]) * v[c + s];
      }
    }
  }

#pragma unroll
  for (int a = 0; a < TAPS; a++) {
#pragma unroll
    for (int flip = 16; flip > 0; flip /= 2) sum[a] += __shfl_xor_sync(0xffffffffu, sum[a], flip);
    if (lane == 0) held[a][warp] = sum[a];
  }
  __syncthreads();
  for (int a = warp; a < TAPS; a += WARPS) {
    float total = lane < WARPS ? held[a][lane] : 0.0f;
#pragma unroll
    for (int flip = WARPS / 2; flip > 0; flip /= 2) total += __shfl_xor_sync(0xffffffffu, total, flip);
    if (lane == 0) parts[static_cast<long long>(split) * strips.channels.by * TAPS + channel * TAPS + a] = total;
  }
}
