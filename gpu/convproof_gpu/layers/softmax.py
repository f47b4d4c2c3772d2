"""Softmax: ``y[i] = exp(x[i]) / sum_j exp(x[j])`` along one axis."""

from typing import Any

from convproof.layers import Softmax
from convproof_gpu.elements import type_of
from convproof_gpu.lines import THREADS, aligned, lines_along
from convproof_gpu.machine import Kernel, Machine, integer_type, launch, packed


def forward(machine: Machine, layer: Softmax, x: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(x.shape, x.dtype)
    return _along(machine, layer, "softmax_forward", {"x": aligned(x), "y": y})


def input_vjp(machine: Machine, layer: Softmax, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    type_of(x=x, y_bar=y_bar)
    x_bar = machine.empty(x.shape, x.dtype)
    given = {"x": aligned(x), "y_bar": aligned(y_bar), "x_bar": x_bar}
    return _along(machine, layer, "softmax_input_vjp", given)


def _along(machine: Machine, layer: Softmax, file: str, given: dict[str, Any]) -> Any:
    """Launch a kernel of the lines of these arrays, and return the last one, its result."""
    *_, name = given
    y = given[name]
    integer = integer_type(y.size)
    lines, width = lines_along(y.shape, layer.dim, y.dtype.itemsize)
    kernel = Kernel(file, (type_of(**given), integer, str(width), str(lines.held(width))))
    args = given | {"lines": packed(lines, integer)}
    launch(machine, kernel, lines.blocks, THREADS, args, (name,))
    return y
