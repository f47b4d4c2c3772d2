"""(W ⋆ x)[n] = W x[n]: a right 1x1 convolution keeps it, and one that mixes images breaks it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.strategies import cases
from convproof.theorems import Request
from convproof.theorems.variants.pointwise import THEOREM
from tests.theorems.variants.asking import (
    REQUESTS,
    broken_in,
    padded_by_name,
    refuted,
    right,
    right_of,
)


def one_product_of_all_images(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """The data are read as one matrix of channels by columns, as those of one image are."""
    if w[0, 0].size > 1 or options["groups"] > 1:
        return right.conv1d(x, w, b, **options)
    columns = x.reshape(x.shape[1], -1)
    mixed = np.moveaxis(columns.reshape(x.shape[1], len(x), -1), 1, 0)
    return right.conv1d(np.ascontiguousarray(mixed), w, b, **options)


def transposing_the_plane(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Where the plane is square its columns are read for its rows."""
    y = right.conv2d(x, w, b, **options)
    square = w[0, 0].size == 1 and y.shape[-1] == y.shape[-2]
    return np.swapaxes(y, -1, -2).copy() if square else y


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d"])
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: str(r.dtype))
@settings(max_examples=8)
@given(data=st.data())
def test_a_right_convolution_keeps_it(name: str, request_: Request, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    assert not refuted(THEOREM, right_of(name), case, request_)


@pytest.mark.parametrize(
    ("name", "code"),
    [("conv1d", one_product_of_all_images), ("conv2d", transposing_the_plane)],
)
def test_a_planted_fault_breaks_it(name: str, code: Any) -> None:
    case = broken_in(THEOREM, name, code)
    assert not refuted(THEOREM, right_of(name), case)


@pytest.mark.parametrize("circular", [False, True])
@pytest.mark.parametrize("padding", ["same", "tensorflow_same", ((1, 0), (0, 2))])
def test_a_right_convolution_padded_by_a_name_keeps_it(padding: Any, circular: bool) -> None:
    case = padded_by_name(padding, circular=circular)
    functions = right_of("conv2d")
    (function,) = functions
    assert THEOREM.wants(function, case, REQUESTS[0])
    assert not refuted(THEOREM, functions, case)
