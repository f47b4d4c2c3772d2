"""Softmax: ``y[i] = exp(x[i]) / sum_j exp(x[j])`` along one axis."""

from typing import Any

from convproof.layers import Softmax
from convproof_gpu.elements import type_of
from convproof_gpu.lines import THREADS, lines_along
from convproof_gpu.machine import Kernel, Machine, integer_type, launch, packed


def forward(machine: Machine, layer: Softmax, x: Any) -> Any:
    """Return ``y``."""
    lines, integer = lines_along(x.shape, layer.dim), integer_type(x.size)
    y = machine.empty(x.shape, x.dtype)
    args = {"x": x, "y": y, "lines": packed(lines, integer)}
    kernel = Kernel("softmax_forward", (type_of(x=x), integer))
    launch(machine, kernel, lines.blocks, THREADS, args, ("y",))
    return y


def input_vjp(machine: Machine, layer: Softmax, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    lines, integer = lines_along(x.shape, layer.dim), integer_type(x.size)
    x_bar = machine.empty(x.shape, x.dtype)
    args = {"x": x, "y_bar": y_bar, "x_bar": x_bar, "lines": packed(lines, integer)}
    kernel = Kernel("softmax_input_vjp", (type_of(x=x, y_bar=y_bar), integer))
    launch(machine, kernel, lines.blocks, THREADS, args, ("x_bar",))
    return x_bar
