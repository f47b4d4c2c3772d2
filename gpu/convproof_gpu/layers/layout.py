"""Channels first ``(N, C, *I)`` and channels last ``(N, *I, C)``: one transposed into the other."""

from math import prod
from typing import Any

from convproof.errors import ShapeError
from convproof.index_maps.lines import Matrices
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed

_SIDE, _THREADS = 32, 256


def to_channels_last(machine: Machine, x: Any) -> Any:
    """Return ``x (N, C, *I)`` as ``(N, *I, C)``."""
    batch, channels, *size = _checked(x.shape)
    y = machine.empty((batch, *size, channels), x.dtype)
    return _transposed(machine, Matrices(batch, channels, prod(size)), x, y)


def to_channels_first(machine: Machine, x: Any) -> Any:
    """Return ``x (N, *I, C)`` as ``(N, C, *I)``."""
    batch, *size, channels = _checked(x.shape)
    y = machine.empty((batch, channels, *size), x.dtype)
    return _transposed(machine, Matrices(batch, prod(size), channels), x, y)


def _checked(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) < 2:
        msg = f"an array with channels has a batch axis too, at least 2 axes; got {shape}."
        raise ShapeError(msg)
    return shape


def _transposed(machine: Machine, sizes: Matrices, x: Any, y: Any) -> Any:
    integer = integer_type(x.size)
    tiles = blocks_of(sizes.rows, _SIDE) * blocks_of(sizes.columns, _SIDE)
    args = {"x": x, "y": y, "sizes": packed(sizes, integer)}
    kernel = Kernel("layout", (type_of(x=x), integer))
    launch(machine, kernel, sizes.batch * tiles, _THREADS, args, ("y",))
    return y
