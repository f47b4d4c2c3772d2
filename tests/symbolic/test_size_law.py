"""The printed law gives the size that the axis has."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.axes import Axis, AxisLike, SignalAxis, TransposedAxis
from convproof.symbolic.size_law import LATEX, size_law


@st.composite
def windows(draw: st.DrawFn) -> Axis:
    """Draw a legal window: the input is as large as the kernel needs, and more."""
    r, t = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    low, high = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    least = max(1, t * (r - 1) + 1 - low - high)
    return Axis(
        input_size=draw(st.integers(least, least + 9)), kernel_size=r, dilation=t,
        padding=(low, high), stride=draw(st.integers(1, 4)), ceil_mode=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def transposed_windows(draw: st.DrawFn) -> TransposedAxis:
    """Draw a legal transposed window: it crops less than there is."""
    n, r, s, t = (draw(st.integers(1, most)) for most in (6, 4, 3, 3))
    crop = s * (n - 1) + t * (r - 1)
    low = draw(st.integers(0, crop))
    return TransposedAxis(
        input_size=n, kernel_size=r, stride=s, dilation=t,
        padding=(low, draw(st.integers(0, crop - low))),
        output_padding=draw(st.integers(0, max(s, t) - 1)),
    )  # fmt: skip


@st.composite
def signals(draw: st.DrawFn) -> SignalAxis:
    """Draw a convolution of signals, the kernel no longer than the signal."""
    r = draw(st.integers(1, 6))
    return SignalAxis(
        input_size=draw(st.integers(r, r + 6)),
        kernel_size=r,
        mode=draw(st.sampled_from(["full", "same", "valid"])),
    )


@settings(deadline=None)
@given(windows() | transposed_windows() | signals())
def test_the_numbers_put_in_give_the_output_size(axis: AxisLike) -> None:
    """Evaluating the printed numbers gives what is printed after them, and the axis has."""
    sides = size_law(axis)[-1].split(" = ")
    assert sides[-1] == str(axis.output_size)
    python = sides[-2].replace("·", "*").replace("⌊", "(").replace("⌋", ")").replace("/", "//")
    python = re.sub(r"⌈\((.*)\)//(\d+)⌉", r"-(-(\1)//\2)", python)
    assert eval(python, {"n": axis.input_size}) == axis.output_size


@settings(deadline=None)
@given(windows() | transposed_windows())
def test_the_span_is_the_lectures_effective_kernel_size(axis: Axis | TransposedAxis) -> None:
    """r̂ = r + (r - 1)(t - 1)."""
    line = size_law(axis)[1]
    assert line.startswith("r̂ = r + (r - 1)(t - 1) = ")
    assert line.endswith(f" = {axis.span}")
    assert eval(line.split(" = ")[2].replace("·", "*")) == axis.span


def test_the_window_that_ceil_mode_leaves_out_is_subtracted() -> None:
    """With n = 3, r = 1, s = 2, p = (0, 1): 3 windows rounded up, of which 2 start in the input."""
    axis = Axis(input_size=3, kernel_size=1, stride=2, padding=(0, 1), ceil_mode=True)
    numbers = "⌈(3 + 0 + 1 - 1)/2⌉ + 1 - 1 = 2"
    assert size_law(axis)[-1] == f"n' = ⌈(n + p_low + p_high - r̂)/s⌉ + 1 - 1 = {numbers}"


def test_the_law_in_latex() -> None:
    assert size_law(Axis(input_size=7, kernel_size=3, stride=2), LATEX)[-1] == (
        r"n' = \left\lfloor \frac{n + p_{\mathrm{low}} + p_{\mathrm{high}} - \hat{r}}{s} "
        r"\right\rfloor + 1 = \left\lfloor \frac{7 + 0 + 0 - 3}{2} \right\rfloor + 1 = 3"
    )


@pytest.mark.parametrize(
    ("mode", "law"),
    [
        ("full", "n' = n + r - 1 = 5 + 2 - 1 = 6"),
        ("same", "n' = n = 5"),
        ("valid", "n' = n - r + 1 = 5 - 2 + 1 = 4"),
    ],
)
def test_the_laws_of_signals(mode: str, law: str) -> None:
    axis = SignalAxis(input_size=5, kernel_size=2, mode=mode)  # type: ignore[arg-type]
    assert size_law(axis) == ("n = 5, r = 2", law)
