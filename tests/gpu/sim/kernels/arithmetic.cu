// Arithmetic that C++ leaves undefined, loops without an end, and waits without a partner.
#ifndef FAULT
#define FAULT 0
#endif

extern "C" __global__ void arithmetic(const int* __restrict__ x, int* __restrict__ y, int n) {
  int i = threadIdx.x;
  if (i >= n) return;
#if FAULT == 1
  y[i] = x[i] + 2147483647;  // fault 1
#elif FAULT == 2
  y[i] = x[i] * 65536 * 65536;  // fault 2
#elif FAULT == 3
  y[i] = 1 << (x[i] + 31);  // fault 3
#elif FAULT == 4
  y[i] = 10 / (x[i] - 1);  // fault 4
#elif FAULT == 5
  while (x[i] > 0) y[i] = 0;  // fault 5
#elif FAULT == 6
  assert(x[i] < 0);  // fault 6
#elif FAULT == 7
  int local[4] = {1, 2, 3, 4};
  y[i] = local[x[i] + 3];  // fault 7
#elif FAULT == 8
  int* nowhere = reinterpret_cast<int*>(static_cast<size_t>(x[0]) - 1);  // null
  y[i] = nowhere[x[i]];  // fault 8
#elif FAULT == 9
  while (__popc(i) < 40) i ^= x[0] + 6;  // fault 9
  y[0] = i;
#else
  y[i] = x[i] + 1;
#endif
}

// A warp that waits at a barrier of the block for one that waits for it
extern "C" __global__ void waits(int* y) {
#if FAULT == 10
  if (threadIdx.x < 16) __syncwarp();  // fault 10
  else __syncthreads();
#elif FAULT == 11
  if (threadIdx.x < 32) __syncthreads();
  else __syncthreads();  // fault 11
#elif FAULT == 12
  if (threadIdx.x % 2) __syncwarp(0x55555555u);  // fault 12
#endif
  y[threadIdx.x] = 1;
}
