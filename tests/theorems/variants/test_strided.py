"""a_s[o] = a_1[s o]: a right convolution keeps it, and one that samples elsewhere breaks it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.strategies import cases
from convproof.theorems import Request
from convproof.theorems.variants.strided import THEOREM
from tests.theorems.variants.asking import (
    REQUESTS,
    broken_in,
    padded_by_name,
    refuted,
    right,
    right_of,
)


def sampling_late(x: Any, w: Any, b: Any, *, stride: Any, **options: Any) -> Any:
    """With a stride every window begins one position late."""
    late = np.roll(x, -1, -1) if stride[-1] > 1 else x
    return right.conv1d(late, w, b, stride=stride, **options)


def cropping_the_strided_border(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """With a stride the last output is left at the bias."""
    y = right.conv2d(x, w, b, **options)
    if max(options["stride"]) > 1:
        y[..., -1] = 0
    return y


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d"])
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: str(r.dtype))
@settings(max_examples=8)
@given(data=st.data())
def test_a_right_convolution_keeps_it(name: str, request_: Request, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    assert not refuted(THEOREM, right_of(name), case, request_)


@pytest.mark.parametrize(
    ("name", "code"), [("conv1d", sampling_late), ("conv2d", cropping_the_strided_border)]
)
def test_a_planted_fault_breaks_it(name: str, code: Any) -> None:
    case = broken_in(THEOREM, name, code)
    assert not refuted(THEOREM, right_of(name), case)


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("padding", ["tensorflow_same", "valid", ((1, 0), (0, 2))])
def test_a_right_convolution_padded_by_a_name_keeps_it(padding: Any, circular: bool) -> None:
    case = padded_by_name(padding, stride=2, circular=circular)
    functions = right_of("conv2d")
    (function,) = functions
    assert THEOREM.wants(function, case, REQUESTS[0])
    assert not refuted(THEOREM, functions, case)
