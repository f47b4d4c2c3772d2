"""Max pooling: ``y[n,c,o] = max_k x[n, c, s o + t k - low]`` over the taps inside the input."""

from typing import Any

import numpy as np

from convproof.layers import MaxPool
from convproof_gpu.machine import Machine
from convproof_gpu.pooling import max_forward, max_input_vjp, sliding


def forward(machine: Machine, layer: MaxPool, x: Any) -> Any:
    """Return ``y``, and with ``return_indices`` where each maximum lies."""
    shape = layer.output_shape(x.shape)
    indices = machine.empty(shape, np.int64) if layer.return_indices else None
    return max_forward(machine, sliding(layer, x.shape), x, machine.empty(shape, x.dtype), indices)


def input_vjp(machine: Machine, layer: MaxPool, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    return max_input_vjp(machine, sliding(layer, x.shape), x, y_bar)
