// A kernel for each function: to[i] = value, of a = x[i], b = y[i] and c = z[i].
#pragma once

#define EACH for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
#define ONE(name, R, A, value)                                \
  extern "C" __global__ void name(const A* x, R* to, int n) { \
    EACH {                                                    \
      const A a = x[i];                                       \
      to[i] = value;                                          \
    }                                                         \
  }
#define TWO(name, R, A, B, value)                                         \
  extern "C" __global__ void name(const A* x, const B* y, R* to, int n) { \
    EACH {                                                                \
      const A a = x[i];                                                   \
      const B b = y[i];                                                   \
      to[i] = value;                                                      \
    }                                                                     \
  }
#define THREE(name, R, A, B, C, value)                                                \
  extern "C" __global__ void name(const A* x, const B* y, const C* z, R* to, int n) { \
    EACH {                                                                            \
      const A a = x[i];                                                               \
      const B b = y[i];                                                               \
      const C c = z[i];                                                               \
      to[i] = value;                                                                  \
    }                                                                                 \
  }
