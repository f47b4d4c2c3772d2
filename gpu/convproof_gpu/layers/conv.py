"""Convolution: ``y[n,m,o] = b[m] + sum_{c,k} w[m,c,k] x[n, g C/G + c, s o + t k - low]``."""

from typing import Any

from convproof.errors import UnsupportedError
from convproof.index_maps import Sizes
from convproof.layers import Conv
from convproof_gpu.machine import Machine
from convproof_gpu.products import conv_forward, conv_input_vjp, conv_weight_vjp


def forward(machine: Machine, layer: Conv, x: Any, w: Any, b: Any = None) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    return conv_forward(machine, sizes_of(layer, x.shape), x, w, b, y)


def input_vjp(machine: Machine, layer: Conv, x: Any, y_bar: Any, w: Any) -> Any:
    """Return ``x_bar``."""
    shape = x if isinstance(x, tuple) else x.shape
    x_bar = machine.empty(shape, y_bar.dtype)
    return conv_input_vjp(machine, sizes_of(layer, shape), y_bar, w, None, x_bar)


def weight_vjp(machine: Machine, layer: Conv, x: Any, y_bar: Any) -> Any:
    """Return ``w_bar``."""
    w_bar = machine.empty(layer.weight_shape, y_bar.dtype)
    return conv_weight_vjp(machine, sizes_of(layer, x.shape), y_bar, x, w_bar)


def sizes_of(layer: Conv, shape: tuple[int, ...]) -> Sizes:
    """Return what a kernel is told of a convolution of an input of this shape.

    Raises:
        UnsupportedError: for circular padding, and more than three axes.
    """
    if layer.padding_mode != "zeros":
        msg = (
            f"the kernels pad with zeros, not padding_mode={layer.padding_mode!r}: pad the input "
            "first, as numpy.pad does with mode='wrap', and convolve with padding=0."
        )
        raise UnsupportedError(msg)
    axes = layer.axes(shape[2:])
    check_dims(len(axes))
    return Sizes(
        batch=shape[0],
        groups=layer.groups,
        in_channels=layer.in_channels // layer.groups,
        out_channels=layer.out_channels // layer.groups,
        input=tuple(shape[2:]),
        kernel=layer.kernel_size,
        output=tuple(axis.output_size for axis in axes),
        stride=layer.stride,
        dilation=layer.dilation,
        low=tuple(axis.padding[0] for axis in axes),
    )


def check_dims(dims: int) -> None:
    """Raise ``UnsupportedError`` unless kernels are compiled for so many axes."""
    if not 1 <= dims <= 3:
        msg = f"the kernels have 1 to 3 spatial axes, not {dims}."
        raise UnsupportedError(msg)
