"""Hypothesis strategies: legal convolutions, built from the output up and never filtered.

Every size is drawn, then the input is computed from it, so nothing is rejected. Examples shrink
towards one image, one channel, one tap, one output, stride 1, no padding, no bias.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from convproof.axes import Axis, Pair
from convproof.cases import ConvCase
from convproof.layers import Conv

_LARGEST_SEED = 2**16
_TINY: dict[str, int] = {}
_COINCIDING = {"coinciding": 1}
_LARGE = (  # what is added to a tiny case, to come to the sizes of vectors and tiles
    {"outputs": 14},
    {"outputs": 30, "taps": 4},
    {"reads": 14, "images": 3},
    {"reads": 30},
    {"writes": 14, "taps": 6},
)
_CORNERS = (*(_TINY,) * 11, *(_COINCIDING,) * 4, *_LARGE)
Draw = Callable[[st.SearchStrategy[Any]], Any]  # st.DrawFn cannot be checked at run time


@st.composite
def window_axes(
    draw: Draw, *, small: bool = False, asymmetric: bool = False, outputs: int = 0, taps: int = 0
) -> tuple[int, int, int, Pair, int]:
    """Draw ``(input_size, kernel_size, stride, padding, dilation)`` of a legal axis.

    Args:
        draw: given by Hypothesis.
        small: keep to sizes that three axes can afford.
        asymmetric: let the two ends be padded differently.
        outputs: as many more than are drawn.
        taps: as many more than are drawn.
    """
    most = 2 if small else 3
    kernel_size = draw(st.integers(1, most + 1)) + taps
    stride = draw(st.integers(1, most + 1))
    dilation = draw(st.integers(1, most))
    low = draw(st.integers(0, most))
    high = draw(st.integers(0, most)) if asymmetric else low
    remainder = draw(st.integers(0, stride - 1))
    span = dilation * (kernel_size - 1) + 1
    lacking = 1 + low + high - span - remainder  # what the first output leaves of a 1-sized input
    fewest = max(0, -(-lacking // stride))
    more = draw(st.integers(0, most)) + outputs
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
    tiny: bool = False,
) -> ConvCase:
    """Draw a convolution with its data, over ``dims`` axes.

    Half are tiny. A quarter leave the tiny sizes in one direction (outputs, taps, channels,
    images), around the sizes of vectors and tiles; a fifth have coinciding sizes (channels in,
    channels out and the last axis), which show an axis mistaken for another.

    Args:
        draw: given by Hypothesis.
        dims: number of spatial axes.
        groups: also draw grouped and depthwise convolutions.
        asymmetric: also draw paddings that differ at the two ends.
        circular: also draw circular padding.
        tiny: draw none but tiny ones.
    """
    corner = _TINY if tiny else draw(st.sampled_from(_CORNERS))
    added = [{k: corner.get(k, 0) for k in ("outputs", "taps")}, *[_TINY] * (dims - 1)]
    drawn = [draw(window_axes(small=dims > 2, asymmetric=asymmetric, **more)) for more in added]
    sizes, kernel_size, stride, padding, dilation = zip(*drawn, strict=True)
    blocks = draw(st.integers(1, 3)) if groups else 1
    reads = draw(st.integers(1, 3)) + corner.get("reads", 0)
    writes = draw(st.integers(1, 3)) + corner.get("writes", 0)
    if corner is _COINCIDING:
        blocks, reads, writes = 1, *[_outputs(*drawn[-1])] * 2
    layer = Conv(
        in_channels=blocks * reads,
        out_channels=blocks * writes,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=blocks,
        padding_mode=draw(st.sampled_from(["zeros", "circular"])) if circular else "zeros",
        bias=draw(st.booleans()) or corner is _COINCIDING,
    )
    return ConvCase(
        layer=layer,
        input_size=sizes,
        batch=draw(st.integers(1, 3)) + corner.get("images", 0),
        seed=draw(st.integers(0, _LARGEST_SEED)),
        magnitude=draw(st.integers(1, 9)),
    )


def _outputs(input_size: int, kernel_size: int, stride: int, padding: Pair, dilation: int) -> int:
    axis = Axis(
        input_size=input_size,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
    return axis.output_size
