"""A pooled convolution's columns and numbers lie, by the maps, where the oracle has them."""

from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.index_maps.correlation import forward
from convproof.index_maps.pooled import MEMBERS, Cells, first, last, member, windows_of
from convproof.layers import MaxPool
from convproof.numeric.fast import implementation as oracle
from convproof_gpu.layers.conv import sizes_of
from tests.gpu.kernels.fused_cases import POOL, conv_of

sizes = st.integers(1, 9)


@given(st.integers(1, 3), st.tuples(sizes, sizes))
def test_the_columns_are_the_members_of_every_whole_window(
    batch: int, outputs: tuple[int, int]
) -> None:
    """``{0 <= q < 2 floor(Q / 2)}``, each once, of all images; four neighbours are a window."""
    windows = windows_of(outputs)
    columns = range(batch * prod(windows) * MEMBERS)
    found = [member(column, windows) for column in columns]
    even = [range(2 * (size // 2)) for size in outputs]
    assert sorted(found) == list(product(range(batch), *even))
    for column in columns:
        n, *q = found[column - column % MEMBERS]
        assert found[column] == (n, q[0] + column // 2 % 2, q[1] + column % 2)
    n, down, along = member(np.arange(len(columns)), windows)
    assert list(zip(n.tolist(), down.tolist(), along.tolist(), strict=True)) == found


def pooled_of(y: np.ndarray, is_last: bool) -> np.ndarray:
    """Return the maxima of the sums of a convolution, by the maps of its columns."""
    batch, rows, *outputs = y.shape
    windows = windows_of(outputs)
    laid: Any = forward(sizes_of(conv_of((1, rows), (1, 1), low=0), (batch, 1, *windows)))
    found = np.full(batch * rows * prod(windows), np.nan)
    for row, cell in product(range(rows), range(batch * prod(windows))):
        members = [member(MEMBERS * cell + m, windows) for m in range(MEMBERS)]
        at = last(row, cell, rows) if is_last else first(laid.sizes, 0, row, cell)
        found[at] = max(y[n, row, down, along] for n, down, along in members)
    return found


def of_parts(y: np.ndarray, side: int, is_last: bool) -> np.ndarray:
    """Return the same of sums as parts have them."""
    batch, rows, *outputs = y.shape
    cells = Cells.of(rows, outputs, side, last=is_last)
    windows = cells.down * cells.along
    found = np.full(batch * rows * windows, np.nan)
    for image, row, window in np.ndindex(batch, rows, windows):
        read = [cells.read(image, row, window, m) for m in range(side * side)]
        found[cells.written(image, row, window)] = y.ravel()[read].max()
    return found


@pytest.mark.parametrize("is_last", [False, True])
@given(st.integers(1, 3), st.integers(1, 4), st.tuples(st.integers(2, 7), st.integers(2, 7)))
def test_the_greatest_of_neighbouring_columns_is_the_pooling(
    is_last: bool, batch: int, rows: int, outputs: tuple[int, int]
) -> None:
    """``y[n, r, p] = max_m sums[r, 4 (n P + p) + m]``, with its channels first or last."""
    rng = np.random.default_rng(batch + rows)
    y = rng.standard_normal((batch, rows, *outputs))
    right = np.asarray(oracle.forward(POOL, y))
    right = np.moveaxis(right, 1, -1) if is_last else right
    assert np.array_equal(pooled_of(y, is_last), right.ravel())
    assert np.array_equal(of_parts(y, 2, is_last), right.ravel())
    assert np.array_equal(
        of_parts(y, 1, is_last), (np.moveaxis(y, 1, -1) if is_last else y).ravel()
    )


def test_a_pooling_of_other_windows_is_another() -> None:
    """The theorem above can fail: windows that overlap have other maxima."""
    y = np.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    other = MaxPool(kernel_size=(2, 2), stride=(1, 2), padding=POOL.padding, dilation=(1, 1))
    right = np.asarray(oracle.forward(other, y))[:, :, :2]
    assert not np.array_equal(pooled_of(y, False), right.ravel())
