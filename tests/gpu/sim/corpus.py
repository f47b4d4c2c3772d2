"""Kernels that are right, and the faults that are planted in them: what each is to be found as."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from convproof_gpu.sim import SimKernel, SimModule, SimReport

KERNELS = Path(__file__).with_name("kernels")


@dataclass(frozen=True, slots=True)
class Run:
    """A launch: sizes, and arguments by parameter, of which ``expected`` are what they become."""

    grid: tuple[int, ...]
    block: tuple[int, ...]
    args: list[Any]
    expected: dict[int, np.ndarray]
    shared_mem: int = 0
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault: ``-DFAULT=number`` of a file, found in a kernel's launch as ``kind``."""

    file: str
    number: int
    kernel: str
    kind: str
    array: str = ""

    def __str__(self) -> str:
        return f"{self.file}-{self.number}-{self.kind}"

    @property
    def line(self) -> int:
        """The line that the source marks; 0 if none is, for the fault has no line."""
        text = (KERNELS / f"{self.file}.cu").read_text(encoding="utf-8")
        word = f"fault {self.number}"
        for number, line in enumerate(text.splitlines(), 1):
            comment = line.partition("//")[2]
            if word in [part.strip() for part in comment.split(",")]:
                return number
        return 0


@cache
def module(file: str, *options: str) -> SimModule:
    return SimModule(KERNELS / f"{file}.cu", options)


def kernel(file: str, name: str, *options: str) -> SimKernel:
    return module(file, *options).get_function(name)


def launched(held: SimKernel, run: Run) -> SimReport:
    return held(run.grid, run.block, run.args, run.shared_mem, outputs=run.outputs)


def _integers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-8, 9, shape).astype(np.float32)


def _block_sum(rng: np.random.Generator) -> Run:
    threads = int(rng.choice([32, 64, 128, 256]))
    n = int(rng.integers(1, 5 * threads))
    blocks = -(-n // (2 * threads))
    x = _integers(rng, n)
    padded = np.zeros(blocks * 2 * threads, np.float32)
    padded[:n] = x
    y = padded.reshape(blocks, -1).sum(axis=1)
    args = [x, np.empty(blocks, np.float32), n]
    return Run((blocks,), (threads,), args, {1: y}, outputs=("y",))


def _warp_sum(rng: np.random.Generator) -> Run:
    threads, blocks = int(rng.choice([32, 64, 96])), int(rng.integers(1, 4))
    n = int(rng.integers(1, threads * blocks + 1))
    x = _integers(rng, n)
    total = np.array([x.sum()], np.float32)
    return Run((blocks,), (threads,), [x, np.zeros(1, np.float32), n], {1: total})


def _count(rng: np.random.Generator) -> Run:
    x = _integers(rng, int(rng.integers(1, 200)))
    found = np.array([(x > 0).sum()], np.int32)
    return Run((1,), (int(rng.integers(1, 129)),), [x, np.empty(1, np.int32), x.size], {1: found})


def _block_scan(rng: np.random.Generator) -> Run:
    warps = int(rng.integers(1, 9))
    n = int(rng.integers(1, 32 * warps + 1))
    x = rng.integers(-99, 100, n).astype(np.int32)
    args = [x, np.empty(n, np.int32), n]
    sums = np.cumsum(x, dtype=np.int32)
    return Run((1,), (32 * warps,), args, {1: sums}, 4 * warps, ("y",))


def _warp_scan(rng: np.random.Generator) -> Run:
    x = rng.integers(-99, 100, 32).astype(np.int32)
    return Run((1,), (32,), [x, np.empty(32, np.int32)], {1: np.cumsum(x, dtype=np.int32)})


def _transpose(rng: np.random.Generator) -> Run:
    rows, columns = (int(n) for n in rng.integers(1, 40, 2))
    x = _integers(rng, rows, columns)
    grid = (-(-columns // 16), -(-rows // 16))
    args = [x, np.empty((columns, rows), np.float32), rows, columns]
    return Run(grid, (16, 16), args, {1: np.ascontiguousarray(x.T)}, outputs=("y",))


def _conv3x3(rng: np.random.Generator) -> Run:
    channels, maps = (int(n) for n in rng.integers(1, 4, 2))
    height, width = (int(n) for n in rng.integers(1, 36, 2))
    x, w = _integers(rng, channels, height, width), _integers(rng, maps, channels, 3, 3)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    y = np.zeros((maps, height, width), np.float32)
    for r in range(3):
        for s in range(3):
            y += np.tensordot(w[:, :, r, s], padded[:, r : r + height, s : s + width], 1)
    grid = (-(-width // 16), -(-height // 16), maps)
    args = [x, w, np.empty_like(y), channels, height, width]
    return Run(grid, (16, 16), args, {2: y}, outputs=("y",))


def _copy(rng: np.random.Generator) -> Run:
    n = int(rng.integers(1, 300))
    x = _integers(rng, n)
    return Run((-(-n // 32),), (32,), [x, np.empty_like(x), n], {1: x.copy()}, outputs=("y",))


def _gemm_tf32(rng: np.random.Generator) -> Run:
    m, n, k = (int(size) for size in rng.integers(1, 40, 3))
    a, b = _integers(rng, m, k), _integers(rng, k, n)
    grid = (-(-n // 8), -(-m // 16))
    args = [a, b, np.empty((m, n), np.float32), m, n, k]
    return Run(grid, (32,), args, {2: a @ b}, outputs=("C",))


def _gemm_bf16(rng: np.random.Generator) -> Run:
    m, n, k = int(rng.integers(1, 100)), 8 * int(rng.integers(1, 10)), 8 * int(rng.integers(1, 14))
    a, b = _integers(rng, m, k), _integers(rng, k, n)
    grid = (-(-n // 32), -(-m // 64))
    narrow = [each.astype(ml_dtypes.bfloat16) for each in (a, b)]
    args = [*narrow, np.empty((m, n), np.float32), m, n, k]
    shared = 2 * 2 * (64 * 40 + 32 * 40)
    return Run(grid, (128,), args, {2: a @ b}, shared, ("C",))


def _arithmetic(rng: np.random.Generator) -> Run:
    x = rng.integers(1, 3, 8).astype(np.int32)
    x[:2] = 1, 2
    return Run((1,), (32,), [x, np.empty_like(x), 8], {1: x + 1}, outputs=("y",))


def _waits(rng: np.random.Generator) -> Run:
    del rng
    return Run((1,), (64,), [np.empty(64, np.int32)], {0: np.ones(64, np.int32)}, outputs=("y",))


RUNS: dict[tuple[str, str], Callable[[np.random.Generator], Run]] = {
    ("reduce", "block_sum"): _block_sum,
    ("reduce", "warp_sum"): _warp_sum,
    ("reduce", "count_positive"): _count,
    ("scan", "block_scan"): _block_scan,
    ("scan", "warp_scan"): _warp_scan,
    ("tiles", "transpose"): _transpose,
    ("tiles", "conv3x3"): _conv3x3,
    ("tiles", "copy_vectors"): _copy,
    ("gemm", "gemm_tf32"): _gemm_tf32,
    ("gemm", "gemm_bf16"): _gemm_bf16,
    ("arithmetic", "arithmetic"): _arithmetic,
    ("arithmetic", "waits"): _waits,
}


def fixed(file: str, name: str) -> Run:
    """Return a launch in which every planted fault shows."""
    rng = np.random.default_rng(0)
    if name == "block_sum":
        x = _integers(rng, 300)
        y = np.array([x[:256].sum(), x[256:].sum()], np.float32)
        return Run((2,), (128,), [x, np.empty(2, np.float32), 300], {1: y}, outputs=("y",))
    if name == "warp_sum":
        x = np.ones(90, np.float32)
        total = np.array([90], np.float32)
        return Run((2,), (64,), [x, np.zeros(1, np.float32), 90], {1: total})
    if name == "count_positive":
        x = np.ones(100, np.float32)
        found = np.array([100], np.int32)
        return Run((1,), (64,), [x, np.empty(1, np.int32), 100], {1: found})
    if name == "block_scan":
        x = np.arange(100, dtype=np.int32)
        sums = np.cumsum(x, dtype=np.int32)
        return Run((1,), (128,), [x, np.empty(100, np.int32), 100], {1: sums}, 16, ("y",))
    if name == "transpose":
        x = _integers(rng, 20, 30)
        args = [x, np.empty((30, 20), np.float32), 20, 30]
        return Run((2, 2), (16, 16), args, {1: np.ascontiguousarray(x.T)}, outputs=("y",))
    if name == "copy_vectors":
        x = _integers(rng, 102)
        return Run((4,), (32,), [x, np.empty_like(x), 102], {1: x.copy()}, outputs=("y",))
    if name == "gemm_bf16":
        a, b = _integers(rng, 70, 72), _integers(rng, 72, 40)
        narrow = [each.astype(ml_dtypes.bfloat16) for each in (a, b)]
        args = [*narrow, np.empty((70, 40), np.float32), 70, 40, 72]
        return Run((2, 2), (128,), args, {2: a @ b}, 2 * 2 * (64 * 40 + 32 * 40), ("C",))
    return RUNS[file, name](rng)


PLANTED = [
    Planted("reduce", 1, "block_sum", "divergence"),
    Planted("reduce", 2, "block_sum", "out-of-bounds", "x"),
    Planted("reduce", 3, "block_sum", "out-of-bounds", "x"),
    Planted("reduce", 4, "block_sum", "uninitialised", "s"),
    Planted("reduce", 5, "block_sum", "uninitialised", "s"),
    Planted("reduce", 6, "block_sum", "divergence"),
    Planted("reduce", 7, "block_sum", "race", "s"),
    Planted("reduce", 10, "warp_sum", "divergence"),
    Planted("reduce", 11, "warp_sum", "divergence"),
    Planted("reduce", 12, "warp_sum", "race", "y"),
    Planted("reduce", 13, "warp_sum", "divergence"),
    Planted("reduce", 14, "warp_sum", "divergence"),
    Planted("reduce", 15, "warp_sum", "divergence"),
    Planted("reduce", 20, "count_positive", "uninitialised", "found"),
    Planted("reduce", 21, "count_positive", "race", "found"),
    Planted("reduce", 22, "count_positive", "race", "found"),
    Planted("reduce", 23, "count_positive", "race", "found"),
    Planted("scan", 1, "block_scan", "divergence"),
    Planted("scan", 2, "block_scan", "out-of-bounds", "dynamic shared memory"),
    Planted("scan", 3, "block_scan", "race", "dynamic shared memory"),
    Planted("scan", 4, "block_scan", "out-of-bounds", "dynamic shared memory"),
    Planted("scan", 5, "block_scan", "out-of-bounds", "y"),
    Planted("scan", 6, "warp_scan", "race", "s"),
    Planted("scan", 7, "warp_scan", "race", "s"),
    Planted("tiles", 1, "transpose", "out-of-bounds"),
    Planted("tiles", 2, "transpose", "out-of-bounds", "x"),
    Planted("tiles", 3, "transpose", "uninitialised", "tile"),
    Planted("tiles", 4, "transpose", "race", "y"),
    Planted("tiles", 5, "transpose", "race", "y"),
    Planted("tiles", 6, "conv3x3", "out-of-bounds", "x"),
    Planted("tiles", 7, "conv3x3", "out-of-bounds", "x"),
    Planted("tiles", 8, "conv3x3", "out-of-bounds"),
    Planted("tiles", 9, "conv3x3", "race", "taps"),
    Planted("tiles", 10, "conv3x3", "race", "y"),
    Planted("tiles", 11, "copy_vectors", "misaligned", "x"),
    Planted("tiles", 12, "copy_vectors", "out-of-bounds"),
    Planted("tiles", 13, "copy_vectors", "const-write", "x"),
    Planted("tiles", 14, "copy_vectors", "race", "y"),
    Planted("tiles", 15, "copy_vectors", "uninitialised", "y"),
    Planted("gemm", 1, "gemm_tf32", "divergence"),
    Planted("gemm", 2, "gemm_bf16", "misaligned"),
    Planted("gemm", 3, "gemm_bf16", "out-of-bounds", "A"),
    Planted("gemm", 4, "gemm_bf16", "async-copy", "dynamic shared memory"),
    Planted("gemm", 5, "gemm_bf16", "async-copy", "dynamic shared memory"),
    Planted("gemm", 6, "gemm_bf16", "race", "dynamic shared memory"),
    Planted("gemm", 7, "gemm_bf16", "race", "dynamic shared memory"),
    Planted("gemm", 8, "gemm_bf16", "misaligned"),
    Planted("arithmetic", 1, "arithmetic", "undefined"),
    Planted("arithmetic", 2, "arithmetic", "undefined"),
    Planted("arithmetic", 3, "arithmetic", "undefined"),
    Planted("arithmetic", 4, "arithmetic", "undefined"),
    Planted("arithmetic", 5, "arithmetic", "step-limit"),
    Planted("arithmetic", 6, "arithmetic", "undefined"),
    Planted("arithmetic", 7, "arithmetic", "out-of-bounds"),
    Planted("arithmetic", 8, "arithmetic", "out-of-bounds"),
    Planted("arithmetic", 9, "arithmetic", "step-limit"),
    Planted("arithmetic", 10, "waits", "deadlock"),
    Planted("arithmetic", 11, "waits", "divergence"),
    Planted("arithmetic", 12, "waits", "divergence"),
]
