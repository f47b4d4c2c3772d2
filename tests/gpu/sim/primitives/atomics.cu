// Atomic operations, of every type and scope: one after another in one thread, where what each returns is known; and by
// many threads at once, where only what remains is.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

// held[k] is updated by x[0], x[1], ... in turn, and to[] gets what it was
#define IN_TURN(atomic)                                      \
  for (int i = 0; i < n; i++) *to++ = atomic(held, x[i]);    \
  held++;
#define IN_TURN_OF_ALL(atomic) IN_TURN(atomic) IN_TURN(atomic##_block) IN_TURN(atomic##_system)

template <class T> __device__ void integers(const T* x, T* held, T* to, int n) {
  IN_TURN_OF_ALL(atomicAdd)
  IN_TURN_OF_ALL(atomicExch)
  IN_TURN_OF_ALL(atomicMin)
  IN_TURN_OF_ALL(atomicMax)
  IN_TURN_OF_ALL(atomicAnd)
  IN_TURN_OF_ALL(atomicOr)
  IN_TURN_OF_ALL(atomicXor)
  for (int i = 0; i < n; i++) *to++ = atomicCAS(held, x[i], x[n - 1 - i]);
  held++;
  for (int i = 0; i < n; i++) *to++ = atomicCAS_block(held, x[i], x[n - 1 - i]);
  held++;
  for (int i = 0; i < n; i++) *to++ = atomicCAS_system(held, x[i], x[n - 1 - i]);
}
extern "C" __global__ void atomics_of_int(const int* x, int* held, int* to, int n) {
  integers(x, held, to, n);
  held += 24, to += 24 * n;
  IN_TURN_OF_ALL(atomicSub)
}
extern "C" __global__ void atomics_of_unsigned(const unsigned* x, unsigned* held, unsigned* to, int n) {
  integers(x, held, to, n);
  held += 24, to += 24 * n;
  IN_TURN_OF_ALL(atomicSub)
  IN_TURN_OF_ALL(atomicInc)
  IN_TURN_OF_ALL(atomicDec)
}
extern "C" __global__ void atomics_of_unsigned_long_long(const unsigned long long* x, unsigned long long* held, unsigned long long* to, int n) {
  integers(x, held, to, n);
}
extern "C" __global__ void atomics_of_float(const float* x, float* held, float* to, int n) {
  IN_TURN_OF_ALL(atomicAdd)
  IN_TURN_OF_ALL(atomicExch)
}
extern "C" __global__ void atomics_of_double(const double* x, double* held, double* to, int n) { IN_TURN_OF_ALL(atomicAdd) }

// Of halves, as bits
#define BITS_IN_TURN(T, from, to_bits)                                 \
  for (int i = 0; i < n; i++) *to++ = to_bits(atomicAdd(held, from(x[i]))); \
  *to = to_bits(*held);
extern "C" __global__ void atomics_of_half(const unsigned short* x, unsigned short* to, int n) {
  __shared__ __half room[1];
  __half* held = room;
  *held = __ushort_as_half(0);
  BITS_IN_TURN(__half, __ushort_as_half, __half_as_ushort)
}
extern "C" __global__ void atomics_of_bfloat16(const unsigned short* x, unsigned short* to, int n) {
  __shared__ __nv_bfloat16 room[1];
  __nv_bfloat16* held = room;
  *held = __ushort_as_bfloat16(0);
  BITS_IN_TURN(__nv_bfloat16, __ushort_as_bfloat16, __bfloat16_as_ushort)
}

// Of two halves in a word, each by itself
#define WORDS_IN_TURN(T, T2, from)                                                 \
  __shared__ T2 held;                                                              \
  held.x = from(0), held.y = from(0);                                              \
  for (int i = 0; i < n; i++) {                                                    \
    T2 v;                                                                          \
    v.x = from(x[2 * i]), v.y = from(x[2 * i + 1]);                                \
    const T2 was = atomicAdd(&held, v);                                            \
    *reinterpret_cast<T2*>(to + 2 * i) = was;                                      \
  }                                                                                \
  *reinterpret_cast<T2*>(to + 2 * n) = held;
extern "C" __global__ void atomics_of_half2(const unsigned short* x, unsigned short* to, int n) {
  WORDS_IN_TURN(__half, __half2, __ushort_as_half)
}
extern "C" __global__ void atomics_of_bfloat162(const unsigned short* x, unsigned short* to, int n) {
  WORDS_IN_TURN(__nv_bfloat16, __nv_bfloat162, __ushort_as_bfloat16)
}

// By 256 threads of 8 blocks at once: a histogram, the least and the greatest, all bits, a count that turns around at 99
extern "C" __global__ void atomics_at_once(const unsigned* x, unsigned* to) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(to + x[i] % 16, 1u);
  atomicMin(to + 16, x[i]);
  atomicMax(to + 17, x[i]);
  atomicOr(to + 18, x[i]);
  atomicAnd(to + 19, x[i]);
  atomicXor(to + 20, x[i]);
  atomicInc(to + 21, 99u);
  atomicDec(to + 22, 99u);
  atomicSub(to + 23, x[i]);
}
