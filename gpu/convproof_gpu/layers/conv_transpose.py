"""Transposed convolution: the products of a convolution with input and output exchanged.

``y[n, g M/G + m, s i + t k - low] += w[g C/G + c, m, k] x[n, g C/G + c, i]``, then ``b`` is added.
"""

from typing import Any

from convproof.index_maps import Sizes
from convproof.layers import ConvTranspose
from convproof_gpu.layers.conv import kernels_of
from convproof_gpu.machine import Machine
from convproof_gpu.operands import check_dims


def forward(machine: Machine, layer: ConvTranspose, x: Any, w: Any, b: Any = None) -> Any:
    """Return ``y``, spread as the cotangents of the convolution are."""
    sizes, y = sizes_of(layer, x.shape), machine.empty(layer.output_shape(x.shape), x.dtype)
    return kernels_of(sizes).conv_input_vjp(machine, sizes, x, w, b, y)


def input_vjp(machine: Machine, layer: ConvTranspose, x: Any, y_bar: Any, w: Any) -> Any:
    """Return ``x_bar``, the convolution of ``y_bar`` with the same weights."""
    shape = x if isinstance(x, tuple) else x.shape
    sizes, x_bar = sizes_of(layer, shape), machine.empty(shape, y_bar.dtype)
    return kernels_of(sizes).conv_forward(machine, sizes, y_bar, w, None, x_bar)


def weight_vjp(machine: Machine, layer: ConvTranspose, x: Any, y_bar: Any) -> Any:
    """Return ``w_bar``, with ``y_bar`` in the place of the convolution's input."""
    sizes, w_bar = sizes_of(layer, x.shape), machine.empty(layer.weight_shape, y_bar.dtype)
    return kernels_of(sizes).conv_weight_vjp(machine, sizes, x, y_bar, w_bar)


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
