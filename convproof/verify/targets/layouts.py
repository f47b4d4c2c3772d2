"""The same array in other memory layouts, and memory that a skipped write shows in."""

from collections.abc import Callable
from typing import Any

import numpy as np

_BLOCKS = 8  # allocators keep up to seven freed blocks of a size at hand


def lay(array: Any, layout: str, xp: Any = np) -> Any:
    """Return a copy of the array that lies in memory as the layout says.

    Args:
        array: any array.
        layout: one of ``convproof.calls.LAYOUTS``.
        xp: the module that the array is of: NumPy, or one with its functions.

    Example:
        >>> lay(np.arange(3), "negative").strides
        (-8,)
    """
    if array.ndim == 0 and layout != "read_only":
        return array.copy()  # one element lies in memory in one way
    if layout == "transposed":
        return xp.asfortranarray(array.copy())
    if layout == "channels_last" and array.ndim > 2:
        return xp.moveaxis(xp.moveaxis(array, 1, -1).copy(), -1, 1)
    if layout == "offset":
        store = xp.zeros(array.size + 1, array.dtype)
        view = store[1:].reshape(array.shape)
    elif layout in ("sliced", "negative"):
        step = 2 if layout == "sliced" else -1
        size = [abs(step) * n for n in array.shape]
        view = xp.zeros(size, array.dtype)[(slice(None, None, step),) * array.ndim]
    else:
        view = xp.empty(array.shape, array.dtype)
    view[...] = array
    if layout == "read_only":
        view.flags.writeable = False
    return view


def poison(sizes: set[int], ones: Callable[[int], Any]) -> None:
    """Fill memory of these sizes with ones and free it, so that an allocation is likely to get it.

    An answer of which a part is never written then holds NaN there, and not what a right answer
    left in the same place.

    Args:
        sizes: in bytes.
        ones: returns so many bytes of ones, from the allocator in question.
    """
    held = [ones(size) for size in sizes for _ in range(_BLOCKS)]
    del held
