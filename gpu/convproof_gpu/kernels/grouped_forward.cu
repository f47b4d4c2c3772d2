// grouped_forward: y = activation(conv(x, w) + b) of few channels to each group, cross-correlation, channels first.
//
//   y[n, g M + m, o] = b[g M + m] + sum_{c,k}  w[g M + m, c, k] * x[n, g C + c, i(o, k)]
//   i(o, k) = stride o + dilation k - low       along each of three axes; zero outside the input
//
// Stands in      convproof/index_maps/contraction.py, Correlated
// Shapes         x (N, G C, *I)   w (G M, C, *K), or (G C, M, *K) if it is `flipped`   b (G M) or null   y (N, G M, *O), C-contiguous
// Mapping        grouped.cuh: a thread owns a strip of outputs of one group; the block's weights lie in shared memory
// Order of sum   c, then k, but a patch before the one beside it; in one float; the bias last
// Races          none: one thread owns an output; a barrier after the weights; no atomics
// Preconditions  every array has less than 2^31 elements; M <= CHANNELS; with PATCH > 1 multiples of PATCH taps along the last
//                two axes, which are not dilated, and stride 1 along the former; the activation is NONE or RELU
//
// `flipped` weights are those of the convolution whose adjoint this one is: the last tap first, C and M exchanged.
#include "epilogue.cuh"
#include "grouped.cuh"

constexpr int STRIP = 8;  // outputs below each other

template <class T, int CHANNELS, int PATCH>
__global__ void __launch_bounds__(CREW, CHANNELS > 4 ? 3 : 4)
grouped_forward(const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ b, T* __restrict__ y, const Sizes<int, 3> s,
                const Strips strips, const int flipped, const Epilogue epilogue) {
  extern __shared__ __align__(16) float shared[];
  const int blocks = (strips.count + CREW - 1) / CREW, g = blockIdx.x / blocks, area = volume(s.kernel);
#pragma unroll 1
  for (int i = threadIdx.x; i < s.in_channels * area * CHANNELS; i += CREW) {
    const int m = i % CHANNELS, k = i / CHANNELS % area, c = i / CHANNELS / area;
    const int at = flipped ? ((g * s.in_channels + c) * s.out_channels + m) * area + area - 1 - k
                           : ((g * s.out_channels + m) * s.in_channels + c) * area + k;
    shared[i] = m < s.out_channels ? widened(w[at]) : 0.0f;
  }
  __syncthreads();

  const int number = blockIdx.x % blocks * CREW + threadIdx.x;
  if (number >= strips.count) return;
  const Strip<STRIP> strip(strips, number);
  const int o[3] = {strip.slice, strip.row, strip.column}, inputs = volume(s.input), outputs = volume(s.output);
  int start[3];
  s.window(o, start);
  const int stride = PATCH > 1 ? 1 : s.stride[1], dilation = PATCH > 1 ? 1 : s.dilation[1];

  int rows[STRIP + PATCH - 1];
  rows_of(rows, s, start[1], stride);
  float sum[STRIP][CHANNELS] = {};
  int plane = (strip.image * s.groups + g) * s.in_channels * inputs;
  const float* weights = shared;
  for (int c = 0; c < s.in_channels; c++, plane += inputs)
    for (int d = 0; d < s.kernel[0]; d++)
      for (int r = 0; r < s.kernel[1]; r += PATCH, weights += PATCH * s.kernel[2] * CHANNELS) {
        if (s.kernel[1] > PATCH) rows_of(rows, s, start[1] + r * dilation, stride);
        for (int k = 0; k < s.kernel[2]; k += PATCH) {
          float v[STRIP + PATCH - 1][PATCH];
          gather(v, x, plane, s, start[0] + d * s.dilation[0], rows, start[2] + k * s.dilation[2]);
#pragma unroll
          for (int t = 0; t < PATCH; t++)
#pragma unroll
            for (int a = 0; a < PATCH; a++) {
              float held[CHANNELS];
              read(held, weights + (t * s.kernel[2] + k + a) * CHANNELS);
#pragma unroll
              for (int j = 0; j < STRIP; j++)
#pragma unroll
                for (int m = 0; m < CHANNELS; m++) sum[j][m] += held[m] * v[j + t][a];
            }
        }
      }

  const float least = epilogue.activation == RELU ? 0.0f : __int_as_float(static_cast<int>(0xff800000u));  // or minus infinity
  T* const to = y + (strip.image * s.groups + g) * s.out_channels * outputs + flat(o, s.output);
#pragma unroll
  for (int m = 0; m < CHANNELS; m++) {
    if (m >= s.out_channels) break;
    const float bias = b == nullptr ? -0.0f : widened(b[g * s.out_channels + m]);  // v + -0.0f == v, also if v is -0.0f
#pragma unroll
    for (int j = 0; j < STRIP; j++) {
      const float v = sum[j][m] + bias;
      if (strip.row + j < s.output[1]) to[m * outputs + j * s.output[2]] = rounded<T>(v < least ? least : v);  // NaN stays NaN
    }
  }
}
