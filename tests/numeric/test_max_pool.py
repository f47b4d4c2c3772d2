"""Which input a maximum is, where there is a choice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.errors import DTypeError
from convproof.implementation import ByLayer
from convproof.layers import AdaptiveMaxPool, GlobalMaxPool, Maxout, MaxPool
from tests.numeric.cases import both

NAN, INF = np.nan, np.inf


def pool(kernel_size: int, low: int = 0, high: int = 0, *, stride: int = 1) -> MaxPool:
    """A pooling over one axis."""
    return MaxPool(
        kernel_size=(kernel_size,), stride=(stride,), padding=((low, high),), dilation=(1,),
        return_indices=True,
    )  # fmt: skip


@both
def test_the_first_of_equal_maxima_takes_the_gradient(implementation: ByLayer) -> None:
    """X = (1, 3, 3, 3): both windows of three have their first maximum at 1."""
    x, y_bar = np.array([[[1, 3, 3, 3]]]), np.array([[[5, 7]]])

    assert implementation.forward(pool(3), x)[1].tolist() == [[[1, 1]]]
    assert implementation.input_vjp(pool(3), x, y_bar).tolist() == [[[0, 12, 0, 0]]]


@both
def test_the_first_is_the_first_in_row_major_order(implementation: ByLayer) -> None:
    """Of (0, 1) and (1, 0) in one window, the flat positions are 1 and 2: the row above wins."""
    layer = MaxPool(
        kernel_size=(2, 2), stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1),
        return_indices=True,
    )  # fmt: skip
    x = np.array([[[[0, 9], [9, 0]]]])

    assert implementation.forward(layer, x)[1].tolist() == [[[[1]]]]
    assert implementation.forward(AdaptiveMaxPool(output_size=(1, 1), return_indices=True), x)[
        1
    ].tolist() == [[[[1]]]]
    assert implementation.input_vjp(GlobalMaxPool(dims=2), x, np.array([[[[4]]]])).tolist() == [
        [[[0, 4], [0, 0]]]
    ]


@both
def test_padding_never_wins(implementation: ByLayer) -> None:
    """The maximum of the smallest numbers there are is one of them, at a position of the input."""
    for lowest in (np.iinfo(np.int64).min, -INF):
        x = np.full((1, 1, 2), lowest)
        y, indices = implementation.forward(pool(2, 1, 1), x)

        assert np.array_equal(y, np.full((1, 1, 3), lowest))
        assert indices.tolist() == [[[0, 0, 1]]]


@both
def test_a_nan_is_the_maximum_of_its_windows_and_of_no_other(implementation: ByLayer) -> None:
    """max(a, NaN) = NaN; the first NaN takes the gradient."""
    x = np.array([[[1.0, NAN, INF, NAN, 2.0, 3.0]]])
    y, indices = implementation.forward(pool(2), x)
    x_bar = implementation.input_vjp(pool(4, stride=2), x, np.array([[[1.0, 1.0]]]))

    assert np.array_equal(y, [[[NAN, NAN, NAN, NAN, 3.0]]], equal_nan=True)
    assert indices.tolist() == [[[1, 1, 3, 3, 5]]]
    assert x_bar.tolist() == [[[0, 1, 0, 1, 0, 0]]]


@both
def test_a_nan_in_a_unit_is_its_maxout(implementation: ByLayer) -> None:
    """Units (1, NAN, NAN) and (INF, 0, INF): NaN at 1 and infinity at 3."""
    x = np.array([[1.0, NAN, NAN, INF, 0.0, INF]])
    layer = Maxout(pool_size=3)

    assert np.array_equal(implementation.forward(layer, x), [[NAN, INF]], equal_nan=True)
    assert implementation.input_vjp(layer, x, np.array([[5.0, 7.0]])).tolist() == [
        [0, 5, 0, 7, 0, 0]
    ]


@both
@given(st.integers(1, 4), st.integers(0, 3))
def test_the_indices_find_the_maxima(implementation: ByLayer, kernel: int, more: int) -> None:
    """Y == x[indices]."""
    x = np.arange(2 * (kernel + more)).reshape(1, 2, -1) % 5
    y, indices = implementation.forward(pool(kernel, (kernel - 1) // 2), x)

    assert indices.dtype == np.int64
    assert np.array_equal(y, np.take_along_axis(x, indices, axis=2))


@both
def test_booleans_are_refused_by_name(implementation: ByLayer) -> None:
    with pytest.raises(DTypeError, match=r"^arrays of bool are not supported: use float16, "):
        implementation.forward(pool(1), np.zeros((1, 1, 1), bool))


@both
def test_two_dtypes_are_refused_by_name(implementation: ByLayer) -> None:
    x, y_bar = np.zeros((1, 1, 1)), np.zeros((1, 1, 1), np.float32)
    with pytest.raises(DTypeError, match=r"x is float64, y_bar is float32\. Cast one\.$"):
        implementation.input_vjp(pool(1), x, y_bar)
