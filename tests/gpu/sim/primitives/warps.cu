// What the lanes of a warp tell each other: shuffles, votes, matches, reductions, barriers that count.
// Every kernel is one warp, or two; a lane reads x[t] and writes what it got, in parts of 32 (or 64).
#define FULL 0xffffffffu

template <class T> __device__ void shuffled(const T* x, T* to) {
  const int t = threadIdx.x;
  const T v = x[t];
  int part = 0;
  for (int width = 32; width >= 1; width /= 2)
    for (int by = 0; by < 32; by += 5) {
      to[32 * part++ + t] = __shfl_sync(FULL, v, t * 7 + by, width);
      to[32 * part++ + t] = __shfl_up_sync(FULL, v, by, width);
      to[32 * part++ + t] = __shfl_down_sync(FULL, v, by, width);
      to[32 * part++ + t] = __shfl_xor_sync(FULL, v, by % width, width);
    }
}
extern "C" __global__ void shuffles_of_int(const int* x, int* to) { shuffled(x, to); }
extern "C" __global__ void shuffles_of_unsigned(const unsigned* x, unsigned* to) { shuffled(x, to); }
extern "C" __global__ void shuffles_of_long_long(const long long* x, long long* to) { shuffled(x, to); }
extern "C" __global__ void shuffles_of_unsigned_long_long(const unsigned long long* x, unsigned long long* to) { shuffled(x, to); }
extern "C" __global__ void shuffles_of_float(const float* x, float* to) { shuffled(x, to); }
extern "C" __global__ void shuffles_of_double(const double* x, double* to) { shuffled(x, to); }

// Votes and matches, of all lanes and of the lanes of a mask
extern "C" __global__ void votes(const int* x, unsigned mask, unsigned* to) {
  const int t = threadIdx.x;
  const int v = x[t];
  int all = -1;
  to[t] = __ballot_sync(FULL, v & 1);
  to[32 + t] = __any_sync(FULL, v > 98) != 0;
  to[64 + t] = __all_sync(FULL, v >= 0) != 0;
  to[96 + t] = __match_any_sync(FULL, v % 5);
  to[128 + t] = __match_any_sync(FULL, static_cast<unsigned long long>(v % 3) << 40);
  to[160 + t] = __match_all_sync(FULL, v / 100, &all);
  to[192 + t] = all != 0;
  for (int part = 7; part < 12; part++) to[32 * part + t] = 0;
  if (mask >> t & 1) {
    to[224 + t] = __ballot_sync(mask, v & 1);
    to[256 + t] = __any_sync(mask, v > 98) != 0;
    to[288 + t] = __all_sync(mask, v > 3) != 0;
    to[320 + t] = __match_any_sync(mask, v % 5);
    to[352 + t] = __match_all_sync(mask, v % 2, &all);
  }
  __syncwarp();
  to[384 + t] = all != 0;
}

template <class T> __device__ void reduced(const T* x, unsigned mask, T* to) {
  const int t = threadIdx.x;
  to[t] = to[32 + t] = to[64 + t] = 0;
  if (mask >> t & 1) {
    to[t] = __reduce_add_sync(mask, x[t]);
    to[32 + t] = __reduce_min_sync(mask, x[t]);
    to[64 + t] = __reduce_max_sync(mask, x[t]);
  }
}
extern "C" __global__ void reductions_of_int(const int* x, unsigned mask, int* to) { reduced(x, mask, to); }
extern "C" __global__ void reductions_of_unsigned(const unsigned* x, unsigned mask, unsigned* to) {
  const int t = threadIdx.x;
  reduced(x, mask, to);
  to[96 + t] = to[128 + t] = to[160 + t] = 0;
  if (mask >> t & 1) {
    to[96 + t] = __reduce_and_sync(mask, x[t]);
    to[128 + t] = __reduce_or_sync(mask, x[t]);
    to[160 + t] = __reduce_xor_sync(mask, x[t]);
  }
}

// Barriers of 64 threads that also vote, and what fences and __syncwarp let through
extern "C" __global__ void barriers(const int* x, int* to) {
  __shared__ int s[64];
  const int t = threadIdx.x;
  to[t] = __syncthreads_count(x[t] % 3 == 0);
  to[64 + t] = __syncthreads_and(x[t] >= 0) != 0;
  to[128 + t] = __syncthreads_or(x[t] == 77) != 0;
  s[t] = x[t];
  __threadfence_block();
  __threadfence();
  __threadfence_system();
  __syncthreads();
  to[192 + t] = s[63 - t];
  __syncthreads();
  s[t] = x[t] + 1;
  __syncwarp();
  to[256 + t] = s[t ^ 31];
}
