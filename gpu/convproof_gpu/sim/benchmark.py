"""What the simulator costs, each by the best of many turns in one process.

=================  ============================================================================
row                is
=================  ============================================================================
fiber switch       a barrier of 256 threads, per switch from one fiber to another
checked access     a sum over global memory by one thread, per read: bounds, races, first writes
fast access        the same without races and first writes
launch             an empty kernel of one thread with one small array, from Python and back
cold build         a tiled convolution of one file, not in the cache; the runtime is
cached build       the same, in the cache
tiled convolution  its launch, all checks, against the same sums by NumPy's einsum
=================  ============================================================================
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from convproof_gpu.sim.build import built
from convproof_gpu.sim.conditions import conditions
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
        turns: of each; the best is taken.
    """
    small = SimModule(_SMALL)
    nothing, summed, barriers = map(small.get_function, ("nothing", "sum", "barriers"))
    x, y = np.zeros(20_000, np.float32), np.zeros(1, np.float32)
    launch = _best(lambda: [nothing((1,), (1,), (y,)) for _ in range(20)], turns) / 20
    read = _best(lambda: summed((1,), (1,), (x, y, x.size)), turns) - launch
    with conditions(check="fast"):
        fast = _best(lambda: summed((1,), (1,), (x, y, x.size)), turns) - launch
    report = barriers((1,), (256,), (200,))
    switched = _best(lambda: barriers((1,), (256,), (200,)), turns) - launch
    conv = SimModule(_TILED).get_function("conv3x3")
    image = np.ones((_CHANNELS, _SIZE, _SIZE), np.float32)
    taps = np.ones((_MAPS, _CHANNELS, 3, 3), np.float32)
    out = np.zeros((_MAPS, _SIZE, _SIZE), np.float32)
    sizes = (_CHANNELS, _SIZE, _SIZE)
    tiled = _best(lambda: conv((1, 1, _MAPS), (16, 16), (image, taps, out, *sizes)), turns)
    plain = _best(lambda: _plain(image, taps), turns)
    return [
        Row("fiber switch", 1e9 * switched / (2 * report.switches), "ns", 10),
        Row("checked access", 1e9 * read / x.size, "ns", 20),
        Row("fast access", 1e9 * fast / x.size, "ns", None),
        Row("launch", 1e6 * launch, "us", 15),
        Row("cold build", _cold(), "s", 0.5),
        Row("cached build", _best(lambda: SimModule(_TILED), 5), "s", None),
        Row("tiled convolution", 1e3 * tiled, "ms", None),
        Row("200 of them", 200 * tiled, "s", 1),
        Row("NumPy / it", plain / tiled, "ratio", None),
    ]


def _best(call: Callable[[], Any], turns: int) -> float:
    best = float("inf")
    for _ in range(turns):
        begin = perf_counter()
        call()
        best = min(best, perf_counter() - begin)
    return best


def _cold() -> float:
    def build() -> None:
        built(f"// {next(numbers)}\n{_TILED}", file="conv.cu")

    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(Path(folder, str(number)) for number in range(9))  # a new source each time
        return _best(build, 3)


def _plain(x: np.ndarray, w: np.ndarray) -> Any:
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("cijrs,mcrs->mij", windows, w, optimize=True)
