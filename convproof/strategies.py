"""Hypothesis strategies: legal convolutions, built from the output up and never filtered.

Every size is drawn, then the input is computed from it, so nothing is rejected. Examples shrink
towards one image, one channel, one tap, one output, stride 1, no padding, no bias.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from convproof.axes import Pair
from convproof.cases import ConvCase
from convproof.layers import Conv

_LARGEST_SEED = 2**16
Draw = Callable[[st.SearchStrategy[Any]], Any]  # st.DrawFn cannot be checked at run time


@st.composite
def window_axes(
    draw: Draw, *, small: bool = False, asymmetric: bool = False
) -> tuple[int, int, int, Pair, int]:
    """Draw ``(input_size, kernel_size, stride, padding, dilation)`` of a legal axis.

    Args:
        draw: given by Hypothesis.
        small: keep to sizes that three axes can afford.
        asymmetric: let the two ends be padded differently.
    """
    most = 2 if small else 3
    kernel_size = draw(st.integers(1, most + 1))
    stride = draw(st.integers(1, most + 1))
    dilation = draw(st.integers(1, most))
    low = draw(st.integers(0, most))
    high = draw(st.integers(0, most)) if asymmetric else low
    remainder = draw(st.integers(0, stride - 1))
    span = dilation * (kernel_size - 1) + 1
    lacking = 1 + low + high - span - remainder  # what the first output leaves of a 1-sized input
    fewest = max(0, -(-lacking // stride))
    more = draw(st.integers(0, most))
    input_size = stride * (fewest + more) + span + remainder - low - high
    return input_size, kernel_size, stride, (low, high), dilation


@st.composite
def conv_cases(
    draw: Draw,
    dims: int,
    *,
    groups: bool = True,
    asymmetric: bool = False,
    circular: bool = False,
) -> ConvCase:
    """Draw a convolution with its data, over ``dims`` axes.

    Args:
        draw: given by Hypothesis.
        dims: number of spatial axes.
        groups: also draw grouped and depthwise convolutions.
        asymmetric: also draw paddings that differ at the two ends.
        circular: also draw circular padding.
    """
    axes = [draw(window_axes(small=dims > 2, asymmetric=asymmetric)) for _ in range(dims)]
    sizes, kernel_size, stride, padding, dilation = zip(*axes, strict=True)
    blocks = draw(st.integers(1, 3)) if groups else 1
    layer = Conv(
        in_channels=blocks * draw(st.integers(1, 3)),
        out_channels=blocks * draw(st.integers(1, 3)),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=blocks,
        padding_mode=draw(st.sampled_from(["zeros", "circular"])) if circular else "zeros",
        bias=draw(st.booleans()),
    )
    return ConvCase(
        layer=layer,
        input_size=sizes,
        batch=draw(st.integers(1, 3)),
        seed=draw(st.integers(0, _LARGEST_SEED)),
        magnitude=draw(st.integers(1, 9)),
    )
