"""The true convolution of two signals, ``y[o] = sum_k h[k] x[o + crop - k]``: a dilation of -1."""

from typing import Any

from convproof.index_maps import Sizes
from convproof.layers import Convolve
from convproof_gpu.machine import Machine
from convproof_gpu.operands import check_dims
from convproof_gpu.products import conv_forward


def forward(machine: Machine, layer: Convolve, x: Any, h: Any) -> Any:
    """Return ``y``."""
    axes = layer.axes(x.shape, h.shape)
    check_dims(len(axes))
    y = machine.empty(tuple(axis.output_size for axis in axes), x.dtype)
    sizes = Sizes(
        batch=1, groups=1, in_channels=1, out_channels=1,
        input=x.shape,
        kernel=h.shape,
        output=y.shape,
        stride=(1,) * len(axes),
        dilation=(-1,) * len(axes),
        low=tuple(-axis.crop for axis in axes),
    )  # fmt: skip
    conv_forward(machine, sizes, x[None], h, None, y[None])
    return y
