"""Half and bfloat16 are NumPy's and ml_dtypes', bit for bit."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from convproof_gpu.sim import SimModule

SOURCE = """
#include <cuda_fp16.h>
#include <cuda_bf16.h>
template <class H> __global__ void widen(const H* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = float(x[i]);
}
template <class H> __global__ void narrow(const float* x, H* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = H(x[i]);
}
template <class H> __global__ void arithmetic(const H* a, const H* b, H* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  y[4 * i] = a[i] + b[i];
  y[4 * i + 1] = a[i] - b[i];
  y[4 * i + 2] = a[i] * b[i];
  y[4 * i + 3] = a[i] / b[i];
}
template <class H> __global__ void fused(const H* a, const H* b, const H* c, H* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = __hfma(a[i], b[i], c[i]);
}
template <class H> __global__ void narrow_double(const double* x, H* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = H(x[i]);
}
"""
KERNELS = ("widen", "narrow", "arithmetic", "fused", "narrow_double")
TYPES = {"__half": np.dtype(np.float16), "__nv_bfloat16": np.dtype(ml_dtypes.bfloat16)}


@pytest.fixture(scope="module")
def module() -> SimModule:
    names = [f"{kernel}<{t}>" for kernel in KERNELS for t in TYPES]
    return SimModule(SOURCE, (), names)


def _called(module: SimModule, kernel: str, name: str, *arrays: np.ndarray) -> None:
    n = arrays[0].size
    module.get_function(f"{kernel}<{name}>")((-(-n // 256),), (256,), (*arrays, n))


def _bits(array: np.ndarray) -> Any:
    return np.where(np.isnan(array.astype(np.float32)), 0, array.view(np.uint16))


@pytest.mark.parametrize("name", TYPES)
def test_every_half_number_widens_to_itself(module: SimModule, name: str) -> None:
    x = np.arange(2**16, dtype=np.uint16).view(TYPES[name])
    y = np.zeros(x.size, np.float32)
    _called(module, "widen", name, x, y)
    assert np.array_equal(y, x.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("name", TYPES)
def test_a_float_is_rounded_to_the_nearest_ties_to_even(module: SimModule, name: str) -> None:
    """Every half number, what lies midway to the next, the neighbours of both, and random bits."""
    exact = np.arange(2**16, dtype=np.uint16).view(TYPES[name]).astype(np.float32)
    rng = np.random.default_rng(0)
    anything = rng.integers(0, 2**32, 50_000, dtype=np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        middle = (exact[:-1] + exact[1:]) / 2
        around = [np.nextafter(middle, np.float32(side)) for side in (-np.inf, np.inf)]
        x = np.concatenate([exact, middle, *around, anything]).astype(np.float32)
        y = np.zeros(x.size, TYPES[name])
        _called(module, "narrow", name, x, y)
        assert np.array_equal(_bits(y), _bits(x.astype(TYPES[name])))


@pytest.mark.parametrize("name", TYPES)
def test_arithmetic_is_rounded_once(module: SimModule, name: str) -> None:
    """As float64 rounded to the format."""
    dtype, rng = TYPES[name], np.random.default_rng(1)
    a, b = (rng.standard_normal(4000).astype(dtype) for _ in range(2))
    y = np.zeros((4000, 4), dtype)
    _called(module, "arithmetic", name, a, b, y)
    wide = a.astype(np.float64), b.astype(np.float64)
    right = np.stack([wide[0] + wide[1], wide[0] - wide[1], wide[0] * wide[1]], 1).astype(dtype)
    assert np.array_equal(_bits(y[:, :3]), _bits(right))
    quotient = (wide[0] / wide[1]).astype(dtype)
    assert np.array_equal(_bits(np.ascontiguousarray(y[:, 3])), _bits(quotient))


def test_a_product_between_two_numbers_is_decided_by_what_is_added(module: SimModule) -> None:
    """3 * 87 = 261 lies between 260 and 262; with 2^-100 more it is 262, with less 260."""
    dtype = TYPES["__nv_bfloat16"]
    a, b = np.full(3, 3, dtype), np.full(3, 87, dtype)
    c, y = np.array([2.0**-100, 0, -(2.0**-100)], dtype), np.zeros(3, dtype)
    _called(module, "fused", "__nv_bfloat16", a, b, c, y)
    assert y.tolist() == [262, 260, 260]


@pytest.mark.parametrize("name", TYPES)
def test_a_double_is_rounded_once(module: SimModule, name: str) -> None:
    """1 + u/2 + 2^-40 is above the middle of 1 and 1 + u, and no float32."""
    dtype = TYPES[name]
    unit = {"__half": 2.0**-10, "__nv_bfloat16": 2.0**-7}[name]
    x, y = np.array([1 + unit / 2 + 2.0**-40, 1 + unit / 2]), np.zeros(2, dtype)
    _called(module, "narrow_double", name, x, y)
    assert y.astype(np.float64).tolist() == [1 + unit, 1]
