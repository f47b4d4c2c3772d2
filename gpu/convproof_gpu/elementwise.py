"""Kernels that own an element each: ``y[i] = f(x[i], ...)``, 16 bytes at a time where arrays allow.

==========  ============================================================
``WIDTH``   is taken
==========  ============================================================
4           for float32, where every array begins at a multiple of 16 bytes
8           for float16 and bfloat16, where they do
1           for views that begin elsewhere, and arrays of fewer elements
==========  ============================================================
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from convproof_gpu.elements import BYTES, type_of
from convproof_gpu.machine import Kernel, Machine, address, blocks_of, integer_type, launch

_VECTOR = 16
_THREADS = 256


def elementwise(
    machine: Machine, file: str, given: Mapping[str, Any], more: Mapping[str, Any] | None = None
) -> Any:
    """Write the last array that is given, from the others, and return it.

    Args:
        machine: where the arrays lie.
        file: the kernel's.
        given: arrays of one size by their names, in the kernel's order.
        more: numbers that the kernel takes after them, before the number of elements.
    """
    *_, name = given
    y = given[name]
    integer = integer_type(y.size)
    args = {**given, **(more or {}), "n": number(y.size, integer)}
    launch_wide(machine, file, integer, args, given, name)
    return y


def launch_wide(
    machine: Machine,
    file: str,
    integer: str,
    args: Mapping[str, Any],
    wide: Mapping[str, Any],
    output: str,
) -> None:
    """Launch a kernel of ``<T, Int, WIDTH>`` whose threads own ``WIDTH`` elements each.

    Args:
        machine: where the arrays lie.
        file: the kernel's.
        integer: type of its offsets.
        args: all that it takes.
        wide: arrays of one size that it takes ``WIDTH`` elements of.
        output: the one that it writes.
    """
    width = width_of(*wide.values())
    kernel = Kernel(file, (type_of(**wide), integer, str(width)))
    blocks = blocks_of(wide[output].size, _THREADS * width)
    launch(machine, kernel, blocks, _THREADS, args, (output,))


def width_of(*arrays: Any) -> int:
    """Return how many elements of each array a thread may load at once."""
    width: int = _VECTOR // BYTES[type_of(x=arrays[0])]
    aligned = all(address(array) % _VECTOR == 0 for array in arrays)
    return width if aligned and arrays[0].size >= width else 1


def number(value: int, integer: str) -> Any:
    """Return an integer as a kernel takes it."""
    return np.int32(value) if integer == "int" else np.int64(value)
