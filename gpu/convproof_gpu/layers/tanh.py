"""Scaled tanh: ``y = amplitude tanh(slope x)``."""

from typing import Any

import numpy as np

from convproof.layers import Tanh
from convproof_gpu.elementwise import elementwise
from convproof_gpu.machine import Machine


def forward(machine: Machine, layer: Tanh, x: Any) -> Any:
    """Return ``y``."""
    given = {"x": x, "y": machine.empty(x.shape, x.dtype)}
    return elementwise(machine, "tanh_forward", given, _numbers(layer))


def input_vjp(machine: Machine, layer: Tanh, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    given = {"x": x, "y_bar": y_bar, "x_bar": machine.empty(x.shape, x.dtype)}
    return elementwise(machine, "tanh_input_vjp", given, _numbers(layer))


def _numbers(layer: Tanh) -> dict[str, np.float32]:
    return {"amplitude": np.float32(layer.amplitude), "slope": np.float32(layer.slope)}
