"""Adaptive max pooling: ``y[o] = max x[i]`` over ``floor(o I/O) <= i < ceil((o+1) I/O)``."""

from typing import Any

import numpy as np

from convproof.layers import AdaptiveMaxPool
from convproof_gpu.machine import Machine
from convproof_gpu.pooling import adaptive, max_forward, max_input_vjp


def forward(machine: Machine, layer: AdaptiveMaxPool, x: Any) -> Any:
    """Return ``y``, and with ``return_indices`` where each maximum lies."""
    shape = layer.output_shape(x.shape)
    indices = machine.empty(shape, np.int64) if layer.return_indices else None
    return max_forward(machine, adaptive(layer, x.shape), x, machine.empty(shape, x.dtype), indices)


def input_vjp(machine: Machine, layer: AdaptiveMaxPool, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    return max_input_vjp(machine, adaptive(layer, x.shape), x, y_bar)
