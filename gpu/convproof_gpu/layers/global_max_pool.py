"""Global max pooling: ``y[n,c] = max_i x[n,c,i]``, kept as size-1 axes."""

from typing import Any

from convproof.layers import GlobalMaxPool
from convproof_gpu.machine import Machine
from convproof_gpu.pooling import max_forward, max_input_vjp, whole


def forward(machine: Machine, layer: GlobalMaxPool, x: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    return max_forward(machine, whole(x.shape), x, y)


def input_vjp(machine: Machine, layer: GlobalMaxPool, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    del layer
    return max_input_vjp(machine, whole(x.shape), x, y_bar)
