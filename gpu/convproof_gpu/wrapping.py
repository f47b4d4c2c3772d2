"""A periodic border and its adjoint, launched: what makes a convolution circular."""

from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Wrapping
from convproof.layers import Conv
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import number
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed

_THREADS = 256


def wrapping_of(layer: Conv, shape: tuple[int, ...]) -> Wrapping | None:
    """Return the border of an input of this shape that copies it, or None if there is none."""
    axes = layer.axes(shape[2:])
    if layer.padding_mode != "circular" or not any(any(axis.padding) for axis in axes):
        return None
    return Wrapping(
        planes=prod(shape[:2]),
        input=tuple(shape[2:]),
        bordered=tuple(axis.padded_size for axis in axes),
        low=tuple(axis.padding[0] for axis in axes),
    )


def wrap_forward(machine: Machine, wrapping: Wrapping, x: Any, y: Any) -> Any:
    """Write ``y (N, C, *B)``, the input ``x (N, C, *I)`` with its border, and return it."""
    return _wrap(machine, "wrap_forward", wrapping, {"x": x, "y": y}, type_of(x=x, y=y))


def wrap_input_vjp(machine: Machine, wrapping: Wrapping, y_bar: Any, x_bar: Any) -> Any:
    """Write ``x_bar (N, C, *I)``, the sums of the copies in ``y_bar (N, C, *B)``, and return it.

    Args:
        machine: where the arrays lie.
        wrapping: the border.
        y_bar: in float32.
        x_bar: in any of the element types.
    """
    given = {"y_bar": y_bar, "x_bar": x_bar}
    return _wrap(machine, "wrap_input_vjp", wrapping, given, type_of(x_bar=x_bar))


def widened(machine: Machine, **arrays: Any) -> list[Any]:
    """Return arrays of one element type in float32.

    Raises:
        DTypeError: if their types differ, or no kernel takes them.
    """
    element = type_of(**arrays)
    if element == "float":
        return list(arrays.values())
    return [_operand(machine, element, array) for array in arrays.values()]


def _operand(machine: Machine, element: str, v: Any) -> Any:
    wide, integer = machine.empty(v.shape, np.float32), integer_type(v.size)
    args = {"v": v, "wide": wide, "n": number(v.size, integer)}
    kernel = Kernel("wrap_input_vjp", (element, integer), "wrap_operand")
    launch(machine, kernel, blocks_of(v.size, _THREADS), _THREADS, args, ("wide",))
    return wide


def _wrap(
    machine: Machine, file: str, wrapping: Wrapping, given: dict[str, Any], element: str
) -> Any:
    """Launch a kernel of the border; the last array that is given is its result."""
    reach = (b + i for b, i in zip(wrapping.bordered, wrapping.input, strict=True))
    integer = integer_type(wrapping.planes * prod(wrapping.bordered), *reach)
    *_, name = given
    kernel = Kernel(file, (element, integer, str(len(wrapping.input))))
    args = given | {"wrapping": packed(wrapping, integer)}
    launch(machine, kernel, blocks_of(given[name].size, _THREADS), _THREADS, args, (name,))
    return given[name]
