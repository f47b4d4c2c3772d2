"""Blocked columns: the same sums however the cells are cut, and a border that is adjoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import layers
from convproof.cases import Case, ask
from convproof.functions import FIRST, Role
from convproof.layers import Layer
from convproof.numeric.fast import border, columns, products
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import border as textbook
from convproof.numeric.reference import implementation as reference
from convproof.strategies import cases
from tests.numeric.cases import CASES, Shape, answers, differences, few, integers

CUTS = [(1, 1, 1), (600, 1, 1), (4000, 3, 7)]  # bytes and cells of a block, cells for weights
cuts = pytest.mark.parametrize("cut", CUTS, ids=str)


@contextmanager
def cut_into(block_bytes: int, cells: int, cells_for_weights: int) -> Iterator[None]:
    """Let small arrays take several blocks, as large ones do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "BLOCK_BYTES", block_bytes)
        patch.setattr(columns, "FEWEST_CELLS", cells)
        patch.setattr(products, "FEWEST_CELLS_PAIRED", cells_for_weights)
        yield


def all_conv_cases() -> st.SearchStrategy[Case]:
    """Return convolutions over one to three axes, with every option."""
    return st.integers(1, 3).flatmap(lambda dims: cases(f"conv{dims}d"))


@cuts
@pytest.mark.parametrize("role", FIRST)
@given(data=st.data())
def test_a_convolution_equals_the_oracle_however_it_is_cut(
    role: Role, cut: tuple[int, int, int], data: st.DataObject
) -> None:
    """Both paths are equal on integers, over one to three axes and with every option."""
    case = data.draw(all_conv_cases())
    arrays = case.integers().astype(data.draw(st.sampled_from([np.float32, np.int64])))
    with cut_into(*cut):
        found = ask(fast, role, case, arrays)

    assert np.array_equal(found, ask(reference, role, case, arrays))


@cuts
@pytest.mark.parametrize("kind", [layers.ConvTranspose, layers.LocallyConnected])
@given(data=st.data())
def test_its_relatives_equal_the_oracle_however_they_are_cut(
    kind: type[Layer], cut: tuple[int, int, int], data: st.DataObject
) -> None:
    """fast(verb) == reference(verb) on integers."""
    case = data.draw(CASES[kind]).astype(np.float64)
    with cut_into(*cut):
        found = answers(fast, case)

    assert differences(found, answers(reference, case)) == []


@pytest.mark.parametrize("pays", [True, False], ids=["read", "scattered"])
@given(case=all_conv_cases())
def test_cotangents_may_be_read_or_scattered(pays: bool, case: Case) -> None:
    """x_bar is the convolution of y_bar with the mirrored kernel, and the scattered columns."""
    arrays = case.integers()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "_copying_pays", lambda *_: pays)
        found = ask(fast, "input", case, arrays)

    assert np.array_equal(found, ask(reference, "input", case, arrays))


@cuts
@few
@given(case=all_conv_cases(), data=st.data())
def test_nan_reaches_exactly_the_outputs_that_read_it(
    cut: tuple[int, int, int], case: Case, data: st.DataObject
) -> None:
    """isnan(y) == (y of the one-hot array != 0), for an x of NaN and for a y_bar of NaN."""
    arrays = case.integers().map(np.ones_like).astype(np.float64)
    arrays = arrays.but(b=0 * arrays["b"]) if "b" in arrays else arrays
    roles: list[tuple[Role, str]] = [("forward", "x"), ("input", "y_bar"), ("weight", "x")]
    for role, name in roles:
        held = arrays[name]
        position = data.draw(st.tuples(*(st.integers(0, n - 1) for n in held.shape)))
        one_hot, spoilt = np.zeros_like(held), held.copy()
        one_hot[position], spoilt[position] = 1, np.nan
        with cut_into(*cut):
            found = ask(fast, role, case, arrays.but(**{name: spoilt}))

        reads = ask(reference, role, case, arrays.but(**{name: one_hot})) != 0
        assert np.array_equal(np.isnan(found), reads)


def test_the_blocks_of_a_large_layer_are_cut_and_agree() -> None:
    """At the default block size, 64 channels of 112 x 112 take several blocks in every verb."""
    layer = layers.Conv(
        in_channels=64, out_channels=8, kernel_size=(3, 3), stride=(1, 1),
        padding=((1, 1), (1, 1)), dilation=(1, 1), bias=False,
    )  # fmt: skip
    case = Case(layer=layer, input_shape=(1, 64, 112, 112), magnitude=2)
    arrays = case.integers().astype(np.float32)
    assert 9 * arrays["x"].nbytes > columns.BLOCK_BYTES
    whole = {}
    for role in FIRST[:3]:
        with cut_into(1 << 30, 1, 1):
            whole[role] = ask(fast, role, case, arrays)
        assert np.array_equal(ask(fast, role, case, arrays), whole[role])


@given(
    size=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple), limit=st.integers(1, 40)
)
def test_boxes_cut_the_cells_into_runs(size: Shape, limit: int) -> None:
    """Every cell is in one box, the boxes are in order, and each is its run of the flat cells."""
    cells = np.arange(prod(size)).reshape(size)
    runs = [(cells[box].ravel(), run) for run, box in columns._cell_slices(size, limit)]

    assert np.array_equal(np.concatenate([box for box, _ in runs]), np.arange(prod(size)))
    assert all(np.array_equal(box, cells.ravel()[run]) for box, run in runs)
    assert all(len(box) <= max(limit, 1) for box, _ in runs)


@given(n=st.integers(0, 50), longest=st.integers(1, 20))
def test_slices_are_even(n: int, longest: int) -> None:
    """They cover ``range(n)`` in order; none is longer than asked, and no two differ by 2."""
    slices = columns._even_slices(n, longest)
    lengths = [s.stop - s.start for s in slices]

    assert [i for s in slices for i in range(n)[s]] == list(range(n))
    assert all(length <= longest for length in lengths)
    assert not lengths or max(lengths) - min(lengths) <= 1


@st.composite
def bordered(draw: st.DrawFn) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Draw an input and its ends, which may be several times as long."""
    shape = (draw(st.integers(0, 2)), 2, *draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    end = st.integers(0, 7 if len(shape) < 5 else 3)  # three axes
    return draw(integers(shape)), tuple(draw(st.tuples(end, end)) for _ in shape[2:])


@pytest.mark.parametrize("mode", ["zeros", "circular"])
@settings(max_examples=100)
@given(case=bordered(), data=st.data())
def test_the_border_is_the_oracles_and_adjoint(
    mode: Any, case: tuple[np.ndarray, tuple[Any, ...]], data: st.DataObject
) -> None:
    """Padding is the oracle's, and <pad(x), p> == <x, unpad(p)>."""
    x, ends = case
    padded = border.pad(x, ends, mode)
    p = data.draw(integers(padded.shape))

    assert np.array_equal(padded, textbook.pad(x, ends, mode))
    assert (padded * p).sum() == (x * border.unpad(p, ends, mode)).sum()
