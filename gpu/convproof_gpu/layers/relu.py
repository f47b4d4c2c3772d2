"""ReLU: ``y = max(x, 0)``, with derivative 0 at 0."""

from typing import Any

from convproof.layers import ReLU
from convproof_gpu.elementwise import elementwise
from convproof_gpu.machine import Machine


def forward(machine: Machine, layer: ReLU, x: Any) -> Any:
    """Return ``y``."""
    del layer
    return elementwise(machine, "relu_forward", {"x": x, "y": machine.empty(x.shape, x.dtype)})


def input_vjp(machine: Machine, layer: ReLU, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    del layer
    given = {"x": x, "y_bar": y_bar, "x_bar": machine.empty(x.shape, x.dtype)}
    return elementwise(machine, "relu_input_vjp", given)
