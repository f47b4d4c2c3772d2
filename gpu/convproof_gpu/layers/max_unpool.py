"""Max unpooling: ``y[n, c, indices[n,c,o]] = x[n,c,o]``, zero elsewhere.

Where a position is named twice, the last in row-major order stays, and it alone has a gradient.
"""

from math import prod
from typing import Any

import numpy as np

from convproof.errors import DTypeError, ShapeError
from convproof.index_maps.lines import Planes
from convproof.layers import MaxUnpool
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import number
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed

_THREADS = 256


def forward(machine: Machine, layer: MaxUnpool, x: Any, indices: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    planes = _planes(x.shape, y.shape)
    integer = _integer(planes)
    last = last_entries(machine, planes, _checked(indices, x.shape, y.shape))
    args = {"x": x, "last": last, "y": y, "n": number(y.size, integer)}
    kernel = Kernel("max_unpool_forward", (type_of(x=x), integer))
    launch(machine, kernel, blocks_of(y.size, _THREADS), _THREADS, args, ("y",))
    return y


def input_vjp(machine: Machine, layer: MaxUnpool, x: Any, y_bar: Any, indices: Any) -> Any:
    """Return ``x_bar``."""
    shape = x if isinstance(x, tuple) else x.shape
    x_bar, y_shape = machine.empty(shape, y_bar.dtype), layer.output_shape(shape)
    planes, indices = _planes(shape, y_shape), _checked(indices, shape, y_shape)
    integer = _integer(planes)
    args = {
        "indices": indices,
        "last": last_entries(machine, planes, indices),
        "y_bar": y_bar,
        "x_bar": x_bar,
        "planes": packed(planes, integer),
    }
    kernel = Kernel("max_unpool_input_vjp", (type_of(y_bar=y_bar), integer))
    launch(machine, kernel, blocks_of(x_bar.size, _THREADS), _THREADS, args, ("x_bar",))
    return x_bar


def last_entries(machine: Machine, planes: Planes, indices: Any) -> Any:
    """Return the number of the last entry that names each position, or -1."""
    integer, size = _integer(planes), planes.count * planes.outputs
    last = machine.empty((size,), np.int32 if integer == "int" else np.int64)
    kernel = Kernel("max_unpool_last", (integer,), "max_unpool_clear")
    args = {"last": last, "n": number(size, integer)}
    launch(machine, kernel, blocks_of(size, _THREADS), _THREADS, args, ("last",))
    args = {"indices": indices, "last": last, "planes": packed(planes, integer)}
    kernel = Kernel("max_unpool_last", (integer,))
    launch(machine, kernel, blocks_of(indices.size, _THREADS), _THREADS, args, ())
    return last


def _planes(shape: tuple[int, ...], output_shape: tuple[int, ...]) -> Planes:
    return Planes(prod(shape[:2]), prod(shape[2:]), prod(output_shape[2:]))


def _integer(planes: Planes) -> str:
    """Return the type of the offsets."""
    return integer_type(planes.count * max(planes.inputs, planes.outputs))


def _checked(indices: Any, shape: tuple[int, ...], output_shape: tuple[int, ...]) -> Any:
    """Return the indices in 64 bits.

    On a GPU they are not looked at: the kernels pass over what lies outside.

    Raises:
        DTypeError: if they are no integers.
        ShapeError: if there is not one for each entry, or one names no position.
    """
    if np.dtype(indices.dtype).kind not in "iu":
        msg = f"indices must be integers, got an array of {indices.dtype}."
        raise DTypeError(msg)
    if indices.shape != shape:
        msg = f"indices must have the shape {shape}, got {indices.shape}."
        raise ShapeError(msg)
    if isinstance(indices, np.ndarray):
        _check_positions(indices, output_shape)
    return indices.astype(np.int64, copy=False)


def _check_positions(indices: np.ndarray, output_shape: tuple[int, ...]) -> None:
    positions = prod(output_shape[2:])
    outside = np.argwhere((indices < 0) | (indices >= positions))
    if len(outside):
        place = outside[0].tolist()
        msg = (
            f"indices must lie in 0...{positions - 1}, the positions of an output of "
            f"{output_shape[2:]}, but indices{place} = {indices[tuple(place)]}."
        )
        raise ShapeError(msg)
