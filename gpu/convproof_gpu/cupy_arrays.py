"""CuPy's arrays on a GPU, as launches need them; the module is handed over, not imported."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from convproof_gpu.prepared import ALIGNMENT, Outline
from convproof_gpu.repeating import Read


class CupyArrays:
    """CuPy's arrays, as launches need them.

    Args:
        cupy: the module.
    """

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy

    def read(self, arrays: Sequence[Any]) -> Read | None:
        """Return shapes, dtypes and devices, and where each array begins, or None."""
        key: list[Any] = []
        pointers = []
        for array in arrays:
            kind = type(array)
            if kind is self._cupy.ndarray:
                pointer = array.data.ptr
                if pointer % ALIGNMENT or not array.flags.c_contiguous:
                    return None
                pointers.append(pointer)
                key += array.shape, array.dtype, array.device.id
            elif array is None or kind is tuple:
                key.append(array)
            else:
                return None
        return tuple(key), pointers

    def outlines(self, arrays: Sequence[Any]) -> tuple[list[Any], int] | None:
        """Return outlines of arrays, and their device."""
        found: list[Any] = []
        devices = set()
        for array in arrays:
            if not isinstance(array, self._cupy.ndarray):
                found.append(array)
                continue
            devices.add(array.device.id)
            number = sum(isinstance(each, Outline) for each in found)
            found.append(Outline(number, 0, array.shape, array.dtype))
        device = devices.pop()
        return None if devices else (found, device)

    def empty(self, like: Any, shape: Sequence[int], dtype: Any) -> Any:
        """Return a new array of the current device's memory pool."""
        del like
        return self._cupy.empty(shape, dtype)

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype."""
        return dtype

    def address(self, array: Any) -> int:
        """Return where an array begins."""
        pointer: int = array.data.ptr
        return pointer

    def stream(self, device: int) -> int:
        """Return CuPy's current stream."""
        pointer: int = self._cupy.cuda.get_current_stream(device).ptr
        return pointer
