"""The hunt for faults of launchers draws legal layers, finds a planted fault, and shrinks it."""

from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import pytest

from convproof.index_maps import Windows
from convproof.layers import MaxPool
from convproof.layers.pooling import Pool
from convproof_gpu import bands
from convproof_gpu.pooling import sliding
from tests.gpu.kernels.at_thresholds import banded
from tests.gpu.kernels.hunt import KINDS, drawn, hunt, shrunk
from tests.gpu.kernels.trials import Counting, Trial, wrong

PLANNED = bands.of_windows
STAGED_MOST = bands.STAGED + 8  # with what is left for a run that begins anywhere


def without_the_last_row(windows: Windows) -> Any:
    """Plan as of a plane without its last row, if no window reads it: a fault that has been."""
    rows, columns = windows.input
    read = windows.stride[0] * (windows.output[0] - 1) + windows.reach[0] - windows.low[0]
    if read >= rows:
        return PLANNED(windows)
    planned = PLANNED(replace(windows, input=(rows - 1, columns)))
    return planned and (planned[0], replace(planned[1], input=(rows, columns)))


def test_every_layer_that_is_drawn_is_legal_and_small() -> None:
    """It knows its answer's shape, and a number has one trial."""
    for number in range(20 * len(KINDS)):
        trial = drawn(5, number)
        assert prod(trial.layer.output_shape(trial.shape)) < 2**20
        assert trial == drawn(5, number)


def test_planes_are_drawn_of_which_all_rows_but_an_unread_one_are_staged() -> None:
    """``(I_0 - 1) I_1 <= 4096 < I_0 I_1``, where a launcher has been wrong."""
    places = [at for at, kind in enumerate(KINDS) if kind is banded]
    found = 0
    for number in (turn * len(KINDS) + at for turn in range(100) for at in places):
        trial = drawn(0, number)
        assert isinstance(trial.layer, Pool)
        windows = sliding(trial.layer, trial.shape)
        different = without_the_last_row(windows) != PLANNED(windows)
        found += different and trial.verb == "forward" and prod(windows.input) > STAGED_MOST
    assert found


def test_a_planted_fault_is_found_and_shrunk(capsys: pytest.CaptureFixture[str]) -> None:
    """Its lines reproduce it; without the fault they find nothing."""
    layer = MaxPool(
        kernel_size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1)
    )  # fmt: skip
    trial = Trial(layer=layer, shape=(2, 1, 65, 64), verb="forward", begin=1, wide=True)
    with patch.object(bands, "of_windows", without_the_last_row):
        least = shrunk(trial, Counting())
        assert least.shape[0] == 1
        assert prod(least.shape) <= 65 * 64
        exec(least.lines, {})
    assert "out-of-bounds in max_pool_forward_bands" in capsys.readouterr().out
    assert not wrong(least, Counting())


@pytest.mark.full
def test_a_short_hunt_finds_nothing() -> None:
    on = Counting()
    assert hunt(on, 500, 11)[0] == []
    assert on.counts.total() >= 500
