"""Indices beyond 2^31 are executed and checked, without the memory."""

import numpy as np
import pytest

from convproof_gpu.sim import LaunchError, SimFault, SimModule, sparse

SOURCE = """
extern "C" __global__ void strided(const float* x, float* y, int n, long long stride) {
  int i = threadIdx.x;
  if (i < n) y[i * stride] = 2 * x[i * stride];
}
extern "C" __global__ void strided32(const float* x, float* y, int n, int stride) {
  int i = threadIdx.x;
  if (i < n) y[i * stride] = 2 * x[i * stride];
}
"""
STRIDE = 1_500_000_000  # elements: the third lies at 12 GB


@pytest.fixture(scope="module")
def module() -> SimModule:
    return SimModule(SOURCE)


def test_a_long_index_reaches_what_an_int_cannot(module: SimModule) -> None:
    x, y = sparse(2 * STRIDE + 1), sparse(2 * STRIDE + 1)
    x[::STRIDE] = [1, 2, 3]
    module.get_function("strided")((1,), (4,), (x, y, 3, STRIDE))
    assert np.array_equal(y[::STRIDE], [2, 4, 6])


def test_an_index_of_32_bits_that_overflows_is_a_fault_at_its_line(module: SimModule) -> None:
    x, y = sparse(2 * STRIDE + 1), sparse(2 * STRIDE + 1)
    with pytest.raises(SimFault) as found:
        module.get_function("strided32")((1,), (4,), (x, y, 3, STRIDE))
    assert (found.value.kind, found.value.line) == ("undefined", 8)
    assert found.value.thread == (2, 0, 0)


def test_bounds_are_exact_however_large_the_array_is(module: SimModule) -> None:
    x, y = sparse(2 * STRIDE), sparse(2 * STRIDE)
    with pytest.raises(SimFault) as found:
        module.get_function("strided")((1,), (4,), (x, y, 3, STRIDE))
    assert (found.value.kind, found.value.offset) == ("out-of-bounds", 8 * STRIDE)


def test_slots_are_given_back() -> None:
    for _ in range(40):
        sparse(2**32, np.int8)
    with pytest.raises(LaunchError, match="larger than"):
        sparse(2**36, np.int8)
