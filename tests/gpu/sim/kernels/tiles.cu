// A transpose and a 2-d convolution through tiles of shared memory, and a copy by vectors.
#ifndef FAULT
#define FAULT 0
#endif
#ifndef PAD
#define PAD 1
#endif

constexpr int T = 16;

// y[j][i] = x[i][j]
extern "C" __global__ void transpose(const float* __restrict__ x, float* __restrict__ y, int rows, int columns) {
  __shared__ float tile[T][T + PAD];
  int i = blockIdx.y * T + threadIdx.y, j = blockIdx.x * T + threadIdx.x;
#if FAULT == 1
  if (i < rows && j < columns) tile[threadIdx.y][threadIdx.x + 2] = x[i * columns + j];  // fault 1
#elif FAULT == 2
  tile[threadIdx.y][threadIdx.x] = x[i * columns + j];  // fault 2
#else
  if (i < rows && j < columns) tile[threadIdx.y][threadIdx.x] = x[i * columns + j];
#endif
#if FAULT != 3
  __syncthreads();
#endif
  int r = blockIdx.x * T + threadIdx.y, c = blockIdx.y * T + threadIdx.x;
#if FAULT == 4
  if (r < columns) y[r * rows + c] = c < rows ? tile[threadIdx.x][threadIdx.y] : 0.f;  // fault 4
#elif FAULT == 5
  if (r < columns && c < rows) y[c * rows + r] = tile[threadIdx.x][threadIdx.y];  // fault 5
#else
  if (r < columns && c < rows) y[r * rows + c] = tile[threadIdx.x][threadIdx.y];  // fault 3
#endif
}

// y[m][i][j] = sum over c, r, s of w[m][c][r][s] x[c][i + r - 1][j + s - 1], by tiles of 16 x 16 outputs
extern "C" __global__ void conv3x3(const float* __restrict__ x, const float* __restrict__ w, float* __restrict__ y,
                                   int channels, int height, int width) {
  __shared__ float tile[T + 2][T + 2];
  __shared__ float taps[3][3];
  int j0 = blockIdx.x * T, i0 = blockIdx.y * T, m = blockIdx.z;
  int t = threadIdx.y * T + threadIdx.x;
  float sum = 0.f;
  for (int c = 0; c < channels; c++) {
    for (int k = t; k < (T + 2) * (T + 2); k += T * T) {
      int r = k / (T + 2), s = k % (T + 2), i = i0 + r - 1, j = j0 + s - 1;
#if FAULT == 6
      bool inside = i >= 0 && i < height && j >= 0 && j <= width;
#elif FAULT == 7
      bool inside = i >= -1 && i < height && j >= 0 && j < width;
#else
      bool inside = i >= 0 && i < height && j >= 0 && j < width;
#endif
      tile[r][s] = inside ? x[(c * height + i) * width + j] : 0.f;  // fault 6, fault 7
    }
#if FAULT == 8
    if (t < 9) taps[t / 3][t % 3 + 1] = w[(m * channels + c) * 9 + t];  // fault 8
#else
    if (t < 9) taps[t / 3][t % 3] = w[(m * channels + c) * 9 + t];
#endif
    __syncthreads();
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++) sum += taps[r][s] * tile[threadIdx.y + r][threadIdx.x + s];  // fault 9
#if FAULT != 9
    __syncthreads();
#endif
  }
  int i = i0 + threadIdx.y, j = j0 + threadIdx.x;
#if FAULT == 10
  y[(m * height + i) * width + j] = sum;  // fault 10
#else
  if (i < height && j < width) y[(m * height + i) * width + j] = sum;
#endif
}

// y = x, four at a time, and the rest one by one
extern "C" __global__ void copy_vectors(const float* __restrict__ x, float* __restrict__ y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
#if FAULT == 11
  if (i < n / 4) *reinterpret_cast<float4*>(y + 4 * i) = *reinterpret_cast<const float4*>(x + 4 * i + 1);  // fault 11
#elif FAULT == 12
  if (i <= n / 4) *reinterpret_cast<float4*>(y + 4 * i) = *reinterpret_cast<const float4*>(x + 4 * i);  // fault 12
#elif FAULT == 13
  if (i < n / 4) const_cast<float*>(x)[4 * i] = 0.f;  // fault 13
#elif FAULT == 14
  if (i < n) y[i / 2] = x[i];  // fault 14
#else
  if (i < n / 4) *reinterpret_cast<float4*>(y + 4 * i) = *reinterpret_cast<const float4*>(x + 4 * i);
#endif
#if FAULT != 15
  if (i < n % 4) y[n / 4 * 4 + i] = x[n / 4 * 4 + i];
#endif
}
