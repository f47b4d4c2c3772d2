"""Blocks of the tensor cores' kernels at once are what times are reckoned with, by the cubins."""

import ctypes
import subprocess
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from convproof_gpu.cubin import is_there
from convproof_gpu.machine import Kernel
from convproof_gpu.sim.compiler import compiler
from convproof_gpu.tiles import _OF_16_BITS, _OF_WORDS, _RATES, TENSOR_TILES, TensorTile
from tests.gpu.static.occupancy import SHARED, Wanted, blocks_at_once, wanted
from tests.gpu.static.test_machine_code import (
    AMPERE,
    HOPPER,
    kernels,
    made_of,
    tile_argument,
    usually,
)

pytestmark = pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")
LEAST_OF_AMPERE = {  # 164 KiB of shared memory; by registers alone there would be more
    "float32": {(128, 128): 1, (64, 128): 2, (64, 64): 2, (32, 128): 2, (16, 128): 3},
    "tf32": {(128, 128): 2, (64, 128): 2, (64, 64): 4, (32, 128): 3, (16, 128): 3},
}


def least(arch: str, tile: TensorTile, chosen: Iterable[Kernel]) -> int:
    """Return how many blocks there are at once, of the kernel of which there are fewest."""
    made = made_of(arch, *(kernel.expression for kernel in chosen))
    held = wanted(made)
    assert len(held) >= 3
    for each in held.values():
        assert 64 <= each.registers <= 255
        assert each.shared >= 1024  # tables
    return min(blocks_at_once(arch, each, tile.threads, tile.shared) for each in held.values())


def every(tile: TensorTile, *, of_floats: bool) -> list[Kernel]:
    """Return the kernels of a tile, whose operands are floats or have 16 bits."""
    held = [each for each in kernels() if tile_argument(each) == tile.argument]
    return [
        each
        for each in held
        if ({"__half", "__nv_bfloat16"}.isdisjoint(each.arguments)) == of_floats
    ]


of_tiles = pytest.mark.parametrize("tile", TENSOR_TILES, ids=lambda tile: tile.argument)


@pytest.mark.parametrize(
    "tile",
    [
        tile if tile.rows == 64 else pytest.param(tile, marks=pytest.mark.full)
        for tile in TENSOR_TILES
        if tile.precision == "float32"
    ],
    ids=lambda tile: tile.argument,
)
def test_blocks_at_once_are_those_of_the_rates(tile: TensorTile) -> None:
    """Of floats and three axes, whose tables are largest."""
    _, at_once = _RATES[tile.rows, tile.columns]
    assert least(HOPPER, tile, usually(tile)) == at_once


@pytest.mark.full
@of_tiles
def test_they_are_of_every_kernel(tile: TensorTile) -> None:
    """As many, or more; and no fewer than the registers are limited for."""
    at = tile.rows, tile.columns
    of_floats = _RATES if tile.precision == "float32" else _OF_WORDS
    assert least(HOPPER, tile, every(tile, of_floats=True)) == of_floats[at][1]
    assert least(HOPPER, tile, every(tile, of_floats=False)) >= _OF_16_BITS[at][1]


@pytest.mark.full
@pytest.mark.parametrize("at", _OF_16_BITS, ids=str)
def test_of_16_bits_they_are_those_of_one_precision_at_least(at: tuple[int, int]) -> None:
    """Shared memory is asked for low words, which are none, where floats would have them."""
    tiles = [tile for tile in TENSOR_TILES if (tile.rows, tile.columns) == at]
    found = [least(HOPPER, tile, every(tile, of_floats=False)) for tile in tiles]
    assert min(found) == _OF_16_BITS[at][1]


@pytest.mark.full
@of_tiles
def test_where_there_is_less_shared_memory_there_are_fewer(tile: TensorTile) -> None:
    """On sm_80, whose registers would do for as many; on sm_90 there are those of the registers."""
    at = tile.rows, tile.columns
    chosen = every(tile, of_floats=True)
    assert least(AMPERE, tile, chosen) == LEAST_OF_AMPERE[tile.precision][at]
    resident = 2 if tile.area > 8192 else 3 if tile.area > 4096 else 4
    assert least("sm_90", tile, chosen) >= resident
    for each in wanted(made_of(AMPERE, *(kernel.expression for kernel in chosen))).values():
        assert blocks_at_once(AMPERE, Wanted(each.registers, 0), tile.threads, 0) >= resident


def test_a_register_or_a_kilobyte_too_many_is_a_block_less() -> None:
    """``65536 / (128 * 168) == 3.05``; ``228 KiB / (72 KiB + 4 KiB) == 3``."""
    assert blocks_at_once(HOPPER, Wanted(168, 6144), 128, 65536) == 3
    assert blocks_at_once(HOPPER, Wanted(169, 6144), 128, 65536) == 2
    assert blocks_at_once(HOPPER, Wanted(168, 11 << 10), 128, 65536) == 3
    assert blocks_at_once(HOPPER, Wanted(168, (11 << 10) + 1), 128, 65536) == 2


ORACLE = """
#include <stddef.h>
#include <string.h>
#include <limits.h>
#include "cuda_occupancy.h"
extern "C" int blocks(int major, int shared_kib, int registers, int own, int threads, int dynamic) {
  cudaOccDeviceProp gpu;
  memset(&gpu, 0, sizeof gpu);
  gpu.computeMajor = major, gpu.maxThreadsPerBlock = 1024, gpu.maxThreadsPerMultiprocessor = 2048;
  gpu.regsPerBlock = gpu.regsPerMultiprocessor = 65536, gpu.warpSize = 32, gpu.numSms = 1;
  gpu.sharedMemPerBlock = 49152, gpu.sharedMemPerMultiprocessor = size_t(shared_kib) << 10;
  gpu.sharedMemPerBlockOptin = (size_t(shared_kib) << 10) - 1024;
  gpu.reservedSharedMemPerBlock = 1024;
  cudaOccFuncAttributes kernel;
  memset(&kernel, 0, sizeof kernel);
  kernel.maxThreadsPerBlock = 1024, kernel.numRegs = registers, kernel.sharedSizeBytes = own;
  kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
  kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  kernel.maxDynamicSharedSizeBytes = dynamic;
  cudaOccDeviceState state;
  memset(&state, 0, sizeof state);
  state.carveoutConfig = SHAREDMEM_CARVEOUT_MAX_SHARED;
  cudaOccResult result;
  const cudaOccError wrong =
      cudaOccMaxActiveBlocksPerMultiprocessor(&result, &gpu, &kernel, &state, threads, dynamic);
  return wrong ? -1 : result.activeBlocksPerMultiprocessor;
}
"""


@pytest.mark.full
def test_nvidias_calculator_says_the_same(tmp_path: Path) -> None:
    """Its header asks no GPU."""
    from cuda.pathfinder import find_nvidia_header_directory

    headers = find_nvidia_header_directory("cudart")
    if headers is None or not Path(headers, "cuda_occupancy.h").is_file():
        pytest.skip("cuda_occupancy.h is not installed (nvidia-cuda-runtime)")
    source, library = tmp_path / "oracle.cpp", tmp_path / "oracle.so"
    source.write_text(ORACLE, encoding="utf-8")
    command = [*compiler().command, "-O1", "-shared", "-fPIC", f"-I{headers}", str(source)]
    subprocess.run([*command, "-o", str(library)], check=True)
    oracle = ctypes.CDLL(str(library))
    asked = product(SHARED, range(32, 256, 7), (0, 1024, 6144), (64, 128, 256), (0, 40960, 98304))
    for arch, registers, own, threads, dynamic in asked:
        told = oracle.blocks(int(arch[3]), SHARED[arch], registers, own, threads, dynamic)
        assert told == blocks_at_once(arch, Wanted(registers, own), threads, dynamic)
