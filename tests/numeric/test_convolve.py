"""The true convolution of signals."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.implementation import ByLayer
from convproof.layers import Convolve
from tests.numeric.cases import Case, both, integers, signals


@both
@given(st.integers(1, 5).flatmap(lambda n: integers((n,))), integers((3,)))
def test_convolution_multiplies_polynomials(
    implementation: ByLayer, x: np.ndarray, h: np.ndarray
) -> None:
    """(sum x_i t^i)(sum h_k t^k) = sum y_o t^o."""
    y = implementation.forward(Convolve(), x, h)

    at_seven = [int(np.polyval(part[::-1].astype(object), 7)) for part in (x, h, y)]
    assert at_seven[0] * at_seven[1] == at_seven[2]


@both
@given(signals())
def test_convolution_commutes(implementation: ByLayer, case: Case) -> None:
    """X * h == h * x in the mode "full"."""
    x, h = case.x, case.arrays[0]

    there, back = (implementation.forward(Convolve(), *pair) for pair in ((x, h), (h, x)))
    assert np.array_equal(there, back)


@both
@given(signals())
def test_the_modes_are_those_of_scipy(implementation: ByLayer, case: Case) -> None:
    """convolve(x, h, mode) == scipy.signal.convolve(x, h, mode)."""
    signal = pytest.importorskip("scipy.signal")
    layer, x, (h,), _ = case
    assert isinstance(layer, Convolve)

    expected = signal.convolve(x, h, mode=layer.mode, method="direct")
    assert np.array_equal(implementation.forward(layer, x, h), expected)


@both
@pytest.mark.parametrize(
    ("mode", "expected"),
    [("full", [1, 12, 123, 230, 300]), ("same", [12, 123, 230]), ("valid", [123])],
)
def test_a_flipped_kernel_slides_over_the_signal(
    implementation: ByLayer, mode: Literal["full", "same", "valid"], expected: list[int]
) -> None:
    """(1, 10, 100) flipped reads digits: y[o] = x[o] + 10 x[o-1] + 100 x[o-2]."""
    y = implementation.forward(Convolve(mode=mode), np.array([1, 2, 3]), np.array([1, 10, 100]))

    assert y.tolist() == expected
