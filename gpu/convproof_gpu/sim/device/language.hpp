// CUDA's words, as macros. `extern __shared__` and variables of the device are rewritten before (source.py).
#pragma once
#include "interface.hpp"

#define CONVPROOF_SIM 1
#ifndef __CUDA_ARCH__
#define __CUDA_ARCH__ 900
#endif
#define __CUDACC__ 1

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __grid_constant__
#define __maxnreg__(...)
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ static __attribute__((used))  // the module's whole .bss is the static shared memory of a block
#define __managed__
#define __constant__

#define threadIdx (::convproof_sim::state.current->index)
#define blockIdx (::convproof_sim::state.block)
#define blockDim (::convproof_sim::state.block_dim)
#define gridDim (::convproof_sim::state.grid_dim)
static constexpr int warpSize = 32;

#define assert(condition) \
  ((condition) ? (void)0 : ::convproof_sim::fail(::convproof_sim::Kind::undefined, {__FILE__, __LINE__}, "assertion failed: %s", #condition))
#define __trap() ::convproof_sim::fail(::convproof_sim::Kind::undefined, {__FILE__, __LINE__}, "a trap")
#define __builtin_assume(condition) ((void)0)

template <class... T>
inline int printf(const char*, T...) { return 0; }  // a kernel's text goes nowhere
