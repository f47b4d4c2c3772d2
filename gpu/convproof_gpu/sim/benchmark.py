"""What the simulator costs, each by the best of many turns in one process.

=================  ============================================================================
row                is
=================  ============================================================================
fiber switch       a barrier of 32 threads, per change from one stack to another
of 256 threads     the same, when the stacks do not fit the first level of the cache
checked access     a sum over global memory by one thread, per read: bounds, races, first writes
fast access        the same without races and first writes
launch             an empty kernel of one thread with one small array, from Python and back
cold build         a tiled convolution of one file, not in the cache; the runtime is
cached build       the same, in the cache
tiled convolution  its launch, all checks
it / plain loop    against the same sums in loops that the host's compiler has compiled, unchecked
it / NumPy         against the same sums by NumPy's einsum
200 examples       of it, drawn by Hypothesis with up to 4 channels, 4 maps and 24 x 24 pixels,
                   each compared with NumPy
=================  ============================================================================
"""

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof_gpu.sim.build import built
from convproof_gpu.sim.compiler import CompilerError, compiler, run
from convproof_gpu.sim.conditions import conditions
from convproof_gpu.sim.kernel import SimKernel
from convproof_gpu.sim.module import SimModule

_SMALL = """
extern "C" __global__ void nothing(float* x) {}
extern "C" __global__ void sum(const float* x, float* y, int n) {
  float all = 0;
  for (int i = 0; i < n; i++) all += x[i];
  *y = all;
}
extern "C" __global__ void barriers(int n) {
  for (int i = 0; i < n; i++) __syncthreads();
}
"""
_TILED = """
constexpr int T = 16;
extern "C" __global__ void conv3x3(const float* x, const float* w, float* y, int channels, int height, int width) {
  __shared__ float tile[T + 2][T + 2];
  __shared__ float taps[3][3];
  int j0 = blockIdx.x * T, i0 = blockIdx.y * T, m = blockIdx.z, t = threadIdx.y * T + threadIdx.x;
  float sum = 0.f;
  for (int c = 0; c < channels; c++) {
    for (int k = t; k < (T + 2) * (T + 2); k += T * T) {
      int r = k / (T + 2), s = k % (T + 2), i = i0 + r - 1, j = j0 + s - 1;
      tile[r][s] = i >= 0 && i < height && j >= 0 && j < width ? x[(c * height + i) * width + j] : 0.f;
    }
    if (t < 9) taps[t / 3][t % 3] = w[(m * channels + c) * 9 + t];
    __syncthreads();
    for (int r = 0; r < 3; r++)
      for (int s = 0; s < 3; s++) sum += taps[r][s] * tile[threadIdx.y + r][threadIdx.x + s];
    __syncthreads();
  }
  int i = i0 + threadIdx.y, j = j0 + threadIdx.x;
  if (i < height && j < width) y[(m * height + i) * width + j] = sum;
}
"""  # noqa: E501  # a kernel
_LOOPS = """
extern "C" __attribute__((visibility("default")))
void conv3x3(const float* x, const float* w, float* y, int channels, int maps, int height, int width) {
  for (int m = 0; m < maps; m++)
    for (int i = 0; i < height; i++)
      for (int j = 0; j < width; j++) {
        float sum = 0.f;
        for (int c = 0; c < channels; c++)
          for (int r = 0; r < 3; r++)
            for (int s = 0; s < 3; s++) {
              const int p = i + r - 1, q = j + s - 1;
              if (p >= 0 && p < height && q >= 0 && q < width) sum += w[((m * channels + c) * 3 + r) * 3 + s] * x[(c * height + p) * width + q];
            }
        y[(m * height + i) * width + j] = sum;
      }
}
"""  # noqa: E501  # a loop nest
_CHANNELS, _MAPS, _SIZE = 8, 16, 16


@dataclass(frozen=True, slots=True)
class Row:
    """A cost, its unit, and what it is to be at most; None: nothing was promised."""

    name: str
    value: float
    unit: str
    at_most: float | None


def measured(turns: int = 30) -> list[Row]:
    """Return the costs.

    Args:
        turns: of each, one after the other; the best is taken.
    """
    small = SimModule(_SMALL)
    nothing, summed, barriers = map(small.get_function, ("nothing", "sum", "barriers"))
    x, y = np.zeros(20_000, np.float32), np.zeros(1, np.float32)
    conv = SimModule(_TILED).get_function("conv3x3")
    image = np.ones((_CHANNELS, _SIZE, _SIZE), np.float32)
    taps = np.ones((_MAPS, _CHANNELS, 3, 3), np.float32)
    out = np.zeros((_MAPS, _SIZE, _SIZE), np.float32)
    sizes = (_CHANNELS, _SIZE, _SIZE)
    changes = {n: 2 * barriers((1,), (n,), (200,)).switches for n in (32, 256)}  # there and back

    loops = _loops()
    assert np.array_equal(loops(image, taps), _plain(image, taps))

    def fast() -> None:
        with conditions(check="fast"):
            summed((1,), (1,), (x, y, x.size))

    best = _best(
        turns,
        {
            "launch": lambda: [nothing((1,), (1,), (y,)) for _ in range(20)],
            "few": lambda: barriers((1,), (32,), (200,)),
            "many": lambda: barriers((1,), (256,), (200,)),
            "read": lambda: summed((1,), (1,), (x, y, x.size)),
            "fast": fast,
            "tiled": lambda: conv((1, 1, _MAPS), (16, 16), (image, taps, out, *sizes)),
            "loops": lambda: loops(image, taps),
            "plain": lambda: _plain(image, taps),
        },
    )
    launch = best["launch"] / 20
    slow = _best(
        max(1, turns // 10),
        {"examples": lambda: _examples(conv), "cold": _cold, "cached": lambda: SimModule(_TILED)},
    )
    return [
        Row("fiber switch", 1e9 * (best["few"] - launch) / changes[32], "ns", 10),
        Row("of 256 threads", 1e9 * (best["many"] - launch) / changes[256], "ns", 10),
        Row("checked access", 1e9 * (best["read"] - launch) / x.size, "ns", 20),
        Row("fast access", 1e9 * (best["fast"] - launch) / x.size, "ns", None),
        Row("launch", 1e6 * launch, "us", 15),
        Row("cold build", slow["cold"], "s", 0.5),
        Row("cached build", slow["cached"], "s", None),
        Row("tiled convolution", 1e3 * best["tiled"], "ms", None),
        Row("200 examples", slow["examples"], "s", 1),
        Row("it / plain loop", best["tiled"] / best["loops"], "ratio", None),
        Row("it / NumPy", best["tiled"] / best["plain"], "ratio", None),
    ]


def _examples(conv: SimKernel) -> None:
    few, sizes = st.integers(1, 4), st.integers(1, 24)

    @settings(max_examples=200, derandomize=True, database=None, deadline=None)
    @given(few, few, sizes, sizes, st.integers(0, 2**32 - 1))
    def right(channels: int, maps: int, height: int, width: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        x = rng.integers(-8, 9, (channels, height, width)).astype(np.float32)
        w = rng.integers(-8, 9, (maps, channels, 3, 3)).astype(np.float32)
        y = np.zeros((maps, height, width), np.float32)
        grid = (-(-width // 16), -(-height // 16), maps)
        conv(grid, (16, 16), (x, w, y, channels, height, width), outputs=["y"])
        assert np.array_equal(y, _plain(x, w))

    right()


def _best(turns: int, calls: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(turns):
        for name, call in calls.items():
            begin = perf_counter()
            call()
            best[name] = min(best[name], perf_counter() - begin)
    return best


def _cold() -> None:
    made = built(f"// {perf_counter()}\n{_TILED}", file="conv.cu")  # a source that is new
    made.path.unlink()


def _loops() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the same sums by loops that the host's compiler compiles, as any code of its own."""
    with TemporaryDirectory() as folder:
        source, library = Path(folder) / "loops.cpp", Path(folder) / "loops.so"
        source.write_text(_LOOPS, encoding="utf-8")
        if fault := run(compiler().runtime(source, library)):
            raise CompilerError(fault)
        function = ctypes.CDLL(str(library)).conv3x3  # stays loaded when the file is gone
    pointer = np.ctypeslib.ndpointer(np.float32, flags="C")
    function.argtypes, function.restype = [pointer] * 3 + [ctypes.c_int] * 4, None

    def loops(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        y = np.empty((len(w), *x.shape[1:]), np.float32)
        function(x, w, y, len(x), len(w), *x.shape[1:])
        return y

    return loops


def _plain(x: np.ndarray, w: np.ndarray) -> Any:
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("cijrs,mcrs->mij", windows, w, optimize=True)
