"""T_s y = T_1 (y↑s): a right layer keeps it, and one that repeats data for the zeros does not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.strategies import cases
from convproof.theorems import Request
from convproof.theorems.variants.transposed import THEOREM
from tests.theorems.variants.asking import REQUESTS, broken_in, refuted, right, right_of


def enlarging_the_data(
    x: Any, w: Any, b: Any, *, stride: Any, output_padding: Any, **options: Any
) -> Any:
    """Data are up-sampled to the nearest neighbour, not with zeros."""
    (s,), (more,) = stride, output_padding
    large = np.repeat(x, s, -1)[..., : s * (x.shape[-1] - 1) + 1]
    large = np.pad(large, [(0, 0), (0, 0), (0, more)])
    return right.conv_transpose1d(large, w, b, **options)


def padding_with_nothing(x: Any, w: Any, b: Any, *, output_padding: Any, **options: Any) -> Any:
    """The positions of output_padding are zeros, though taps reach them."""
    y = right.conv_transpose2d(x, w, b, output_padding=output_padding, **options)
    more = output_padding[-1]
    if more:
        y[..., -more:] = 0
    return y


@pytest.mark.parametrize("name", ["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"])
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: str(r.dtype))
@settings(max_examples=8)
@given(data=st.data())
def test_a_right_layer_keeps_it(name: str, request_: Request, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    assert not refuted(THEOREM, right_of(name), case, request_)


@pytest.mark.parametrize(
    ("name", "code"),
    [("conv_transpose1d", enlarging_the_data), ("conv_transpose2d", padding_with_nothing)],
)
def test_a_planted_fault_breaks_it(name: str, code: Any) -> None:
    case = broken_in(THEOREM, name, code)
    assert not refuted(THEOREM, right_of(name), case)
