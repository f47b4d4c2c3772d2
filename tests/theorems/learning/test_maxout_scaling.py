"""max_j (2 x_j + c) = 2 max_j x_j + c: a right maxout keeps it, and planted faults break it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import Function
from convproof.numeric.dtypes import HALVES
from convproof.numeric.rounding import DEFAULT_PRECISION
from convproof.strategies import TORCH, cases
from convproof.theorems import Request, Violation
from convproof.theorems.learning.maxout_scaling import THEOREM
from convproof.verify.targets.subject import TargetSubject

MAXOUT = Function.named("maxout")
_right = get_implementation("numpy")
DTYPES = [*map(np.dtype, ("float32", "float64", "int64")), *HALVES]


def _refuted(code: Callable[..., Any], case: Case, dtype: np.dtype) -> bool:
    request = Request(dtype=dtype, precision=DEFAULT_PRECISION.get(dtype.name, "float32"))
    try:
        THEOREM.check(TargetSubject({MAXOUT: code}, "numpy"), MAXOUT, case, request)
    except Violation:
        return True
    return False


def beginning_at_zero(x: Any, *, pool_size: int) -> Any:
    """A maximum of nothing is taken for 0."""
    return np.maximum(_right.maxout(x, pool_size), 0)


def the_largest_in_size(x: Any, *, pool_size: int) -> Any:
    """Numbers are compared without their signs."""
    units = x.reshape(len(x), -1, pool_size, *x.shape[2:])
    return np.take_along_axis(units, np.abs(units).argmax(2, keepdims=True), 2).squeeze(2)


def units_of_interleaved_channels(x: Any, *, pool_size: int) -> Any:
    """A unit takes every u-th channel."""
    return x.reshape(len(x), pool_size, -1, *x.shape[2:]).max(axis=1)


def the_sum(x: Any, *, pool_size: int) -> Any:
    """The channels are added."""
    return x.reshape(len(x), -1, pool_size, *x.shape[2:]).sum(axis=2, dtype=x.dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_numpy_implementation_keeps_it(dtype: np.dtype) -> None:
    @settings(max_examples=30, deadline=None)
    @given(case=cases("maxout", TORCH))
    def kept(case: Case) -> None:
        assert not _refuted(_right.maxout, case, dtype)

    kept()


@pytest.mark.parametrize(
    "fault", [beginning_at_zero, the_largest_in_size, units_of_interleaved_channels, the_sum]
)
def test_a_planted_fault_breaks_it_in_some_case(fault: Callable[..., Any]) -> None:
    """And the right function keeps it in that case."""
    dtype = np.dtype(np.float32)
    once = settings(max_examples=300, database=None, derandomize=True, phases=(Phase.generate,))
    case = find(cases("maxout", TORCH), lambda case: _refuted(fault, case, dtype), settings=once)
    assert not _refuted(_right.maxout, case, dtype)
