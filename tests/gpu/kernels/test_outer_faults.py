"""Faults planted in sums of outer products: each is seen on the simulator, by a few gradients."""

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from convproof.errors import ConvProofError
from convproof_gpu import outer
from convproof_gpu.machine import Machine
from convproof_gpu.mutants.patched import Patched
from tests.gpu.kernels.test_one_tap import answers, of_one_tap
from tests.gpu.kernels.test_outer import SIM, of_integers, right, told

CASES = (told(17, 132, 136), told(25, 131, 257))  # slabs and tiles, by fours and one by one
ONE_TAP = ((3, 20, 132, 8, 8), (2, 9, 131, 5, 7))
SHARED, KERNEL = "outer.cuh", "linear_weight_vjp.cu"
PLACES, FORWARD = "pointwise.cuh", "pointwise_forward.cu"
QUICK = "the slab that is read"
PATCHES = {
    "the slab that is read": (SHARED, "stage(slabs[turn ^ 1])", "stage(slabs[turn])"),
    "the same slab again": (SHARED, "turn ^= 1", "turn ^= 0"),
    "every other slab": (SHARED, "start += SLAB, turn", "start += 2 * SLAB, turn"),
    "the first slab again": (SHARED, "load(start + SLAB);", "load(0);"),
    "no last slab": (SHARED, "start + SLAB < map.depths;", "start + 2 * SLAB < map.depths;"),
    "columns of the rows' tile": (SHARED, "first_column + line - SIDE", "first_row + line - SIDE"),
    "an idle lane": (SHARED, "const bool works = ", "const bool works = across > 0 && "),
    "a row too far": (SHARED, "const int r = first_row + ", "const int r = first_row + 1 + "),
    "the other operand": (SHARED, "from = of_row ? left : right", "from = of_row ? right : left"),
    "rows of the columns' tile": (KERNEL, "blockIdx.x / tiles * SIDE", "blockIdx.x % tiles * SIDE"),
    "a tile too few": (KERNEL, "(columns + SIDE - 1) / SIDE", "columns / SIDE"),
}
POINTWISE = {
    "images a channel apart": (PLACES, "positions * channels * pos", "positions * pos"),
    "positions of every image": (PLACES, "+ column % positions;", "+ column;"),
    "a tile of rows too few": (PLACES, "(map.rows + SIDE - 1) / SIDE", "map.rows / SIDE"),
    "the first one's bias": (FORWARD, "widened(b[m])", "widened(b[0])"),
    "no activation": (FORWARD, "relu && sum", "false && sum"),
    "weights of every fourth depth": (SHARED, "slab[i * QUAD + k][Own", "slab[k][Own"),
    "rows as far apart as the result's": (SHARED, "own * map.depths", "own * map.rows"),
    "turned rows of the units": (SHARED, "(UNITS / 2) + thread % UNITS", "UNITS + thread % UNITS"),
    "depths of rows not turned": (SHARED, "(turned ? i * QUAD : ", "(false ? i * QUAD : "),
}


def of(patches: dict[str, tuple[str, str, str]]) -> list[Any]:
    return [
        pytest.param(fault, id=name, marks=() if name == QUICK else pytest.mark.full)
        for name, fault in patches.items()
    ]


def is_right(machine: Machine, case: Any) -> bool:
    y_bar, x = of_integers(case, np.float32)
    w_bar = np.full((y_bar.shape[1], x.shape[1]), np.nan, np.float32)
    try:
        outer.weight_vjp(machine, case, y_bar, x, w_bar)
    except ConvProofError:
        return False
    return np.array_equal(w_bar, right(y_bar, x))


def is_right_of_one_tap(machine: Machine, case: tuple[int, ...]) -> bool:
    given = of_one_tap(case, np.float32)
    try:
        return all(np.array_equal(*each) for each in answers(machine, case, given))
    except ConvProofError:
        return False


@pytest.mark.parametrize("fault", of(PATCHES))
def test_a_fault_in_the_kernel_is_seen(fault: tuple[str, str, str]) -> None:
    """By an exact comparison, or as a fault of the simulator's."""
    machine = Patched(*fault)
    try:
        assert not all(is_right(machine, case) for case in CASES)
    finally:
        machine._folder.cleanup()


@pytest.mark.parametrize("fault", of(POINTWISE))
def test_a_fault_of_one_tap_is_seen(fault: tuple[str, str, str]) -> None:
    """The same of images, biases and weights that lie turned."""
    machine = Patched(*fault)
    try:
        assert not all(is_right_of_one_tap(machine, case) for case in ONE_TAP)
    finally:
        machine._folder.cleanup()


def test_without_a_fault_they_are_right() -> None:
    """Otherwise nothing would have been seen."""
    assert all(is_right(SIM, case) for case in CASES)
    assert all(is_right_of_one_tap(SIM, case) for case in ONE_TAP)


def test_fours_of_rows_that_are_none_are_a_fault() -> None:
    """Rows of 5 and 7 elements have no fours: misaligned, or of the next row."""
    case = told(3, 5, 7)
    assert is_right(SIM, case)
    with patch.object(outer, "quad_of", lambda *_: 4):
        assert not is_right(SIM, case)
