"""What people write and is right is not complained of; what looks like it and is wrong, is."""

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convproof_gpu.sim import LaunchError, SimFault, SimModule, conditions, sparse

IDIOMS = {
    "extents with parentheses": """
        #define R 2
        __constant__ float w[(2 * R + 1) * 3];
        __device__ int c[(R + 31) / 32];
        __device__ alignas(16) float b[4];
        __device__ const float* table;
        __global__ void k(float* y, int n) {
          if (threadIdx.x == 0) c[0] = 1, b[3] = 2, table = w;
          __syncthreads();
          if (threadIdx.x < n) y[threadIdx.x] = w[14] + c[0] + b[3] + (table == w);
        }""",
    "structs with an alignment": """
        template <int N> struct __align__(sizeof(float) * N) V { float at[N]; };
        struct alignas(16) W { float a, b; };
        struct __attribute__((aligned(8))) X { float a; };
        __global__ void k(float* y, int n) {
          V<4> v{{1, 1, 1, 1}};
          W w{1, 1};
          X x{1};
          if (threadIdx.x < n) y[threadIdx.x] = v.at[3] + w.a + w.b + x.a;
        }""",
    "kernels under a false #if": """
        #ifdef MISSING
        __global__ void other(Nothing x) { x.y(); }
        #endif
        namespace a::b { __device__ float four() { return 4; } }
        template <class T> __global__ void generic(T* p) { p[0] = 0; }
        template <> __global__ void generic<float>(float* p) { p[0] = 1; }
        __global__ void __launch_bounds__((32 * (1 + 1))) k(float* y, int n) {
          if (threadIdx.x < n) y[threadIdx.x] = a::b::four();
        }""",
    "padding": """
        struct P { char c; float f; };
        __global__ void k(float* y, int n) {
          static __shared__ P s[32];
          __shared__ alignas(16) float t[4];
          s[threadIdx.x].c = 1;
          s[threadIdx.x].f = 3;
          if (threadIdx.x < 4) t[threadIdx.x] = 1;
          __syncthreads();
          P p = s[31 - threadIdx.x];
          if (threadIdx.x < n) y[threadIdx.x] = p.c + p.f + t[0] - 1;
        }""",
    "threads that have left before a __syncwarp": """
        __global__ void k(float* y, int n) {
          __shared__ float s[32];
          if (threadIdx.x >= n) return;
          s[threadIdx.x] = 4;
          __syncwarp();
          y[threadIdx.x] = s[threadIdx.x ^ 1];
        }""",
    "conversions that saturate": """
        __global__ void k(float* y, int n) {
          bool right = __float2int_rn(1e20f) == 2147483647 && __float2int_rz(nanf("")) == 0;
          if (threadIdx.x < n) y[threadIdx.x] = right ? min(4u, n) : 0;
        }""",
    "virtual functions": """
        struct A { __device__ virtual float of(float v) const { return v; } };
        struct B : A { __device__ float of(float v) const override { return 2 * v; } };
        __device__ __noinline__ float ask(const A& a) { return a.of(2); }
        __global__ void k(float* y, int n) {
          B b;
          if (threadIdx.x < n) y[threadIdx.x] = ask(b);
        }""",
    "a member's value in braces, before a constructor's body": """
        struct Pair { int x, y; __device__ Pair(int a); };
        __device__ Pair::Pair(int a) : x(a), y{a} {}
        __global__ void k(float* y, int n) {
          Pair p(2);
          if (threadIdx.x < n) y[threadIdx.x] = p.x + p.y;
        }""",
    "a sum whose last lanes take what is undefined": """
        __global__ void k(float* y, int n) {
          float v = 0.25f;
          int i = 1;
          if (threadIdx.x < 16)
            for (int d = 8; d > 0; d /= 2) {
              v += __shfl_down_sync(0xffffu, v, d);
              i += __shfl_down_sync(0xffffu, i, d);
            }
          v = __shfl_sync(0xffffffffu, i == 16 ? v : 0, 0);
          if (threadIdx.x < n) y[threadIdx.x] = v;
        }""",
    "a flag that another warp waits for": """
        __global__ void k(float* y, int n) {
          __shared__ float s;
          __shared__ int flag;
          if (threadIdx.x == 0) flag = 0;
          __syncthreads();
          if (threadIdx.x == 31) {
            s = 4;
            __threadfence_block();
            atomicExch(&flag, 1);
          } else {
            while (atomicAdd(&flag, 0) == 0) __nanosleep(20);
          }
          if (threadIdx.x < n) y[threadIdx.x] = s;
        }""",
    "functions that return two values": """
        #include <math_constants.h>
        __global__ void k(float* y, int n) {
          float s, c, whole;
          int e, all;
          sincosf(0.0f, &s, &c);
          float sum = s + c + modff(1.5f, &whole) + whole + frexpf(8.0f, &e);
          unsigned mask = __match_all_sync(0xffffffffu, e, &all);
          if (all && e == 4 && mask == ~0u && CUDART_INF_F > 0) sum += 1;
          if (threadIdx.x < n) y[threadIdx.x] = sum;
        }""",
    "dynamic shared memory of a template, of a type that does not depend on it": """
        template <class T> struct Shared {
          __device__ T* operator()() {
            extern __shared__ __align__(16) unsigned char raw[];
            return reinterpret_cast<T*>(raw);
          }
        };
        template <class T> __device__ T at(int i, T v) {
          extern __shared__ int held[];
          held[i] = v;
          auto read = [&](int k) { return held[k]; };
          return static_cast<T>(read(i));
        }
        __global__ void k(float* y, int n) {
          Shared<float> s;
          s()[threadIdx.x] = 1;
          float v = s()[threadIdx.x];
          if (threadIdx.x < n) y[threadIdx.x] = v + at<float>(threadIdx.x, 3);
        }""",
    "what is the host's": """
        #include <vector>
        #include <string>
        using std::vector;
        void run(float* x, cudaStream_t stream);
        void more(const std::vector<float>& held);
        static std::vector<float> table;
        cudaStream_t stream;
        const int FOUR = 4;
        struct Timer {
          cudaEvent_t start;
          Timer() { cudaEventCreate(&start); }
        };
        class Matrix {
          float* data;
         public:
          Matrix(int n) { data = new float[n]; }
          void fill() { kernel<<<1, 32>>>(data); }
        };
        struct Sizes { int n; };
        __device__ float four(Sizes s);
        __device__ float four(Sizes s) { return s.n; }
        __global__ void k(float* y, int n) { if (threadIdx.x < n) y[threadIdx.x] = four({FOUR}); }
        int main() { return 0; }""",
    "names that are the simulator's too": """
        namespace sim { __device__ float barrier() { return 4; } }
        namespace detail { struct Thread { float v; }; }
        __global__ void k(float* y, int n) {
          detail::Thread mark{sim::barrier()};
          if (threadIdx.x < n) y[threadIdx.x] = mark.v;
        }""",
    "large local arrays": """
        __global__ void k(float* y, int n) {
          float held[50000];
          for (int i = 0; i < 50000; i += 999) held[i] = 4;
          if (threadIdx.x < n) y[threadIdx.x] = held[999 * n];
        }""",
}


@pytest.mark.parametrize("name", IDIOMS)
def test_an_idiom_is_no_fault(name: str) -> None:
    """Each writes 4 to the first 20 elements."""
    y = np.zeros(20, np.float32)
    held = SimModule(IDIOMS[name]).get_function("k")
    for seed in (None, 1, 2):
        with conditions(seed=seed):
            held((1,), (32,), (y, 20), 128, outputs=["y"])
        assert np.array_equal(y, np.full(20, 4))


FAULTS = {
    "shared memory that nothing writes": (
        "__global__ void k(float* y, int n) { __shared__ float s[32];\n y[0] = s[n]; }",
        "uninitialised",
    ),
    "a function of the library that writes past the end": (
        "__global__ void k(float* y, int n) {\n sincosf(1.0f, y, y + 8); }",
        "out-of-bounds",
    ),
    "an address inside its memory that is no multiple of 16": (
        "__global__ void k(float* y, int n) {\n *reinterpret_cast<float4*>(y) = {1, 2, 3, 4}; }",
        "misaligned",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_looks_right_and_is_not_is_a_fault(name: str) -> None:
    source, kind = FAULTS[name]
    memory = np.zeros(9, np.float32)
    with pytest.raises(SimFault) as found:
        SimModule(source).get_function("k")((1,), (1,), (memory[1:], 3))
    assert (found.value.kind, found.value.line) == (kind, 2)


def test_kernels_have_their_shared_memory_each() -> None:
    """Three of 20 KiB fit, one after the other."""
    one = "__global__ void k{0}(float* y) {{ __shared__ float s[5120]; s[0] = {0}; y[0] = s[0]; }}"
    module = SimModule("\n".join(one.format(number) for number in range(3)))
    y = np.zeros(1, np.float32)
    for number in range(3):
        held = module.get_function(f"k{number}")
        held((1,), (1,), (y,))
        assert (held.static_shared, y[0]) == (20480, number)


def test_variables_are_those_of_a_module_and_a_fault_leaves_them() -> None:
    source = """
    __device__ int calls;
    __global__ void k(int* y, int at) { calls++; y[at] = calls; }"""
    y = np.zeros(1, np.int32)
    first, second = SimModule(source), SimModule(source)
    first.get_function("k")((1,), (1,), (y, 0))
    with pytest.raises(SimFault):
        first.get_function("k")((1,), (1,), (y, 1))
    first.get_function("k")((1,), (1,), (y, 0))
    assert y[0] == 2
    second.get_function("k")((1,), (1,), (y, 0))
    assert y[0] == 1


class Large(ctypes.Structure):
    _fields_ = (("held", ctypes.c_char * 5000),)


def test_more_arguments_than_a_launch_takes_are_refused() -> None:
    source = "struct Large { char held[5000]; }; __global__ void k(Large l, int* y) { *y = 1; }"
    with pytest.raises(LaunchError, match="5008 bytes in 2 arguments, more than 4096"):
        SimModule(source).get_function("k")
    many = ", ".join(f"int a{number}" for number in range(100))
    held = SimModule(f"__global__ void k(int* y, {many}) {{ *y = a0 + a99; }}").get_function("k")
    y = np.zeros(1, np.int32)
    held((1,), (1,), (y, *range(100)))
    assert y[0] == 99


@pytest.mark.parametrize("value", [3, "abc", None])
def test_a_number_is_no_struct(value: Any) -> None:
    held = SimModule("struct S { int a, b; }; __global__ void k(S s, int* y) { *y = s.a; }")
    with pytest.raises(LaunchError, match="not the bytes of a struct"):
        held.get_function("k")((1,), (1,), (value, np.zeros(1, np.int32)))


def test_a_header_of_the_user_is_left_as_it_is(tmp_path: Path) -> None:
    """However it is included: by its whole path, or from above."""
    header = tmp_path / "mine.cuh"
    text = "inline void host() {}\n__device__ inline float one() { return 1; }\n"
    (tmp_path / "below").mkdir()
    header.write_text(text, encoding="utf-8")
    for name in (str(header), "../mine.cuh"):
        main = tmp_path / "below" / "main.cu"
        main.write_text(f'#include "{name}"\n__global__ void k(float* y) {{ *y = one(); }}\n')
        SimModule(main).get_function("k")((1,), (1,), (np.zeros(1, np.float32),))
    assert header.read_text(encoding="utf-8") == text


def test_two_slices_of_one_sparse_array_are_two_arguments() -> None:
    x = sparse(2**33, np.int8)
    source = "__global__ void k(const char* a, char* b) { b[0] = a[0] + 1; }"
    SimModule(source).get_function("k")((1,), (1,), (x[:5], x[2**32 : 2**32 + 5]))
    assert x[2**32] == 1


def test_more_threads_than_a_kernel_allows_are_refused() -> None:
    source = """
    #define MOST 64
    __global__ void __launch_bounds__(MOST) k(int* y) { if (threadIdx.x == 0) *y = 1; }"""
    held, y = SimModule(source).get_function("k"), np.zeros(1, np.int32)
    held((1,), (64,), (y,))
    with pytest.raises(LaunchError, match=r"128 threads, more than the kernel's __launch_bounds__"):
        held((1,), (128,), (y,))


@pytest.mark.parametrize("name", ["N", "T", "x", "value", "size"])
def test_a_macro_of_an_option_is_the_sources_alone(name: str) -> None:
    """And not one of the simulator's headers, where such names are at home."""
    source = f"__global__ void k(int* y) {{ *y = {name}; }}"
    y = np.zeros(1, np.int32)
    SimModule(source, [f"-D{name}=4"]).get_function("k")((1,), (1,), (y,))
    assert y[0] == 4


@pytest.mark.parametrize("landing", ["eager", "lazy"])
def test_the_source_of_a_copy_must_stay_until_it_is_waited_for(landing: str) -> None:
    source = """
    #include "prims.cuh"
    __global__ void k(float* x, float* y) {
      __shared__ float s[4];
      cp_async<16>(s, x);
      cp_async_commit();
      x[0] = 5;
      cp_async_wait<0>();
      y[0] = s[0];
    }"""
    args = (np.ones(4, np.float32), np.zeros(1, np.float32))
    with conditions(landing=landing), pytest.raises(SimFault, match="source of an async") as found:
        SimModule(source).get_function("k")((1,), (1,), args)
    assert (found.value.kind, found.value.line) == ("async-copy", 5)


@pytest.mark.parametrize("value", [[1.0] * 40, "abc", object(), None, [1.0, 2.0]])
def test_what_is_no_half_is_refused_and_harms_nothing(value: Any) -> None:
    source = "#include <cuda_fp16.h>\n__global__ void k(float* y, half h) { *y = h; }"
    held, y = SimModule(source).get_function("k"), np.zeros(1, np.float32)
    for _ in range(20):
        with pytest.raises(LaunchError, match="k: takes float16 h, got"):
            held((1,), (1,), (y, value))
    held((1,), (1,), (y, 1.5))
    assert y[0] == 1.5


@pytest.mark.parametrize("grid", [1, "1", (1.5,), (1, 1, 1, 1), None])
def test_a_grid_is_a_tuple_of_integers(grid: Any) -> None:
    held = SimModule("__global__ void k(int* y) { *y = 1; }").get_function("k")
    with pytest.raises(LaunchError, match="integers"):
        held(grid, (1,), (np.zeros(1, np.int32),))
