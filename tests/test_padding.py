"""Every form of the padding argument, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import GeometryError
from convproof.axes import Axis
from convproof.padding import named_pair, pairs, per_axis


@pytest.mark.parametrize(
    ("written", "dims", "meant"),
    [
        (2, 2, ((2, 2), (2, 2))),
        ((1, 2), 2, ((1, 1), (2, 2))),
        (((1, 2),), 1, ((1, 2),)),
        (((1, 2), 3), 2, ((1, 2), (3, 3))),
        ([[0, 1], [2, 0], 1], 3, ((0, 1), (2, 0), (1, 1))),
        ((1,), 3, ((1, 1), (1, 1), (1, 1))),
        ("same", 1, "same"),
    ],
)
def test_each_form_means_one_pair_per_axis(written: Any, dims: int, meant: Any) -> None:
    """(1, 2) in 2-d is height 1, width 2, as in torch; ((1, 2),) in 1-d is low 1, high 2."""
    assert pairs(written, dims) == meant


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("written", "dims", "words"),
    [
        ((1, 2), 1, r"2 entries for 1 axis. Write padding=\(\(1, 2\),\)"),
        ((1, 2, 3), 2, "3 entries for 2 axes"),
        ("full", 2, "one of"),
        (((1, 2, 3),), 1, r"an integer or a \(low, high\) pair, got \(1, 2, 3\)"),
        (1.5, 2, "padding must be an integer, got 1.5"),
        (("same",), 1, "pair, got 'same'"),
    ],
)
def test_a_malformed_padding_is_refused(written: Any, dims: int, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        pairs(written, dims)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(("value", "words"), [((1, 2), "2 entries for 3 axes"), (2.0, "integer")])
def test_a_malformed_stride_is_refused(value: Any, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        per_axis(value, 3, "stride")


@given(st.integers(1, 9), st.integers(1, 9))
def test_same_keeps_the_size_with_the_surplus_on_the_high_side(n: int, span: int) -> None:
    """low + high = span - 1 and 0 <= high - low <= 1, so n' = n."""
    low, high = named_pair("same", input_size=n, span=span, stride=1)
    assert 0 <= high - low <= 1
    assert Axis(input_size=n, kernel_size=span, padding=(low, high)).output_size == n


@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 5))
def test_tensorflows_rule_divides_the_size_by_the_stride(n: int, span: int, stride: int) -> None:
    """n' = ceil(n / s), with the least padding that gives it."""
    ends = named_pair("tensorflow_same", input_size=n, span=span, stride=stride)
    axis = Axis(input_size=n, kernel_size=span, stride=stride, padding=ends)
    assert axis.output_size == -(-n // stride)
    assert 0 <= ends[1] - ends[0] <= 1


def test_same_with_a_stride_is_refused_and_points_to_tensorflows_rule() -> None:
    with pytest.raises(GeometryError, match=r"stride=2.*tensorflow_same.*= 4"):
        named_pair("same", input_size=7, span=3, stride=2)
