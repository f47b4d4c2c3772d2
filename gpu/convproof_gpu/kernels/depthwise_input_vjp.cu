// depthwise_input_vjp: x_bar, the gradient of <conv(x, w), y_bar> in x with one input channel to each group.
//
//   x_bar[n, g, i] = sum_{m,k}  w[g M + m, k] * y_bar[n, g M + m, o(i, k)]     ( + b[g] )
//   o(i, k) = (i + low - dilation k) / stride   along each axis; zero where that is no output
//
// Stands in      convproof/index_maps/depthwise.py, Tiling
// Shapes         y_bar (N, G M, *O)   w (G M, *K)   b (G) or null   x_bar (N, G, *I), C-contiguous
// Mapping        depthwise.cuh: a block stages y_bar of one output channel after the other. Where every stride is 1 it
//                correlates with the flipped taps; else a result takes every second, third ... tap along an axis
// Order of sum   m, then the taps, with stride 1 from the last: with TAPS those of the last axis before those of the
//                second last; in one float; the bias last
// Races          none: one thread owns an input, and gathers; a barrier on each side of what the block stages; no atomics
// Preconditions  every array has less than 2^31 elements; low >= 0; with TAPS, that many taps along the second last axis,
//                whose dilation is 1, and every stride 1; with WIDTH > 1, y_bar begins at a multiple of WIDTH elements, and so do its rows
#include "depthwise.cuh"
#include "epilogue.cuh"

// Along each axis, the taps k that meet an input are `first`, first + step, ..., and with each the output is `back` less.
struct Phases {
  int step[3], back[3];
  Quotient stride[3];

  // The first tap that meets the input i + low = lifted; the lifted output of it is returned.
  __device__ int first(const int d, const int lifted, const int taps, const int dilation, int& tap) const {
    int at = lifted, rest = at;
    for (tap = 0; tap < taps; tap++, at -= dilation) {
      if (at < 0) {  // and so do the taps after it, which meet outputs below zero
        tap = taps;
        break;
      }
      rest = at;
      const int left = stride[d].rest(rest);
      if (dilation == 1) {
        tap += left;
        break;
      }
      if (left == 0) break;
    }
    return rest;
  }
};

template <class T, int TAPS, int WIDTH>
__global__ void __launch_bounds__(CREW, TAPS ? 4 : 3)
depthwise_input_vjp(const T* __restrict__ y_bar, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ x_bar,
                    const Sizes<int, 3> sizes, const Box shape, const Tiling tiling, const Phases phases, const Epilogue epilogue) {
  __shared__ __align__(16) float box[MOST_BOX];
  __shared__ float taps[MOST_TAPS];
  int number = blockIdx.x;
  Place place;
  place.tile(tiling, number);
  const int g = tiling.groups.rest(number);
  place.image = number * tiling.images;

  const int inputs = volume(sizes.input), outputs = volume(sizes.output), kernel = volume(sizes.kernel);
  const int images = sizes.batch - place.image, channels = sizes.groups * sizes.out_channels;
  const bool dense = TAPS > 0 || (sizes.stride[0] == 1 && sizes.stride[1] == 1 && sizes.stride[2] == 1);
  int begin[3];
#pragma unroll
  for (int d = 0; d < 3; d++) {
    const int least = place.first[d] + sizes.low[d] - sizes.dilation[d] * (sizes.kernel[d] - 1);
    begin[d] = least <= 0 ? -phases.stride[d].of(-least) : phases.stride[d].of(least + sizes.stride[d] - 1);
  }
  const int before = begin[2] & (WIDTH - 1), ones[3] = {1, 1, 1};
  const Owned<TAPS> owned(tiling, shape, place, sizes.input, ones, sizes.groups * inputs, images, before);

  float sum[EACH] = {};
  for (int m = 0; m < sizes.out_channels; m++) {
    const int channel = g * sizes.out_channels + m;
    if (m > 0) __syncthreads();
    staged<WIDTH>(box, y_bar + (place.image * channels + channel) * outputs, shape, sizes.output, channels * outputs, images, begin);
    staged_taps(taps, w + channel * kernel, kernel, dense);
    __syncthreads();
    if (dense) {
      owned.correlate(sum, box, taps, shape, sizes.kernel, sizes.dilation);
    } else if constexpr (TAPS == 0) {
#pragma unroll 1
      for (int j = 0; j < EACH; j++) {
        if (!owned.inside(j)) continue;
        int n = threadIdx.x + j * CREW, tap[3], o[3], i[3];
        i[2] = tiling.columns.rest(n);
        i[1] = tiling.rows.rest(n);
        i[0] = tiling.slices.rest(n);
        float one = 0.0f;
#pragma unroll
        for (int d = 0; d < 3; d++)
          o[d] = phases.first(d, place.first[d] + i[d] + sizes.low[d], sizes.kernel[d], sizes.dilation[d], tap[d]) - begin[d];
        for (int d = tap[0], slice = o[0]; d < sizes.kernel[0]; d += phases.step[0], slice -= phases.back[0])
          for (int r = tap[1], row = o[1]; r < sizes.kernel[1]; r += phases.step[1], row -= phases.back[1]) {
            const float* line = box + shape.row(n, slice, row) + before;
            const float* with = taps + (d * sizes.kernel[1] + r) * sizes.kernel[2];
            for (int k = tap[2], column = o[2]; k < sizes.kernel[2]; k += phases.step[2], column -= phases.back[2]) one += with[k] * line[column];
          }
#pragma unroll
        for (int a = 0; a < EACH; a++) sum[a] = a == j ? sum[a] + one : sum[a];  // an array that is indexed would lie in memory
      }
    }
  }
  const float bias = b == nullptr ? 0.0f : widened(b[g]);
  T* to = x_bar + (place.image * sizes.groups + g) * inputs;
#pragma unroll
  for (int j = 0; j < EACH; j++)
    if (owned.inside(j)) to[owned.where(j)] = rounded<T>(epilogue(b == nullptr ? sum[j] : sum[j] + bias));
}
