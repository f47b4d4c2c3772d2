"""What a CUDA source computes, as polynomials: its matrix is the derived one, cell by cell."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.axes import Axis
from convproof_gpu.sim import LaunchError, SimFault, SimModule, linear_map, provenance

CONV = """
// y[o] = sum_k w[k] x[stride o + dilation k - low]
extern "C" __global__ void forward(const float* x, const float* w, float* y, int n, int r,
                                   int m, int stride, int dilation, int low) {
  int o = blockIdx.x * blockDim.x + threadIdx.x;
  if (o >= m) return;
  float sum = 0.f;
  for (int k = 0; k < r; k++) {
    int i = stride * o + dilation * k - low;
    if (i >= 0 && i < n) sum = fmaf(w[k], x[i], sum);
  }
  y[o] = sum;
}
// dx[i] = sum over k with (i + low - dilation k) divisible by stride
extern "C" __global__ void input_vjp(const float* dy, const float* w, float* dx, int n, int r,
                                     int m, int stride, int dilation, int low) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = 0.f;
  for (int k = 0; k < r; k++) {
    int from = i + low - dilation * k;
    if (from >= 0 && from % stride == 0 && from / stride < m) sum += w[k] * dy[from / stride];
  }
  dx[i] = sum;
}
// dw[k], one block each, by a tree in shared memory
extern "C" __global__ void weight_vjp(const float* dy, const float* x, float* dw, int n, int r,
                                      int m, int stride, int dilation, int low) {
  __shared__ float s[32];
  int k = blockIdx.x, t = threadIdx.x;
  s[t] = 0.f;
  for (int o = t; o < m; o += 32) {
    int i = stride * o + dilation * k - low;
    if (i >= 0 && i < n) s[t] += dy[o] * x[i];
  }
  __syncthreads();
  for (int d = 16; d > 0; d /= 2) {
    if (t < d) s[t] += s[t + d];
    __syncthreads();
  }
  if (t == 0) dw[k] = s[0];
}
"""


@pytest.fixture(scope="module")
def module() -> SimModule:
    return SimModule(CONV, provenance=True)


@settings(max_examples=20)
@given(data=st.data())
def test_the_matrices_of_a_cuda_source_are_the_derived_ones(
    module: SimModule, data: st.DataObject
) -> None:
    """T, U and D are the triples: w[k] at (o, i), w[k] at (i, o) and x[i] at (k, o)."""
    r, stride, dilation = (data.draw(st.integers(1, 3)) for _ in range(3))
    low, high = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))
    n = data.draw(st.integers(max(1, dilation * (r - 1) + 1 - low - high), 9))
    axis = Axis(input_size=n, kernel_size=r, stride=stride, padding=(low, high), dilation=dilation)
    m, derived = axis.output_size, axis.triples()
    triples = set(zip(*(leg.tolist() for leg in derived.legs), strict=True))
    x, w, y = (np.ones(size, np.float32) for size in (n, r, m))
    sizes = (n, r, m, stride, dilation, low)

    def matrix(name: str, blocks: int, arrays: Any, output: str, of: str) -> dict[Any, str]:
        held = module.get_function(name)
        found = provenance(held, (blocks,), (32,), (*arrays, *sizes))
        return {place: str(cell) for place, cell in linear_map(found[output], of).items()}

    assert matrix("forward", 1, (x, w, y), "y", "x") == _cells(triples, "oi", "w", "k")
    assert matrix("input_vjp", 1, (y, w, x), "dx", "dy") == _cells(triples, "io", "w", "k")
    assert matrix("weight_vjp", r, (y, x, w), "dw", "dy") == _cells(triples, "ko", "x", "i")


def _cells(triples: set[Any], place: str, name: str, index: str) -> dict[tuple[int, int], str]:
    """Return a matrix's cells: at two letters of each triple, the element named by the third."""
    cells: dict[tuple[int, int], list[int]] = {}
    for o, k, i in triples:
        value = {"o": o, "k": k, "i": i}
        cells.setdefault((value[place[0]], value[place[1]]), []).append(value[index])
    return {
        at: " + ".join(f"{name}[{each}]" for each in sorted(held)) for at, held in cells.items()
    }


def test_maxima_vectors_shuffles_and_quotients_are_traced() -> None:
    source = """
    extern "C" __global__ void f(const float4* x, float* y, float by) {
      float4 v = x[threadIdx.x];
      float best = fmaxf(fmaxf(v.x, v.y), fmaxf(v.z, v.w));
      float other = __shfl_xor_sync(0xffffffffu, best, 1);
      y[threadIdx.x] = (best + 2 * other) / 4 - by;
    }"""
    x = np.zeros((32, 4), np.float32)
    x[:, 2] = 1
    held = SimModule(source, provenance=True).get_function("f")
    found = provenance(held, (1,), (32,), (x, np.zeros(32, np.float32), 3.0))
    assert str(found["y"][0]) == "-3 + 1/4 x[2] + 1/2 x[6]"
    with pytest.raises(LaunchError, match="output 0 is not linear in x"):
        linear_map(found["y"], "x")


def test_the_checks_hold_in_a_traced_run_and_unwritten_memory_is_no_number(
    module: SimModule,
) -> None:
    x, w, y = (np.ones(size, np.float32) for size in (4, 2, 3))
    held = module.get_function("forward")
    with pytest.raises(SimFault, match=r"w\[byte 8\]"):
        provenance(held, (1,), (32,), (x, w, y, 4, 3, 3, 1, 1, 0))
    with pytest.raises(LaunchError, match="is traced: its arrays hold no numbers"):
        held((1,), (32,), (x, w, y, 4, 2, 3, 1, 1, 0))
    with pytest.raises(LaunchError, match="build its module with provenance=True"):
        provenance(SimModule(CONV).get_function("forward"), (1,), (1,), ())


def test_a_quotient_by_an_element_is_no_polynomial() -> None:
    source = 'extern "C" __global__ void f(const float* x, float* y) { y[0] = 1 / x[0]; }'
    held = SimModule(source, provenance=True).get_function("f")
    with pytest.raises(LaunchError, match=r"a quotient by x\[0\] is no polynomial"):
        provenance(held, (1,), (1,), (np.ones(1, np.float32), np.ones(1, np.float32)))


def test_a_function_of_an_element_is_no_polynomial_and_of_a_constant_a_number() -> None:
    source = """
    #include <cuda_fp16.h>
    extern "C" __global__ void f(const float* x, float* y, int of_x) {
      y[0] = x[0] * expf(of_x ? x[1] : 0.0f) + __half2float(__float2half_rn(0.1f));
    }"""
    held = SimModule(source, provenance=True).get_function("f")
    x, y = np.ones(2, np.float32), np.ones(1, np.float32)
    assert str(provenance(held, (1,), (1,), (x, y, 0))["y"][0]) == "819/8192 + x[0]"
    with pytest.raises(LaunchError, match=r"a function of x\[1\] is no polynomial"):
        provenance(held, (1,), (1,), (x, y, 1))
