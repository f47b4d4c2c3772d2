"""Average pooling is a convolution with constant weights: what keeps the law, what breaks it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import AvgPool
from convproof.strategies import TORCH, cases
from convproof.theorems import Request, Violation
from convproof.theorems.pooling.average_is_convolution import THEOREM
from tests.theorems.pooling.planted import asked, refuted

_right = get_implementation("numpy")
NAMES = ("avg_pool1d", "avg_pool2d", "avg_pool3d")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@settings(max_examples=15)
@given(data=st.data())
def test_a_right_average_is_a_convolution(name: str, dtype: str, data: st.DataObject) -> None:
    case = data.draw(cases(Function.named(name).layer, TORCH))
    request = Request(dtype=np.dtype(dtype), precision="f16" if dtype == "float16" else dtype)
    assert not isinstance(asked(THEOREM, name, getattr(_right, name), case, request), Violation)


def counting_the_input_only(x: Any, *, count_include_pad: bool, **options: Any) -> Any:
    """The divisor leaves the padding out."""
    del count_include_pad
    return _right.avg_pool1d(x, count_include_pad=False, **options)


def reading_the_next_map(x: Any, **options: Any) -> Any:
    """No depthwise convolution: a map reaches its neighbour."""
    return _right.avg_pool1d(np.roll(x, 1, 1), **options)


def weighting_the_first_tap(x: Any, **options: Any) -> Any:
    """The weights are not constant: the first position counts twice."""
    return _right.avg_pool1d(np.concatenate([2 * x[..., :1], x[..., 1:]], -1), **options)


@pytest.mark.parametrize(
    "fault", [counting_the_input_only, reading_the_next_map, weighting_the_first_tap]
)
def test_a_fault_is_refuted(fault: Any) -> None:
    """And the right function keeps the law in that case."""
    case = refuted(THEOREM, "avg_pool1d", fault)
    assert not isinstance(asked(THEOREM, "avg_pool1d", _right.avg_pool1d, case), Violation)


@pytest.mark.parametrize(
    ("options", "spoken_of"),
    [
        ({"padding": ((1, 1),)}, True),
        ({"padding": ((1, 1),), "count_include_pad": False}, False),
        ({"padding": ((1, 1),), "count_include_pad": False, "divisor_override": 5}, True),
        ({"padding": ((0, 0),), "count_include_pad": False}, True),
        ({"padding": ((0, 0),), "ceil_mode": True}, False),
        ({"padding": ((1, 0),), "ceil_mode": True}, True),
    ],
)
def test_the_law_speaks_of_averages_that_have_one_divisor(options: Any, spoken_of: bool) -> None:
    layer = AvgPool(kernel_size=(3,), stride=(2,), dilation=(1,), **options)
    case = Case(layer=layer, input_shape=(1, 2, 8))
    seen = asked(THEOREM, "avg_pool1d", _right.avg_pool1d, case)
    assert (seen is not None) == spoken_of
