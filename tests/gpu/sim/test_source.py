"""A source is rewritten line by line, and what is not supported is refused with its line."""

import numpy as np
import pytest

from convproof_gpu.sim import SimModule, SourceError
from convproof_gpu.sim.source import rewritten

PROGRAM = """
#include <cstdio>
#include <vector>
#include <cooperative_groups_not_really>

// a host's helper, with { and " in a comment
static void check(int code) { if (code) { printf("{"); exit(1); } }

template <typename T>
struct Pair { T a, b; __device__ T sum() const { return a + b; } };

constexpr int square(int n) { return n * n; }

__device__ const float weights[2] = {1.f, 2.f};

namespace inner { __device__ int add(int a, int b) { return a + b; } }

extern "C" {
__global__ void __launch_bounds__(128, 2) first(const float* __restrict__ x, float* y, int n)
{
  extern __shared__ __align__(16) unsigned char raw[];
  float* s = reinterpret_cast<float*>(raw);
  s[threadIdx.x] = x[threadIdx.x] * weights[1] + square(2);
  __syncthreads();
  Pair<float> pair{s[threadIdx.x], 1.f};
  if (threadIdx.x < n) y[threadIdx.x] = pair.sum() + inner::add(1, 1);
}
}

int main(int argc, char** argv) {
  std::vector<float> host(8);
  float *x, *y;
  cudaMalloc(&x, 32);
  first<<<1, 8, 32>>>(x, y, 8);
  return 0;
}
"""


def test_a_whole_program_is_taken_without_its_host() -> None:
    source = PROGRAM.replace("#include <cooperative_groups_not_really>\n", "\n")
    module = SimModule(source)
    assert module.kernels == ("first",)
    x, y = np.arange(8, dtype=np.float32), np.zeros(8, np.float32)
    module.get_function("first")((1,), (8,), (x, y, 8), 32)
    assert np.array_equal(y, 2 * x + 4 + 1 + 2)


def test_lines_stay_where_they_are() -> None:
    source = PROGRAM.replace("#include <cooperative_groups_not_really>\n", "\n")
    text = rewritten(source, "k.cu").text
    assert text.count("\n") == source.count("\n")
    numbered = {line: number for number, line in enumerate(text.splitlines())}
    for number, line in enumerate(source.splitlines()):
        if "Pair<float> pair" in line:
            assert numbered[line] == number


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("__global__ void f(int* x, const float (&y)[3], int n = 4) {}", ("x", "y", "n")),
        ("__global__ __launch_bounds__(32) void g() {}", ()),
        (
            "template <int N, class T = float>\n__global__ void h(T* p, T v) { p[N] = v; }",
            ("p", "v"),
        ),
    ],
)
def test_a_kernels_parameters_are_found(source: str, names: tuple[str, ...]) -> None:
    (kernel,) = rewritten(source, "k.cu").kernels
    assert kernel.parameters[: len(names)] == names or kernel.parameters[0] == names[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('asm volatile("nop;");', "PTX outside prims.cuh"),
        ("f<<<1, 1>>>(x);", "launches from within kernels"),
        ("float v = tex2D<float>(0, 1, 2);", "textures"),
        ("int* p = new int[3];", r"heap of the device \(new\)"),
        ("x = (float*)malloc(4);", r"heap of the device \(malloc\)"),
        ("static int calls; calls++;", "static variables within functions"),
        ("cooperative_groups::this_grid().sync();", "cooperative groups"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_line(body: str, words: str) -> None:
    source = f"__global__ void f(float* x) {{\n  x[0] = 1;\n  {body}\n}}\n"
    with pytest.raises(SourceError, match=rf"k.cu:3: the simulator has no {words}"):
        SimModule(source, file="k.cu")


@pytest.mark.parametrize("header", ["cooperative_groups.h", "cub/cub.cuh", "mma.h"])
def test_a_library_of_the_device_is_refused(header: str) -> None:
    with pytest.raises(SourceError, match=f"k.cu:2: the simulator has no <{header}>"):
        SimModule(f"\n#include <{header}>\n", file="k.cu")


def test_a_source_that_does_not_compile_is_told_with_the_compilers_words() -> None:
    with pytest.raises(SourceError, match=r"(?s)k.cu does not compile:.*k.cu:2:.*missing"):
        SimModule("__global__ void f(float* x) {\n  x[0] = missing;\n}\n", file="k.cu")


@pytest.mark.parametrize(
    "source", ["__global__ void f() {", "void f( {}", "__device__ float x = $;"]
)
def test_half_a_source_is_one_clear_error(source: str) -> None:
    with pytest.raises(SourceError, match=r"k\.cu"):
        SimModule(source, file="k.cu")


def test_what_preprocessor_lines_and_strings_hold_is_no_code() -> None:
    source = r"""
#define TWICE(x) \
  ((x) + /* { */ (x))
__device__ const char text[] = "extern __shared__ { \" asm";
__global__ void f(int* y) { y[0] = TWICE(text[0]) + '{'; /* asm { */ }
"""
    y = np.zeros(1, np.int32)
    SimModule(source).get_function("f")((1,), (1,), (y,))
    assert y[0] == 2 * ord("e") + ord("{")
