"""Memory traffic is what a hand counts: sectors of 32 bytes, turns of 32 banks."""

import numpy as np
import pytest

from convproof_gpu.sim import SimModule, SimReport, conditions
from tests.gpu.sim.corpus import (
    RUNS,  # the module's kernels
    kernel,
    launched,
)

SOURCE = """
extern "C" __global__ void strided(const float* x, float* y, int stride) {
  y[threadIdx.x] = x[threadIdx.x * stride];
}
extern "C" __global__ void vectors(const float4* x, float4* y) { y[threadIdx.x] = x[threadIdx.x]; }
extern "C" __global__ void banks(float* y, int stride) {
  __shared__ float s[32 * 33];
  s[threadIdx.x * stride] = threadIdx.x;
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x * stride];
}
extern "C" __global__ void broadcast(float* y) {
  __shared__ float s[1];
  if (threadIdx.x == 0) s[0] = 1;
  __syncthreads();
  y[threadIdx.x] = s[0];
}
"""


@pytest.fixture(scope="module")
def module() -> SimModule:
    return SimModule(SOURCE)


def _counted(module: SimModule, name: str, *args: object) -> SimReport:
    with conditions(count=True):
        return module.get_function(name)((1,), (32,), args)


@pytest.mark.parametrize(("stride", "sectors"), [(1, 4), (2, 8), (4, 16), (8, 32), (16, 32)])
def test_a_strided_read_moves_a_sector_per_32_bytes(
    module: SimModule, stride: int, sectors: int
) -> None:
    """32 lanes read 4 bytes each, ``4 stride`` apart; their writes are 4 sectors."""
    x, y = np.zeros(32 * stride, np.float32), np.zeros(32, np.float32)
    report = _counted(module, "strided", x, y, stride)
    assert (report.requests, report.sectors, report.least_sectors) == (2, sectors + 4, 8)
    assert report.bytes == 2 * 128


def test_bytes_per_output_are_those_that_sectors_move(module: SimModule) -> None:
    """32 lanes read 4 bytes 8 floats apart, a sector each, and write 4 sectors: 36 bytes each."""
    x, y = np.zeros(256, np.float32), np.zeros(32, np.float32)
    strided = module.get_function("strided")
    with conditions(count=True):
        report = strided((1,), (32,), (x, y, 8), outputs=["y"])
        assert strided((1,), (32,), (x, y, 8)).bytes_per_output is None
    assert report.outputs == 32
    assert report.bytes_per_output == 36


def test_vectors_of_16_bytes_move_16_sectors_a_request(module: SimModule) -> None:
    x, y = np.zeros((32, 4), np.float32), np.zeros((32, 4), np.float32)
    report = _counted(module, "vectors", x, y)
    assert report.sectors == report.least_sectors
    assert report.bytes == 2 * 512


@pytest.mark.parametrize(("stride", "turns"), [(1, 1), (2, 2), (4, 4), (32, 32), (33, 1), (3, 1)])
def test_a_bank_conflict_takes_as_many_turns_as_its_busiest_bank(
    module: SimModule, stride: int, turns: int
) -> None:
    """gcd(stride, 32) lanes share a bank."""
    report = _counted(module, "banks", np.zeros(32, np.float32), stride)
    assert (report.shared_requests, report.turns, report.least_turns) == (2, 2 * turns, 2)
    assert report.conflicts == 2 * (turns - 1)


def test_a_word_that_all_lanes_read_is_one_turn(module: SimModule) -> None:
    report = _counted(module, "broadcast", np.zeros(32, np.float32))
    assert (report.shared_requests, report.turns, report.conflicts) == (2, 2, 0)


@pytest.mark.parametrize(("pad", "conflicts"), [(0, 8 * 7), (1, 16)])
def test_the_padding_of_a_tile_is_what_frees_it_of_conflicts(pad: int, conflicts: int) -> None:
    """Columns of stride 16: 8 words in each of 4 banks; of stride 17: two words in one bank.

    A warp is two rows of 16, which without padding are 32 words in a row.
    """
    x, y = np.zeros((16, 16), np.float32), np.zeros((16, 16), np.float32)
    transpose = kernel("tiles", "transpose", f"-DPAD={pad}")
    with conditions(count=True):
        report = transpose((1, 1), (16, 16), (x, y, 16, 16))
    assert report.conflicts == conflicts


def test_without_counting_there_are_no_counts() -> None:
    report = launched(
        kernel("scan", "warp_scan"), RUNS["scan", "warp_scan"](np.random.default_rng(0))
    )
    assert report.sectors is None
    assert report.conflicts is None
    assert report.accesses > 0
