"""Pooling over all positions is invariant to circular shifts: what keeps it, and what breaks it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import AdaptiveAvgPool, GlobalAvgPool
from convproof.strategies import TORCH, cases
from convproof.theorems import Request, Violation
from convproof.theorems.pooling import global_invariance, max_invariance
from tests.theorems.pooling.planted import FLOAT32, asked, refuted

_right = get_implementation("numpy")
MEAN, MAXIMUM = global_invariance.THEOREM, max_invariance.THEOREM
KEPT = [
    (law, f"{stem}_{kind}_pool{dims}d")
    for law, kind in ((MEAN, "avg"), (MAXIMUM, "max"))
    for stem in ("global", "adaptive")
    for dims in (1, 2, 3)
]


@pytest.mark.parametrize(("law", "name"), KEPT, ids=lambda v: v if isinstance(v, str) else v.name)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@settings(max_examples=10)
@given(data=st.data())
def test_a_right_pool_keeps_the_law(law: Any, name: str, dtype: str, data: st.DataObject) -> None:
    case = data.draw(cases(Function.named(name).layer, TORCH))
    request = Request(dtype=np.dtype(dtype), precision="f16" if dtype == "float16" else dtype)
    assert not isinstance(asked(law, name, getattr(_right, name), case, request), Violation)


def mean_without_the_last(x: Any) -> Any:
    """The last position is not read."""
    return _right.global_avg_pool1d(x[..., : max(1, x.shape[-1] - 1)])


def mean_that_knows_the_place(x: Any) -> Any:
    """Every other row is weighted twice."""
    return _right.global_avg_pool2d(x * (1 + np.arange(x.shape[-2]) % 2)[:, None].astype(x.dtype))


def maximum_without_the_first(x: Any) -> Any:
    """The first position is not compared."""
    return _right.global_max_pool1d(x[..., min(1, x.shape[-1] - 1) :])


@pytest.mark.parametrize(
    ("law", "name", "fault"),
    [
        (MEAN, "global_avg_pool1d", mean_without_the_last),
        (MEAN, "global_avg_pool2d", mean_that_knows_the_place),
        (MAXIMUM, "global_max_pool1d", maximum_without_the_first),
    ],
)
def test_a_fault_is_refuted(law: Any, name: str, fault: Any) -> None:
    """And the right function keeps the law in that case."""
    case = refuted(law, name, fault)
    assert not isinstance(asked(law, name, getattr(_right, name), case), Violation)


def test_the_laws_speak_of_pools_of_several_positions_into_one() -> None:
    whole = AdaptiveAvgPool(output_size=(1, None))
    for layer, sizes, spoken_of in (
        (GlobalAvgPool(dims=2), (2, 1), True),
        (GlobalAvgPool(dims=2), (1, 1), False),
        (whole, (3, 1), True),
        (whole, (3, 2), False),
    ):
        case = Case(layer=layer, input_shape=(1, 1, *sizes))
        assert MEAN.wants(Function.named("global_avg_pool2d"), case, FLOAT32) == spoken_of
