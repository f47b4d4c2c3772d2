"""Transposed convolution: the products of a convolution with input and output exchanged.

``y[n, g M/G + m, s i + t k - low] += w[g C/G + c, m, k] x[n, g C/G + c, i]``, then ``b`` is added.
"""

from typing import Any

from convproof.index_maps import Sizes
from convproof.layers import ConvTranspose
from convproof_gpu.layers.conv import check_dims
from convproof_gpu.machine import Machine
from convproof_gpu.products import conv_forward, conv_input_vjp, conv_weight_vjp


def forward(machine: Machine, layer: ConvTranspose, x: Any, w: Any, b: Any = None) -> Any:
    """Return ``y``, spread as the cotangents of the convolution are."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    return conv_input_vjp(machine, sizes_of(layer, x.shape), x, w, b, y)


def input_vjp(machine: Machine, layer: ConvTranspose, x: Any, y_bar: Any, w: Any) -> Any:
    """Return ``x_bar``, the convolution of ``y_bar`` with the same weights."""
    shape = x if isinstance(x, tuple) else x.shape
    x_bar = machine.empty(shape, y_bar.dtype)
    return conv_forward(machine, sizes_of(layer, shape), y_bar, w, None, x_bar)


def weight_vjp(machine: Machine, layer: ConvTranspose, x: Any, y_bar: Any) -> Any:
    """Return ``w_bar``, with ``y_bar`` in the place of the convolution's input."""
    w_bar = machine.empty(layer.weight_shape, y_bar.dtype)
    return conv_weight_vjp(machine, sizes_of(layer, x.shape), x, y_bar, w_bar)


def sizes_of(layer: ConvTranspose, shape: tuple[int, ...]) -> Sizes:
    """Return the sizes of the convolution whose adjoint the layer is."""
    axes = layer.axes(shape[2:])
    check_dims(len(axes))
    return Sizes(
        batch=shape[0],
        groups=layer.groups,
        in_channels=layer.out_channels // layer.groups,
        out_channels=layer.in_channels // layer.groups,
        input=tuple(axis.output_size for axis in axes),
        kernel=layer.kernel_size,
        output=tuple(shape[2:]),
        stride=layer.stride,
        dilation=layer.dilation,
        low=tuple(low for low, _ in layer.padding),
    )
