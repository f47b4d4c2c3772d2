"""The border around an input: padding it, and the adjoint of padding."""

import numpy as np
from jaxtyping import Shaped

from convproof.axes import PaddingMode, Pair


def pad(
    x: Shaped[np.ndarray, "n c *I"],
    ends: tuple[Pair, ...],
    mode: PaddingMode = "zeros",
    fill: object = 0,
) -> Shaped[np.ndarray, "n c *P"]:
    """Return ``x`` with ``(low, high)`` more positions per spatial axis."""
    for axis, (low, high) in enumerate(ends, start=2):
        size = x.shape[axis]
        if mode == "circular":
            x = np.take(x, np.arange(-low, size + high) % size, axis=axis)
        else:
            padded = np.full(
                (*x.shape[:axis], low + size + high, *x.shape[axis + 1 :]), fill, x.dtype
            )
            padded[(slice(None),) * axis + (slice(low, low + size),)] = x
            x = padded
    return x


def unpad(
    x: Shaped[np.ndarray, "n c *P"], ends: tuple[Pair, ...], mode: PaddingMode = "zeros"
) -> Shaped[np.ndarray, "n c *I"]:
    """Return the adjoint of ``pad``: crop zeros away, or add a circular border to its origin."""
    for axis, (low, high) in enumerate(ends, start=2):
        size = x.shape[axis] - low - high
        if mode == "circular":
            total = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)
            for position in range(x.shape[axis]):
                origin = (slice(None),) * axis + ((position - low) % size,)
                total[origin] += np.take(x, position, axis=axis)
            x = total
        else:
            x = np.take(x, np.arange(low, low + size), axis=axis)
    return x
