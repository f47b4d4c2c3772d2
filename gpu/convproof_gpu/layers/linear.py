"""A fully connected layer ``y = x w^T + b``: a convolution of one position with one tap."""

from math import prod
from typing import Any

from convproof.index_maps import Sizes
from convproof.layers import Linear
from convproof_gpu.machine import Machine
from convproof_gpu.products import conv_forward, conv_input_vjp, conv_weight_vjp


def forward(machine: Machine, layer: Linear, x: Any, w: Any, b: Any = None) -> Any:
    """Return ``y``."""
    sizes = _sizes_of(layer, x.shape)
    y = machine.empty((sizes.batch, layer.out_features), x.dtype)
    conv_forward(machine, sizes, x.reshape(sizes.batch, layer.in_features), w, b, y)
    return y.reshape(layer.output_shape(x.shape))


def input_vjp(machine: Machine, layer: Linear, x: Any, y_bar: Any, w: Any) -> Any:
    """Return ``x_bar``."""
    shape = x if isinstance(x, tuple) else x.shape
    sizes = _sizes_of(layer, shape)
    x_bar = machine.empty((sizes.batch, layer.in_features), y_bar.dtype)
    y_bar = y_bar.reshape(sizes.batch, layer.out_features)
    return conv_input_vjp(machine, sizes, y_bar, w, None, x_bar).reshape(shape)


def weight_vjp(machine: Machine, layer: Linear, x: Any, y_bar: Any) -> Any:
    """Return ``w_bar``."""
    sizes = _sizes_of(layer, x.shape)
    w_bar = machine.empty(layer.parameter_shapes["weight"], y_bar.dtype)
    x = x.reshape(sizes.batch, layer.in_features)
    y_bar = y_bar.reshape(sizes.batch, layer.out_features)
    return conv_weight_vjp(machine, sizes, y_bar, x, w_bar)


def _sizes_of(layer: Linear, shape: tuple[int, ...]) -> Sizes:
    one = (1,)
    return Sizes(
        batch=prod(shape[:-1]),
        groups=1,
        in_channels=layer.in_features,
        out_channels=layer.out_features,
        input=one, kernel=one, output=one, stride=one, dilation=one, low=(0,),
    )  # fmt: skip
