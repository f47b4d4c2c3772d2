"""Arrays of any size that cost only what is touched: indices beyond 2^31 can be executed."""

import ctypes
import weakref
from math import prod
from typing import Any

import numpy as np

from convproof_gpu.sim.build import built_runtime
from convproof_gpu.sim.compiler import compiler
from convproof_gpu.sim.runtime import Runtime, runtime
from convproof_gpu.sim.signature import LaunchError

_FIRST = 48  # slots of the arena below are for the arrays of a launch
_FREE = list(range(_FIRST, Runtime.SLOTS))


def sparse(shape: tuple[int, ...] | int, dtype: Any = np.float32) -> np.ndarray:
    """Return zeros that take memory, four kilobytes at a time, only where they are touched.

    A kernel sees the array itself and no copy. It must not be one of its ``outputs``, for all of it
    would be looked at.

    Args:
        shape: of at most 63 GiB.
        dtype: of the elements.

    Raises:
        LaunchError: if it is larger, or 16 of them exist already.

    Example:
        >>> x = sparse(2**33, np.int8)
        >>> x[2**32 + 1] = 3
        >>> int(x[2**32 : 2**32 + 4].sum())
        3
    """
    sizes = (shape,) if isinstance(shape, int) else shape
    held = np.dtype(dtype)
    size = max(1, prod(sizes) * held.itemsize)
    most = (1 << Runtime.SLOT_BITS) - Runtime.FRONT
    if size > most:
        msg = f"a sparse array of {size} bytes is larger than {most}."
        raise LaunchError(msg)
    if not _FREE:
        msg = f"there are {Runtime.SLOTS - _FIRST} sparse arrays already."
        raise LaunchError(msg)
    native, slot = runtime(built_runtime(compiler())), _FREE.pop()
    place = native.map(slot, size)
    if place is None:
        _FREE.append(slot)
        msg = f"there is no address space for {size} bytes."
        raise LaunchError(msg)
    memory = (ctypes.c_ubyte * size).from_address(place)
    weakref.finalize(memory, _release, native, slot, size)
    return np.frombuffer(memory, held, prod(sizes)).reshape(sizes)


def _release(native: Runtime, slot: int, size: int) -> None:
    native.unmap(slot, size)
    _FREE.append(slot)
