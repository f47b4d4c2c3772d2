"""A word that is computed could have been another: each is seen to be."""

from typing import Any

import numpy as np
import pytest

from convproof.numeric.reference import implementation as oracle
from convproof.report.lecture import grids, structure
from convproof.report.lecture.counting import spared, widened
from convproof.report.lecture.derivatives import learned, read
from tests.report.lecture.judged import named


def test_a_pooling_that_takes_the_first_is_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert structure.pooled() == "orderless"
    monkeypatch.setattr(oracle, "forward", lambda _, x: x[:, :, :1, :1])
    assert structure.pooled() == "ordered"


def test_a_pooling_with_windows_of_its_own_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """``MaxPool`` moved by one position: its windows are not those of the convolution."""
    forward = oracle.forward

    def moved(layer: Any, x: np.ndarray, *more: Any) -> Any:
        return forward(layer, x if more else np.roll(x, 1, axis=2), *more)

    assert structure.sliding() == "the same"
    monkeypatch.setattr(oracle, "forward", moved)
    assert structure.sliding() == "another"


def test_tents_double_their_pieces_and_one_layer_does_not_outrun_a_wide_one() -> None:
    """2, 4, 8, 16 pieces; of one layer of two units 2, which are no more than 3."""
    assert [structure.regions(layers) for layers in range(1, 5)] == [2, 4, 8, 16]
    assert structure.deeper(1) == "as many"


def test_a_layer_of_two_variables_has_more_pieces_than_a_bend_each_makes() -> None:
    """Two units cut the plane into four, more than 2 + 1: the bound is that of one variable."""
    assert len({(x > 0, y > 0) for x in (-1, 1) for y in (-1, 1)}) == 4
    assert "of one variable has at most 2n + 1" in named("deeper.regions").note


def test_the_grid_is_as_wide_as_its_rows_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """``n' = n - r + 1``: 4 of 6, and 3 where every row has lost a cell."""
    assert (grids.columns(2), grids.positions(2)) == ((6, 6), (4, 4))
    narrower = {frame: row.replace("\t", "", 1) for frame, row in grids.ROWS.items()}
    monkeypatch.setattr(grids, "ROWS", narrower)
    assert (grids.columns(2), grids.positions(2)) == ((5, 5), (3, 3))


def test_a_grid_of_one_value_tries_as_many_as_one_draw() -> None:
    assert structure.tried(values=1) == "as many"


def test_a_fully_connected_cell_reads_all_inputs_and_a_convolutional_one_some() -> None:
    assert structure.reads("fully connected") == "all inputs"
    assert structure.reads("convolutional") == "some inputs"


def test_stride_one_spares_nothing_and_narrower_layers_are_not_increased() -> None:
    """(n - r)/s + 1 outputs of r + 1 operations: 12 for 20 at stride 2."""
    assert spared(n=7, r=3, s=2) == "efficient"
    assert spared(n=7, r=3, s=1) == "as many"
    assert widened("zfnet", "caffenet", 3, 5) == "not increased"


@pytest.mark.parametrize("activation", range(1, 6))
def test_the_pattern_that_is_learned_is_what_the_activation_read(activation: int) -> None:
    """``dw = (x_i, x_{i+1}, x_{i+2})`` for ``da = e_i``."""
    expected = tuple(f"x{activation + k}" for k in range(3))
    assert read(activation) == learned(activation) == expected
