"""Launching as with CuPy; what no GPU would take is refused, with the numbers."""

import ctypes
import pickle
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from convproof_gpu.sim import LaunchError, SimFault, SimModule, SourceError, build

SCALE = """
struct Shape { int n; float by; };

namespace ours {
template <typename T, int N>
__global__ void scale(const T* __restrict__ x, T* __restrict__ y, Shape shape) {
  for (int k = 0; k < N; k++) {
    int i = (blockIdx.x * blockDim.x + threadIdx.x) * N + k;
    if (i < shape.n) y[i] = T(float(x[i]) * shape.by);
  }
}
}
__constant__ float table[4];
__device__ int calls;
__device__ float bias = 0.5f;

extern "C" __global__ void look_up(float* y, long long n, unsigned char flag, bool add, double d) {
  int i = threadIdx.x;
  if (i < n) y[i] = table[i % 4] * (flag == 3) + (add ? bias : 0.f) + static_cast<float>(d);
  if (i == 0) atomicAdd(&calls, 1);
}
"""


class Shape(ctypes.Structure):
    _fields_ = (("n", ctypes.c_int), ("by", ctypes.c_float))


@pytest.fixture(scope="module")
def module() -> SimModule:
    names = [f"ours::scale<{t}, 3>" for t in ("float", "double", "__half", "__nv_bfloat16")]
    source = f"#include <cuda_fp16.h>\n#include <cuda_bf16.h>\n{SCALE}"
    return SimModule(source, name_expressions=names)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("float", np.float32),
        ("double", np.float64),
        ("__half", np.float16),
        ("__nv_bfloat16", ml_dtypes.bfloat16),
    ],
)
def test_a_template_takes_arrays_and_a_struct(module: SimModule, name: str, dtype: Any) -> None:
    x, y = np.arange(10).astype(dtype), np.zeros(10, dtype)
    held = module.get_function(f"ours::scale<{name},3>")
    held((1,), (4,), (x, y, Shape(10, 2.0)))
    assert np.array_equal(y, (2 * np.arange(10)).astype(dtype))


def test_scalars_and_variables_of_the_module_reach_the_kernel(module: SimModule) -> None:
    module.get_global("table").view(np.float32)[:] = [1, 2, 3, 4]
    module.get_global("calls").view(np.int32)[:] = 0
    y = np.zeros(6, np.float32)
    look_up = module.get_function("look_up")
    look_up((1,), (6,), (y, 6, np.uint8(3), True, 0.25))
    assert np.array_equal(y, np.array([1, 2, 3, 4, 1, 2]) + 0.75)
    assert module.get_global("calls").view(np.int32)[0] == 1


def test_the_same_array_twice_is_one_array(module: SimModule) -> None:
    x = np.arange(10, dtype=np.float32)
    module.get_function("ours::scale<float, 3>")((1,), (4,), (x, x, Shape(10, 3.0)))
    assert np.array_equal(x, 3 * np.arange(10))


X, Y = np.zeros(10, np.float32), np.zeros(10, np.float32)
FROZEN = np.zeros(10, np.float32)
FROZEN.flags.writeable = False


@pytest.mark.parametrize(
    ("grid", "block", "args", "more", "words"),
    [
        ((1,), (1,), (X, Y), {}, "takes 3 arguments, got 2"),
        ((1,), (1,), (X.astype(np.float64), Y, b"12345678"), {}, r"float32\* x, got an array of"),
        ((1,), (1,), (X, Y[::2], b"12345678"), {}, "strides"),
        ((1,), (1,), (X, FROZEN, b"12345678"), {}, "read-only"),
        ((1,), (1,), (X, 3, b"12345678"), {}, "got int, not an array"),
        ((1,), (1,), (X, Y, b"1234"), {}, "got 4 bytes, not 8"),
        ((1,), (1,), (X, X[2:], b"12345678"), {}, "overlaps x without being the same array"),
        ((0,), (1,), (X, Y, b"12345678"), {}, r"grid=\(0,\) must be from 1 to"),
        ((1, 65536), (1,), (X, Y, b"12345678"), {}, "65535"),
        ((1,), (1, 1, 65), (X, Y, b"12345678"), {}, r"block=\(1, 1, 65\)"),
        ((1,), (33, 32), (X, Y, b"12345678"), {}, "1056 threads; a block has at most 1024"),
        ((1,), (1,), (X, Y, b"12345678"), {"shared_mem": 49153}, "more than 49152"),
        ((1,), (1,), (X, Y, b"12345678"), {"outputs": ["z"]}, "no pointers z"),
    ],
)
def test_a_wrong_launch_is_refused(
    grid: Any, block: Any, args: Any, more: Any, words: str, module: SimModule
) -> None:
    with pytest.raises(LaunchError, match=words):
        module.get_function("ours::scale<float, 3>")(grid, block, args, **more)


@pytest.mark.parametrize("value", [2**63, 1.5, "3", None])
def test_a_number_that_the_parameter_does_not_hold_is_refused(
    module: SimModule, value: Any
) -> None:
    with pytest.raises(LaunchError, match="takes int64 n, got"):
        module.get_function("look_up")((1,), (1,), (Y, value, 0, False, 0.0))


def test_more_shared_memory_must_be_opted_in_and_ends_with_the_architecture() -> None:
    source = (
        'extern "C" __global__ void f(int* y) { extern __shared__ int s[]; s[0] = 1; *y = *s; }'
    )
    y = np.zeros(1, np.int32)
    for arch, most in (("80", 163), ("90", 227)):
        held = SimModule(source, [f"-arch=sm_{arch}"]).get_function("f")
        held.max_dynamic_shared_size_bytes = 256 << 10
        held((1,), (1,), (y,), most << 10)
        with pytest.raises(LaunchError, match=f"more than {most << 10} .sm_{arch}."):
            held((1,), (1,), (y,), (most << 10) + 1)


def test_an_unknown_kernel_is_told_with_those_there_are(module: SimModule) -> None:
    with pytest.raises(LaunchError, match=r"there are: .*look_up.*templates.*ours::scale"):
        module.get_function("scale")
    with pytest.raises(LaunchError, match="no variable 'tables'; there are: bias, calls, table"):
        module.get_global("tables")


def test_an_output_must_be_written_whole_and_not_read_before() -> None:
    source = """
    extern "C" __global__ void half_of_it(float* y, int n) {
      if (threadIdx.x < n / 2) y[threadIdx.x] = 1;
    }
    extern "C" __global__ void adds(float* y, int n) {
      if (threadIdx.x < n) y[threadIdx.x] += 1;
    }"""
    module = SimModule(source)
    y = np.zeros(8, np.float32)
    with pytest.raises(SimFault, match="never written") as found:
        module.get_function("half_of_it")((1,), (8,), (y, 8), outputs=["y"])
    assert (found.value.kind, found.value.array, found.value.offset) == ("uninitialised", "y", 16)
    with pytest.raises(SimFault, match="reads what nothing has written") as found:
        module.get_function("adds")((1,), (8,), (y, 8), outputs=["y"])
    assert found.value.line == 6
    module.get_function("adds")((1,), (8,), (y, 8))
    assert np.array_equal(y, np.ones(8))


def test_a_tile_that_is_read_before_its_barrier_is_told_as_one() -> None:
    """The kind stays ``uninitialised``; of global memory there is no such hint."""
    source = """
    extern "C" __global__ void turned(const float* x, float* y) {
      __shared__ float tile[32];
      tile[threadIdx.x] = x[threadIdx.x];
      y[threadIdx.x] = tile[31 - threadIdx.x];
    }
    extern "C" __global__ void adds(float* y) { y[threadIdx.x] += 1; }"""
    module, x, y = SimModule(source), np.ones(32, np.float32), np.zeros(32, np.float32)
    with pytest.raises(SimFault, match="written yet; is a barrier missing before it") as found:
        module.get_function("turned")((1,), (32,), (x, y))
    assert (found.value.kind, found.value.array, found.value.line) == ("uninitialised", "tile", 5)
    with pytest.raises(SimFault, match=r"what nothing has written(?! yet)"):
        module.get_function("adds")((1,), (32,), (y,), outputs=["y"])


def test_a_null_pointer_and_an_empty_array_may_be_given_and_not_be_read() -> None:
    source = 'extern "C" __global__ void f(const float* x, float* y) { if (x) y[0] = x[0]; }'
    held, y = SimModule(source).get_function("f"), np.zeros(1, np.float32)
    held((1,), (1,), (None, y))
    with pytest.raises(SimFault, match=r"x\[byte 0\]: read of 4 bytes at byte 0 of 0"):
        held((1,), (1,), (np.zeros(0, np.float32), y))


def test_a_fault_travels_between_processes() -> None:
    fault = SimFault(
        kind="race", kernel="k", file="k.cu", line=3, block=(0, 0, 0), thread=(1, 0, 0), array="s",
        offset=4, message="m",
    )  # fmt: skip
    again = pickle.loads(pickle.dumps(fault))  # our own
    assert (
        str(again)
        == str(fault)
        == "k.cu:3: race in k, block (0, 0, 0), thread (1, 0, 0): " + ("s[byte 4]: m")
    )


def test_a_file_includes_others_beside_it_and_names_them_in_faults(tmp_path: Path) -> None:
    (tmp_path / "store.cuh").write_text(
        "#pragma once\n__device__ inline void store(float* y, int i) {\n  y[i] = 1;\n}\n"
    )
    (tmp_path / "main.cu").write_text(
        '#include "store.cuh"\nextern "C" __global__ void f(float* y) { store(y, 1); }\n'
    )
    with pytest.raises(SimFault) as found:
        SimModule(tmp_path / "main.cu").get_function("f")((1,), (1,), (np.zeros(1, np.float32),))
    assert (found.value.file, found.value.line) == ("store.cuh", 3)
    (tmp_path / "main.cu").write_text('#include "restore.cuh"\n')
    with pytest.raises(SourceError, match=r"restore\.cuh: there is no such file"):
        SimModule(tmp_path / "main.cu")


@pytest.mark.parametrize(
    "header",
    {"sim.hpp.gch": "of another compiler", "sim.hpp": "#error which stops at it"}.items(),
    ids=["passed over", "stopped at"],
)
def test_a_parsed_header_that_does_not_load_is_done_without(
    header: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, content = header
    (tmp_path / name).write_text(content, encoding="utf-8")
    asked: list[Path] = []

    def parsed(*_: Any) -> list[str]:
        asked.append(tmp_path)
        return [f"-I{tmp_path}"]

    monkeypatch.setattr(build, "_parsed", parsed)
    source = f"// {tmp_path}\n" + 'extern "C" __global__ void one(int* y) { *y = 1; }'  # not kept
    y = np.zeros(1, np.int32)
    SimModule(source).get_function("one")((1,), (1,), (y,))
    assert (asked, *y) == ([tmp_path], 1)
