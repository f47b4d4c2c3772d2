"""A locally connected layer: ``y[n,m,o] = b[m] + sum_{c,k} w[m,c,o,k] x[n, g C/G + c, i(o,k)]``."""

from typing import Any

from convproof.layers import LocallyConnected
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Machine
from convproof_gpu.products import (
    locally_connected_forward,
    locally_connected_input_vjp,
    locally_connected_weight_vjp,
)


def forward(machine: Machine, layer: LocallyConnected, x: Any, w: Any, b: Any = None) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    return locally_connected_forward(machine, sizes_of(layer, x.shape), x, w, b, y)


def input_vjp(machine: Machine, layer: LocallyConnected, x: Any, y_bar: Any, w: Any) -> Any:
    """Return ``x_bar``."""
    shape = x if isinstance(x, tuple) else x.shape
    x_bar = machine.empty(shape, y_bar.dtype)
    return locally_connected_input_vjp(machine, sizes_of(layer, shape), y_bar, w, x_bar)


def weight_vjp(machine: Machine, layer: LocallyConnected, x: Any, y_bar: Any) -> Any:
    """Return ``w_bar``."""
    w_bar = machine.empty(layer.weight_shape, y_bar.dtype)
    return locally_connected_weight_vjp(machine, sizes_of(layer, x.shape), y_bar, x, w_bar)
