"""Global average pooling: ``y[n,c] = (1 / |I|) sum_i x[n,c,i]``, kept as size-1 axes."""

from typing import Any

from convproof.layers import GlobalAvgPool
from convproof_gpu.machine import Machine
from convproof_gpu.pooling import avg_forward, avg_input_vjp, inside, whole


def forward(machine: Machine, layer: GlobalAvgPool, x: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    windows = whole(x.shape)
    return avg_forward(machine, windows, inside(windows), x, y)


def input_vjp(machine: Machine, layer: GlobalAvgPool, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    del layer
    x_bar = machine.empty(x if isinstance(x, tuple) else x.shape, y_bar.dtype)
    windows = whole(x_bar.shape)
    return avg_input_vjp(machine, windows, inside(windows), y_bar, x_bar)
