"""The law of class indices: ``0 <= target < classes``, in int64."""

from typing import Any

import numpy as np

from convproof.errors import DTypeError, ShapeError


def check_targets(target: Any, classes: int) -> None:
    """Raise unless every target is one of so many classes.

    Raises:
        DTypeError: if they are no array of int64.
        ShapeError: if one is no class.
    """
    if not isinstance(target, np.ndarray) or target.dtype != np.int64:
        found = getattr(target, "dtype", type(target).__name__)
        msg = f"target must be a NumPy array of int64, got {found}. Use target.astype(np.int64)."
        raise DTypeError(msg)
    outside = np.argwhere((target < 0) | (target >= classes))
    if len(outside):
        place = outside[0].tolist()
        msg = (
            f"target must lie in 0...{classes - 1}, the classes, but target{place} = "
            f"{target[tuple(place)]}. No target is passed over: leave such scores out."
        )
        raise ShapeError(msg)
