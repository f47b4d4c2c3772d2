"""The border around an input: padding it in whole arrays, and the adjoint of padding."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Shaped

from convproof.axes import PaddingMode, Pair


def pad(
    x: Shaped[np.ndarray, "n c *I"], ends: tuple[Pair, ...], mode: PaddingMode
) -> Shaped[np.ndarray, "n c *P"]:
    """Return ``x`` with ``(low, high)`` more positions per axis; ``x`` itself if there are none."""
    if not np.any(ends):
        return x
    if mode == "circular" and x.size:
        return np.pad(x, ((0, 0), (0, 0), *ends), mode="wrap")
    spatial = zip(x.shape[2:], ends, strict=True)
    padded = np.zeros((*x.shape[:2], *(low + n + high for n, (low, high) in spatial)), x.dtype)
    padded[_inside(x.shape[2:], ends)] = x
    return padded


def unpad(
    padded: Shaped[np.ndarray, "n c *P"], ends: tuple[Pair, ...], mode: PaddingMode
) -> Shaped[np.ndarray, "n c *I"]:
    """Return the adjoint of ``pad``: a view without the zeros, or the sum of all wrapped copies.

    Extended to whole periods, position ``p`` of a circular axis is entry ``p mod n`` of a row.
    """
    spatial = zip(padded.shape[2:], ends, strict=True)
    size = [p - low - high for p, (low, high) in spatial]
    if mode == "zeros":
        inside: np.ndarray = padded[_inside(size, ends)]
        return inside
    for axis, (n, (low, high)) in enumerate(zip(size, ends, strict=True), start=2):
        if low or high:
            padded = _summed_periods(padded, axis, n, start=-low % n)
    return padded


def _summed_periods(
    padded: Shaped[np.ndarray, "n c *P"], axis: int, period: int, start: int
) -> Shaped[np.ndarray, "n c *Q"]:
    """Return ``x[i] = sum of padded[p] over start + p = i mod period``, along one axis."""
    before, length, after = padded.shape[:axis], padded.shape[axis], padded.shape[axis + 1 :]
    periods = -(-(start + length) // period)
    whole = np.zeros((*before, periods * period, *after), padded.dtype)
    whole[(slice(None),) * axis + (slice(start, start + length),)] = padded
    total: np.ndarray = whole.reshape(*before, periods, period, *after).sum(axis=axis)
    return total


def _inside(size: Sequence[int], ends: tuple[Pair, ...]) -> tuple[Any, ...]:
    """Return the index of the unpadded positions in a padded array."""
    return (..., *(slice(low, low + n) for n, (low, _) in zip(size, ends, strict=True)))
