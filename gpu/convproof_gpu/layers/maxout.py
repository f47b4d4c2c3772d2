"""Maxout: ``y[n,u] = max_{0 <= j < P} x[n, P u + j]``; the first maximum takes the gradient."""

from dataclasses import dataclass
from math import prod
from typing import Any

from convproof.layers import Maxout
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed


@dataclass(frozen=True, slots=True)
class Units:
    """``count`` outputs of ``pool`` channels of ``inner`` positions, as ``Units`` in the kernel."""

    count: int
    pool: int
    inner: int


def forward(machine: Machine, layer: Maxout, x: Any) -> Any:
    """Return ``y``."""
    y, integer = machine.empty(layer.output_shape(x.shape), x.dtype), integer_type(x.size)
    args = {"x": x, "y": y, "units": packed(_units(layer, y.shape), integer)}
    kernel = Kernel("maxout_forward", (type_of(x=x), integer))
    launch(machine, kernel, blocks_of(y.size), 256, args, ("y",))
    return y


def input_vjp(machine: Machine, layer: Maxout, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    x_bar, integer = machine.empty(x.shape, x.dtype), integer_type(x.size)
    units = packed(_units(layer, y_bar.shape), integer)
    args = {"x": x, "y_bar": y_bar, "x_bar": x_bar, "units": units}
    kernel = Kernel("maxout_input_vjp", (type_of(x=x, y_bar=y_bar), integer))
    launch(machine, kernel, blocks_of(y_bar.size), 256, args, ("x_bar",))
    return x_bar


def _units(layer: Maxout, output_shape: tuple[int, ...]) -> Units:
    return Units(prod(output_shape), layer.pool_size, prod(output_shape[2:]))
