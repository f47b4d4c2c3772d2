// depthwise_forward: y = activation(conv(x, w) + b) with one input channel to each group, channels first.
//
//   y[n, g M + m, o] = b[g M + m] + sum_k  w[g M + m, k] * x[n, g, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each axis; zero outside the input
//
// Stands in      convproof/index_maps/depthwise.py, Tiling
// Shapes         x (N, G, *I)   w (G M, *K)   b (G M) or null   y (N, G M, *O), C-contiguous
// Mapping        depthwise.cuh: a block stages x once and makes `chunk` of the group's output channels of it
// Order of sum   with TAPS, the taps of the last axis before those of the second last; else ascending; in one float; the bias last
// Races          none: one thread owns an output; a barrier on each side of what the block stages; no atomics
// Preconditions  every array has less than 2^31 elements; with TAPS, that many taps along the second last axis, whose
//                stride and dilation are 1; with WIDTH > 1, x begins at a multiple of WIDTH elements, and so do its rows
#include "depthwise.cuh"
#include "epilogue.cuh"

template <class T, int TAPS, int WIDTH>
__global__ void __launch_bounds__(CREW, TAPS ? 4 : 3)
depthwise_forward(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Sizes<int, 3> sizes,
                  const Box shape, const Tiling tiling, const Epilogue epilogue) {
  __shared__ __align__(16) float box[MOST_BOX];
  __shared__ float taps[MOST_TAPS];
  int number = blockIdx.x;
  Place place;
  place.tile(tiling, number);
  const int chunk = tiling.chunks.rest(number) * tiling.chunk, g = tiling.groups.rest(number);
  place.image = number * tiling.images;

  const int inputs = volume(sizes.input), outputs = volume(sizes.output), kernel = volume(sizes.kernel);
  const int images = sizes.batch - place.image, channels = sizes.groups * sizes.out_channels;
  int begin[3];
  sizes.window(place.first, begin);
  const T* from = x + (place.image * sizes.groups + g) * inputs;
  const int before = staged<WIDTH>(box, from, shape, sizes.input, sizes.groups * inputs, images, begin);
  const Owned<TAPS> owned(tiling, shape, place, sizes.output, sizes.stride, channels * outputs, images, before);

  const int end = chunk + tiling.chunk < sizes.out_channels ? chunk + tiling.chunk : sizes.out_channels;
  for (int m = chunk; m < end; m++) {
    const int channel = g * sizes.out_channels + m;
    if (m > chunk) __syncthreads();
    staged_taps(taps, w + channel * kernel, kernel, false);
    __syncthreads();
    float sum[EACH] = {};
    owned.correlate(sum, box, taps, shape, sizes.kernel, sizes.dilation);
    const float bias = b == nullptr ? 0.0f : widened(b[channel]);
    T* to = y + (place.image * channels + channel) * outputs;
#pragma unroll
    for (int j = 0; j < EACH; j++)
      if (owned.inside(j)) to[owned.where(j)] = rounded<T>(epilogue(b == nullptr ? sum[j] : sum[j] + bias));
  }
}
