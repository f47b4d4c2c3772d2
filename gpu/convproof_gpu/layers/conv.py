"""Convolution: ``y[n,m,o] = b[m] + sum_{c,k} w[m,c,k] x[n, g C/G + c, s o + t k - low]``.

A circular one is that of the input with a periodic border, without padding.
"""

from types import ModuleType
from typing import Any

import numpy as np

from convproof.errors import UnsupportedError
from convproof.index_maps import Sizes
from convproof.layers import Conv, LocallyConnected
from convproof_gpu import depthwise, few_channels, few_channels_input, folding, grouped, products
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Machine
from convproof_gpu.operands import Activation, check_dims
from convproof_gpu.wrapping import widened, wrap_forward, wrap_input_vjp, wrapping_of


def forward(machine: Machine, layer: Conv, x: Any, w: Any, b: Any = None) -> Any:
    """Return ``y``."""
    return activated(machine, layer, x, w, b, "none")


def activated(machine: Machine, layer: Conv, x: Any, w: Any, b: Any, activation: Activation) -> Any:
    """Return ``activation(y)``, which is written once."""
    sizes = sizes_of(layer, x.shape)
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    x = _bordered(machine, layer, x)
    return kernels_of(sizes).conv_forward(
        machine, sizes, x, w, b, y, activation=(activation, 1.0, 1.0)
    )


def input_vjp(machine: Machine, layer: Conv, x: Any, y_bar: Any, w: Any) -> Any:
    """Return ``x_bar``; the cotangents of a border stay in float32 until its copies are added."""
    shape = x if isinstance(x, tuple) else x.shape
    sizes, wrapping = sizes_of(layer, shape), wrapping_of(layer, shape)
    x_bar = machine.empty(shape, y_bar.dtype)
    if wrapping is None and few_channels_input.fits(machine, sizes, type_of(y_bar=y_bar, w=w)):
        return few_channels_input.conv_input_vjp(machine, sizes, y_bar, w, x_bar)
    if wrapping is None and folding.fits(sizes, y_bar.dtype):
        return folding.conv_input_vjp(machine, sizes, y_bar, w, x_bar)
    if wrapping is None:
        return kernels_of(sizes).conv_input_vjp(machine, sizes, y_bar, w, None, x_bar)
    y_bar, w = widened(machine, y_bar=y_bar, w=w)
    bordered = machine.empty((*shape[:2], *wrapping.bordered), np.float32)
    kernels_of(sizes).conv_input_vjp(machine, sizes, y_bar, w, None, bordered)
    return wrap_input_vjp(machine, wrapping, bordered, x_bar)


def weight_vjp(machine: Machine, layer: Conv, x: Any, y_bar: Any) -> Any:
    """Return ``w_bar``."""
    sizes = sizes_of(layer, x.shape)
    w_bar = machine.empty(layer.weight_shape, y_bar.dtype)
    x = _bordered(machine, layer, x)
    return kernels_of(sizes).conv_weight_vjp(machine, sizes, y_bar, x, w_bar)


def kernels_of(sizes: Sizes) -> ModuleType:
    """Return the products that a convolution of these sizes takes, by the same names."""
    if few_channels.fits(sizes):
        return few_channels
    if depthwise.fits(sizes):
        return depthwise
    return grouped if grouped.fits(sizes) else products


def sizes_of(layer: Conv, shape: tuple[int, ...]) -> Sizes:
    """Return what a kernel is told of a convolution of an input of this shape.

    If it is circular, of the convolution of the bordered input.

    Raises:
        UnsupportedError: for circular padding of a locally connected layer, and for more than three
            axes.
    """
    circular = layer.padding_mode == "circular"
    if circular and isinstance(layer, LocallyConnected):
        msg = (
            "the kernels of a locally connected layer pad with zeros: pad the input first, as "
            "numpy.pad does with mode='wrap', and use padding=0."
        )
        raise UnsupportedError(msg)
    axes = layer.axes(shape[2:])
    check_dims(len(axes))
    return Sizes(
        batch=shape[0],
        groups=layer.groups,
        in_channels=layer.in_channels // layer.groups,
        out_channels=layer.out_channels // layer.groups,
        input=tuple(axis.padded_size if circular else axis.input_size for axis in axes),
        kernel=layer.kernel_size,
        output=tuple(axis.output_size for axis in axes),
        stride=layer.stride,
        dilation=layer.dilation,
        low=tuple(0 if circular else axis.padding[0] for axis in axes),
    )


def _bordered(machine: Machine, layer: Conv, x: Any) -> Any:
    """Return the input with its periodic border, or as it is if it has none."""
    wrapping = wrapping_of(layer, x.shape)
    if wrapping is None:
        return x
    y = machine.empty((*x.shape[:2], *wrapping.bordered), x.dtype)
    return wrap_forward(machine, wrapping, x, y)
