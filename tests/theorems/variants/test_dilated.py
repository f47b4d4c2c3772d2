"""a = w↑t ⋆ x: a right layer keeps it, and one that repeats taps where the zeros are breaks it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.strategies import cases
from convproof.theorems import Request
from convproof.theorems.variants.dilated import THEOREM
from tests.theorems.variants.asking import (
    REQUESTS,
    broken_in,
    padded_by_name,
    refuted,
    right,
    right_of,
)


def _repeated(w: Any, dilation: Any) -> Any:
    return np.repeat(w, dilation[0], -1)[..., : dilation[0] * (w.shape[-1] - 1) + 1]


def repeating_taps(x: Any, w: Any, b: Any, *, dilation: Any, **options: Any) -> Any:
    """The kernel is enlarged, not stuffed with zeros."""
    return right.conv1d(x, _repeated(w, dilation), b, **options)


def repeating_taps_backwards(size: Any, w: Any, y_bar: Any, *, dilation: Any, **more: Any) -> Any:
    """The derivative of another layer."""
    return right.conv1d_input(size, _repeated(w, dilation), y_bar, **more)


def transposing_repeated_taps(x: Any, w: Any, b: Any, *, dilation: Any, **options: Any) -> Any:
    """The kernel is enlarged where that changes no other law."""
    if options["output_padding"][0] >= options["stride"][0]:
        return right.conv_transpose1d(x, w, b, dilation=dilation, **options)
    return right.conv_transpose1d(x, _repeated(w, dilation), b, **options)


@pytest.mark.parametrize(
    "name", ["conv1d", "conv2d", "conv3d", "conv2d_input", "conv_transpose2d", "conv_transpose1d"]
)
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: str(r.dtype))
@settings(max_examples=8)
@given(data=st.data())
def test_a_right_layer_keeps_it(name: str, request_: Request, data: st.DataObject) -> None:
    case = data.draw(cases(name.removesuffix("_input")))
    assert not refuted(THEOREM, right_of(name), case, request_)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("conv1d", repeating_taps),
        ("conv1d_input", repeating_taps_backwards),
        ("conv_transpose1d", transposing_repeated_taps),
    ],
)
def test_a_planted_fault_breaks_it(name: str, code: Any) -> None:
    case = broken_in(THEOREM, name, code)
    assert not refuted(THEOREM, right_of(name), case)


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("padding", ["same", "tensorflow_same", ((1, 0), (0, 2))])
def test_a_right_layer_padded_by_a_name_keeps_it(padding: Any, circular: bool) -> None:
    case = padded_by_name(padding, circular=circular)
    functions = right_of("conv2d")
    (function,) = functions
    assert THEOREM.wants(function, case, REQUESTS[0])
    assert not refuted(THEOREM, functions, case)
