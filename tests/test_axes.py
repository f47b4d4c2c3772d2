"""The three axes: sizes, the relation, and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import Axis, GeometryError, SignalAxis, TransposedAxis
from convproof.strategies import EXTRAS, window_axes


def test_alexnets_first_layer_has_55_outputs() -> None:
    """floor((227 - 11) / 4) + 1 = 55."""
    assert Axis(input_size=227, kernel_size=11, stride=4).output_size == 55


@pytest.mark.parametrize(
    ("sizes", "outputs", "span"),
    [
        ({"input_size": 7, "kernel_size": 3}, 5, 3),
        ({"input_size": 7, "kernel_size": 3, "padding": (1, 1)}, 7, 3),
        ({"input_size": 7, "kernel_size": 3, "stride": 2}, 3, 3),
        ({"input_size": 7, "kernel_size": 3, "dilation": 2}, 3, 5),
    ],
)
def test_the_lectures_four_sizes(sizes: dict[str, Any], outputs: int, span: int) -> None:
    """n = 7, r = 3: n' = 5; p = 1: 7; s = 2: 3; t = 2: 3 with r-hat = 5."""
    axis = Axis(**sizes)
    assert (axis.output_size, axis.span) == (outputs, span)


@given(window_axes(offers=EXTRAS))
def test_the_triples_are_the_relation(drawn: tuple[Any, ...]) -> None:
    """(o, k, i) is a triple exactly when i = s o + t k - low lies in the input."""
    n, r, s, (low, high), t = drawn
    axis = Axis(input_size=n, kernel_size=r, stride=s, padding=(low, high), dilation=t)
    written = [
        (o, k, s * o + t * k - low)
        for o in range((n + low + high - t * (r - 1) - 1) // s + 1)
        for k in range(r)
        if 0 <= s * o + t * k - low < n
    ]
    triples = axis.triples()
    assert list(zip(*(leg.tolist() for leg in triples.legs), strict=True)) == written


def test_circular_padding_can_give_one_entry_two_weights() -> None:
    """n = 1, r = 3, p = 1: all three taps read the only input, so a = (w0 + w1 + w2) x0."""
    axis = Axis(input_size=1, kernel_size=3, padding=(1, 1), padding_mode="circular")
    assert repr(axis.triples()) == "a[0] = w[0] x[0] + w[1] x[0] + w[2] x[0]"


@pytest.mark.parametrize(
    ("n", "r", "s", "padding", "outputs"),
    [
        (6, 2, 2, (0, 0), 3),
        (7, 2, 2, (0, 0), 4),  # the last window overhangs
        (5, 1, 3, (0, 0), 2),
        (5, 1, 4, (0, 0), 2),  # a third window would start beyond the input
        (3, 2, 2, (1, 1), 2),  # a third window would start in the high padding
        (4, 2, 2, (1, 1), 3),
    ],
)
def test_with_ceil_mode_the_last_window_starts_inside(
    n: int, r: int, s: int, padding: tuple[int, int], outputs: int
) -> None:
    """O = ceil((n + low + high - r) / s) + 1, less one if (O - 1) s >= n + low."""
    axis = Axis(input_size=n, kernel_size=r, stride=s, padding=padding, ceil_mode=True)
    assert axis.output_size == outputs
    assert (axis.output_size - 1) * s < n + padding[0]


def test_with_ceil_mode_a_window_may_reach_beyond_the_padded_input() -> None:
    """n = 2, r = 3, s = 2: ceil(-1/2) + 1 = 1 window, as in torch."""
    assert Axis(input_size=2, kernel_size=3, stride=2, ceil_mode=True).output_size == 1
    with pytest.raises(GeometryError, match="does not fit"):
        Axis(input_size=2, kernel_size=3, stride=1, ceil_mode=True)


def test_a_kernel_that_does_not_fit_is_refused_with_the_numbers_and_true_advice() -> None:
    """span 2*(5-1)+1 = 9 > 5: padding (2, 2) or kernel_size 3 would do."""
    sizes: dict[str, Any] = {"input_size": 5, "kernel_size": 5, "dilation": 2}
    with pytest.raises(GeometryError, match=r"2\*\(5 - 1\) \+ 1 = 9") as refused:
        Axis(**sizes)
    assert "padding >= (2, 2), or a kernel_size <= 3" in str(refused.value)
    assert Axis(**sizes | {"padding": (2, 2)}).output_size == 1
    assert Axis(**sizes | {"kernel_size": 3}).output_size == 1


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"input_size": 0}, "input_size must be at least 1, got input_size=0"),
        ({"stride": 0}, "stride must be at least 1, got stride=0"),
        ({"padding": (0, -1)}, "padding_high must be at least 0, got padding_high=-1"),
        ({"dilation": 1.5}, "dilation must be an integer, got dilation=1.5"),
    ],
)
def test_a_size_out_of_range_is_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        Axis(**{"input_size": 5, "kernel_size": 2, **wrong})


@given(window_axes(offers=EXTRAS))
def test_the_transposed_axis_exchanges_input_and_output(drawn: tuple[Any, ...]) -> None:
    """With output_padding = (n + low + high - span) mod s it inverts the size, triples reversed."""
    n, r, s, padding, t = drawn
    axis = Axis(input_size=n, kernel_size=r, stride=s, padding=padding, dilation=t)
    back = TransposedAxis(
        input_size=axis.output_size,
        kernel_size=r,
        stride=s,
        padding=padding,
        dilation=t,
        output_padding=(axis.padded_size - axis.span) % s,
    )
    assert back.output_size == n
    there, again = axis.triples(), back.triples()
    forth = sorted(zip(there.output, there.tap, there.input, strict=True))
    reversed_ = sorted(zip(again.input, again.tap, again.output, strict=True))
    assert forth == reversed_


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"output_padding": 2, "stride": 2}, r"2 >= max\(2, 1\).*Use output_padding <= 1"),
        ({"padding": (2, 2)}, r"1\*\(3 - 1\) \+ 2 - 2 - 2 \+ 0 = 0 < 1.*low \+ high <= 3"),
    ],
)
def test_an_impossible_transposed_axis_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        TransposedAxis(**{"input_size": 3, "kernel_size": 2, **wrong})


def test_output_padding_below_the_dilation_is_legal_at_stride_1() -> None:
    """torch's law: smaller than the stride *or* the dilation."""
    axis = TransposedAxis(input_size=3, kernel_size=2, dilation=3, output_padding=2)
    assert axis.output_size == 3 - 1 + 4 + 2


@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from(["full", "same", "valid"]))
def test_the_signal_axis_is_numpys_convolution(n: int, r: int, mode: str) -> None:
    """The triples of T x with integers are np.convolve's full output, cropped as scipy crops it."""
    if mode == "valid" and r > n:
        n, r = r, n
    axis = SignalAxis(input_size=n, kernel_size=r, mode=mode)  # type: ignore[arg-type]
    x, h = np.arange(1, n + 1), np.arange(10, 10 + r)
    full = np.convolve(x, h)
    start = {"full": 0, "same": (len(full) - n) // 2, "valid": r - 1}[mode]
    triples, y = axis.triples(), np.zeros(axis.output_size, int)
    np.add.at(y, triples.output, h[triples.tap] * x[triples.input])
    assert y.tolist() == full[start : start + axis.output_size].tolist()


@pytest.mark.usefixtures("untyped")
def test_a_valid_convolution_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"2 - 3 \+ 1 = 0 < 1.*kernel_size <= 2"):
        SignalAxis(input_size=2, kernel_size=3, mode="valid")
    with pytest.raises(GeometryError, match="mode must be"):
        SignalAxis(input_size=2, kernel_size=3, mode="wrap")  # type: ignore[arg-type]
