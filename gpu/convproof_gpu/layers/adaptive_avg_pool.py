"""Adaptive average pooling: the mean of ``x`` over ``floor(o I/O) <= i < ceil((o+1) I/O)``."""

from typing import Any

from convproof.layers import AdaptiveAvgPool
from convproof_gpu.machine import Machine
from convproof_gpu.pooling import adaptive, avg_forward, avg_input_vjp, inside


def forward(machine: Machine, layer: AdaptiveAvgPool, x: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    windows = adaptive(layer, x.shape)
    return avg_forward(machine, windows, inside(windows), x, y)


def input_vjp(machine: Machine, layer: AdaptiveAvgPool, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    x_bar = machine.empty(x if isinstance(x, tuple) else x.shape, y_bar.dtype)
    windows = adaptive(layer, x_bar.shape)
    return avg_input_vjp(machine, windows, inside(windows), y_bar, x_bar)
