"""Means of half numbers: their data stay within the format, whose largest number is 65504."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import AvgPool
from convproof.theorems import Request
from convproof.theorems.right import right

HALF = Request(dtype=np.dtype(np.float16), precision="f16")


@st.composite
def _means(draw: st.DrawFn) -> Case:
    kernel = draw(st.tuples(*[st.integers(1, 9)] * 2))
    layer = AvgPool(
        kernel_size=kernel,
        stride=draw(st.tuples(*[st.integers(1, 9)] * 2)),
        padding=tuple(draw(st.tuples(st.just(0), st.integers(0, r // 2))) for r in kernel),
        dilation=(1, 1),
        ceil_mode=draw(st.booleans()),
        count_include_pad=draw(st.booleans()),
    )
    sizes = tuple(r + draw(st.integers(0, 9)) for r in kernel)
    return Case(layer=layer, input_shape=(1, 2, *sizes), seed=draw(st.integers(0, 99)))


@given(_means())
def test_every_right_mean_of_halves_and_its_derivative_are_finite(case: Case) -> None:
    """``|x_bar[i]| <= sum over the windows o that read i of |y_bar[o]| <= 65504``."""
    for role in ("forward", "input"):
        held = right(Function("avg_pool2d", role), case, HALF)
        assert np.isfinite(held.expected.astype(np.float64)).all()
        assert all(np.isfinite(array).all() for array in held.arrays.values())


@pytest.mark.parametrize(
    ("kernel", "stride", "exact"),
    [
        ((2, 2), (1, 1), True),
        ((4, 4), (1, 1), True),
        ((9, 3), (9, 3), True),
        ((9, 3), (8, 1), False),
    ],
)
def test_means_are_asked_exactly_as_far_as_halves_reach(
    kernel: Any, stride: Any, exact: bool
) -> None:
    layer = AvgPool(kernel_size=kernel, stride=stride, padding=((0, 0),) * 2, dilation=(1, 1))
    case = Case(layer=layer, input_shape=(1, 1, 18, 18))
    x = case.integers("float16")["x"]
    assert bool((x % case.common_divisor == 0).all()) == exact
