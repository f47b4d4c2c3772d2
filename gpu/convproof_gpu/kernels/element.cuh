// The element types float, half and bfloat16: arrays hold them, sums are float.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

__device__ inline float widened(float v) { return v; }
__device__ inline float widened(__half v) { return __half2float(v); }
__device__ inline float widened(__nv_bfloat16 v) { return __bfloat162float(v); }

template <class T> __device__ inline T rounded(float v);
template <> __device__ inline float rounded<float>(float v) { return v; }
template <> __device__ inline __half rounded<__half>(float v) { return __float2half_rn(v); }
template <> __device__ inline __nv_bfloat16 rounded<__nv_bfloat16>(float v) { return __float2bfloat16_rn(v); }
