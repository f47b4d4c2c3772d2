"""A stand-in for CuPy: its arrays are no arrays of NumPy, and lie in this process."""

from types import SimpleNamespace
from typing import Any

import numpy as np


class ndarray:  # noqa: N801  # its name there
    """An array that NumPy does not take for one of its own."""

    __array_ufunc__ = None

    def __init__(self, held: np.ndarray) -> None:
        self.held = held

    shape = property(lambda self: self.held.shape)
    dtype = property(lambda self: self.held.dtype)
    ndim = property(lambda self: self.held.ndim)
    size = property(lambda self: self.held.size)
    strides = property(lambda self: self.held.strides)
    flags = property(lambda self: self.held.flags)

    @property
    def data(self) -> SimpleNamespace:
        """Where its memory is."""
        return SimpleNamespace(ptr=self.held.ctypes.data)

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, key: Any) -> "ndarray":
        return ndarray(self.held[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.held[key] = value.held

    def __add__(self, other: Any) -> "ndarray":
        return ndarray(self.held + getattr(other, "held", other))

    def view(self, dtype: Any) -> "ndarray":
        return ndarray(self.held.view(dtype))

    def copy(self) -> "ndarray":
        return ndarray(self.held.copy())

    def ravel(self) -> "ndarray":
        return ndarray(self.held.ravel())

    def reshape(self, *shape: Any) -> "ndarray":
        return ndarray(self.held.reshape(*shape))

    def __array__(self, *_: Any) -> Any:
        msg = "Implicit conversion to a NumPy array is not allowed."
        raise TypeError(msg)


def asarray(array: np.ndarray) -> ndarray:
    return ndarray(np.array(array))


def asnumpy(array: ndarray) -> np.ndarray:
    return array.held.copy()


def shares_memory(one: ndarray, other: ndarray) -> bool:
    return np.shares_memory(one.held, other.held)


def full(size: int, value: int, dtype: Any) -> ndarray:
    return ndarray(np.full(size, value, dtype))


def zeros(shape: Any, dtype: Any) -> ndarray:
    return ndarray(np.zeros(shape, dtype))


def empty(shape: Any, dtype: Any) -> ndarray:
    return ndarray(np.empty(shape, dtype))


def ascontiguousarray(array: ndarray) -> ndarray:
    return ndarray(np.ascontiguousarray(array.held))


def asfortranarray(array: ndarray) -> ndarray:
    return ndarray(np.asfortranarray(array.held))


def moveaxis(array: ndarray, source: int, to: int) -> ndarray:
    return ndarray(np.moveaxis(array.held, source, to))


def flip(array: ndarray) -> ndarray:
    return ndarray(np.flip(array.held))


def append(one: ndarray, other: ndarray) -> ndarray:
    return ndarray(np.append(one.held, other.held))
