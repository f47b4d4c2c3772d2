"""The law of class indices: ``0 <= target < classes``, or ``ignore_index``, in int64."""

from typing import Any

import numpy as np

from convproof.errors import DTypeError, ShapeError


def check_targets(target: Any, classes: int, ignore_index: int) -> None:
    """Raise unless every target is one of so many classes, or the one that is left out.

    Raises:
        DTypeError: if they are no array of int64.
        ShapeError: if one is neither.
    """
    if not isinstance(target, np.ndarray) or target.dtype != np.int64:
        found = getattr(target, "dtype", type(target).__name__)
        msg = f"target must be a NumPy array of int64, got {found}. Use target.astype(np.int64)."
        raise DTypeError(msg)
    outside = np.argwhere(((target < 0) | (target >= classes)) & (target != ignore_index))
    if len(outside):
        place = outside[0].tolist()
        msg = (
            f"target must lie in 0...{classes - 1}, the classes, or be ignore_index = "
            f"{ignore_index}, but target{place} = {target[tuple(place)]}."
        )
        raise ShapeError(msg)
