"""Maxout: ``y[n,u] = max_{0 <= j < P} x[n, P u + j]``; the first maximum takes the gradient."""

from dataclasses import dataclass
from math import prod
from typing import Any

from convproof.layers import Maxout
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import width_of
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed


@dataclass(frozen=True, slots=True)
class Units:
    """``count`` outputs of ``pool`` channels of ``inner`` positions, as ``Units`` in the kernel."""

    count: int
    pool: int
    inner: int


def forward(machine: Machine, layer: Maxout, x: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    return _of_units(machine, layer, "maxout_forward", x.size, {"x": x, "y": y}, y)


def input_vjp(machine: Machine, layer: Maxout, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    x_bar = machine.empty(x.shape, x.dtype)
    given = {"x": x, "y_bar": y_bar, "x_bar": x_bar}
    return _of_units(machine, layer, "maxout_input_vjp", x.size, given, y_bar)


def _of_units(
    machine: Machine, layer: Maxout, file: str, size: int, given: dict[str, Any], y: Any
) -> Any:
    """Launch a kernel of the units of ``y``, and return the last array given, its result."""
    *_, name = given
    units, integer, element = _units(layer, y.shape), integer_type(size), type_of(**given)
    width = width_of(*given.values())
    width = width if units.inner % width == 0 else 1
    kernel = Kernel(file, (element, integer, str(width)))
    args = given | {"units": packed(units, integer)}
    launch(machine, kernel, blocks_of(units.count, 256 * width), 256, args, (name,))
    return given[name]


def _units(layer: Maxout, output_shape: tuple[int, ...]) -> Units:
    return Units(prod(output_shape), layer.pool_size, prod(output_shape[2:]))
