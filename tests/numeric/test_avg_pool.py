"""The divisors of averages."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from convproof import layers
from convproof.errors import DTypeError
from convproof.implementation import ByLayer
from convproof.layers import AdaptiveAvgPool, AvgPool, GlobalAvgPool
from tests.numeric.cases import Case, both, pools


def pool(**options: Any) -> AvgPool:
    """Windows of three with stride two over one axis."""
    options = {"padding": ((1, 1),), "dilation": (1,)} | options
    return AvgPool(kernel_size=(3,), stride=(2,), **options)


def divisors(implementation: ByLayer, layer: AvgPool, size: int) -> list[Fraction]:
    """Return ``d_o``: the mean of ones is (taps inside) / d_o, one at a time."""
    one = np.full((1, 1, size), 1, object)
    ones: list[Fraction] = implementation.forward(layer, one)[0, 0].tolist()
    return ones


@both
def test_the_padding_counts_unless_excluded(implementation: ByLayer) -> None:
    """Window 0 reads (pad, x0, x1): the mean of ones is 2/3, or 2/2 without the padding."""
    assert divisors(implementation, pool(), 3) == [Fraction(2, 3), Fraction(2, 3)]
    assert divisors(implementation, pool(count_include_pad=False), 3) == [1, 1]


@both
def test_the_ceil_overhang_never_counts(implementation: ByLayer) -> None:
    """I = 4 padded to -1...4: the third window would read 3, 4, 5; position 5 is no padding."""
    assert divisors(implementation, pool(ceil_mode=True), 4) == [Fraction(2, 3), 1, Fraction(1, 2)]


@both
def test_a_dilated_overhang_counts_taps_not_positions(implementation: ByLayer) -> None:
    """I = 6, taps 2 apart: window 1 reads 2, 4, 6 of which 6 overhangs, so d = 2."""
    layer = pool(padding=((0, 0),), dilation=(2,), ceil_mode=True)

    assert divisors(implementation, layer, 6) == [1, 1]
    assert implementation.forward(layer, _fractions([0, 0, 3, 0, 5, 0]))[0, 0, 1] == 4


@both
def test_the_divisor_may_be_overridden(implementation: ByLayer) -> None:
    """D = -5 for every window."""
    assert divisors(implementation, pool(divisor_override=-5), 3) == [Fraction(-2, 5)] * 2


@both
@given(pools(layers.AvgPool))
def test_the_mean_of_a_constant_is_the_constant(implementation: ByLayer, case: Case) -> None:
    """count_include_pad=False: every window has as many taps as it divides by."""
    assert isinstance(case.layer, AvgPool)
    layer = AvgPool(
        kernel_size=case.layer.kernel_size, stride=case.layer.stride, padding=case.layer.padding,
        dilation=case.layer.dilation, ceil_mode=case.layer.ceil_mode, count_include_pad=False,
    )  # fmt: skip
    y = implementation.forward(layer, np.full(case.x.shape, Fraction(7, 3)))

    assert (y == Fraction(7, 3)).all()


@both
def test_adaptive_windows_overlap(implementation: ByLayer) -> None:
    """I = 5, O = 3: windows 0-1, 1-3, 3-4, so the means of (1, 2, 4, 8, 16) are 3/2, 14/3, 12."""
    x = _fractions([1, 2, 4, 8, 16])
    layer = AdaptiveAvgPool(output_size=(3,))

    expected = [Fraction(3, 2), Fraction(14, 3), 12]
    assert implementation.forward(layer, x)[0, 0].tolist() == expected


@both
@pytest.mark.parametrize(
    "layer", [pool(), AdaptiveAvgPool(output_size=(1,)), GlobalAvgPool(dims=1)], ids=repr
)
def test_means_of_integers_are_refused(implementation: ByLayer, layer: Any) -> None:
    x, law = np.ones((1, 1, 3), np.int64), r"^the mean of integers is no integer: use a floating "
    with pytest.raises(DTypeError, match=law):
        implementation.forward(layer, x)
    with pytest.raises(DTypeError, match=law):
        implementation.input_vjp(layer, x, x[..., :1])


def _fractions(values: list[int]) -> np.ndarray:
    return np.array([[[Fraction(value) for value in values]]])
