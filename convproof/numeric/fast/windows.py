"""Sums and maxima over windows, axis by axis and tap by tap.

A window over several axes is a product of intervals of taps, so its sum is a sum of sums and its
maximum a maximum of maxima: ``sum(kernel_size)`` passes instead of ``prod(kernel_size)``. A *tap*
of an axis is the pair of the outputs whose tap lies inside the input, and of the inputs it reads.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.axes import Axis

Selector = slice | np.ndarray
Tap = tuple[Selector, Selector]


def sliding_taps(axis: Axis) -> list[Tap]:
    """Return the taps of sliding windows, as slices: no two outputs read one input.

    Tap ``k`` is inside for ``0 <= stride * o + dilation * k - low < input_size``.

    Example:
        >>> sliding_taps(Axis(input_size=3, kernel_size=2, padding=(1, 0)))
        [(slice(1, 3, None), slice(0, 2, 1)), (slice(0, 3, None), slice(0, 3, 1))]
    """
    s, low = axis.stride, axis.padding[0]
    taps: list[Tap] = []
    for k in range(axis.kernel_size):
        shift = axis.dilation * k - low
        first = max(0, -(shift // s))
        last = min(axis.output_size - 1, (axis.input_size - 1 - shift) // s)
        if first <= last:
            reads = slice(s * first + shift, s * last + shift + 1, s)
            taps.append((slice(first, last + 1), reads))
    return taps


def adaptive_taps(input_size: int, output_size: int) -> list[Tap]:
    """Return the taps of the windows ``floor(o I / O) <= i < ceil((o + 1) I / O)``, as indices.

    It is its own mirror image: ``i`` is read by ``floor(i O / I) <= o < ceil((i + 1) O / I)``.
    """
    o = np.arange(output_size)
    start, end = o * input_size // output_size, -(-(o + 1) * input_size // output_size)
    longest = int((end - start).max())
    inside = [start + k < end for k in range(longest)]
    return [(o[reads], start[reads] + k) for k, reads in enumerate(inside)]


def window_sums(
    x: Shaped[np.ndarray, "n c *I"], taps: Sequence[list[Tap]], sizes: Sequence[int]
) -> Shaped[np.ndarray, "n c *O"]:
    """Return the sum of each window, from the taps and the output size of each axis."""
    for axis, (axis_taps, size) in enumerate(zip(taps, sizes, strict=True), start=2):
        y = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)
        for outputs, inputs in axis_taps:
            y[_along(axis, outputs)] += x[_along(axis, inputs)]
        x = y
    return x


def window_maxima(
    x: Shaped[np.ndarray, "n c *I"], taps: Sequence[list[Tap]], sizes: Sequence[int]
) -> Shaped[np.ndarray, "n c *O"]:
    """Return the maximum of each window, NaN if there is one in it."""
    for axis, (axis_taps, size) in enumerate(zip(taps, sizes, strict=True), start=2):
        y = np.take(x, _first_inputs(axis_taps, size, x.shape[axis]), axis)
        for outputs, inputs in axis_taps:
            so_far = _along(axis, outputs)
            y[so_far] = np.maximum(y[so_far], x[_along(axis, inputs)])
        x = y
    return x


def first_maxima(
    x: Shaped[np.ndarray, "n c *I"], taps: Sequence[list[Tap]], sizes: Sequence[int]
) -> tuple[Shaped[np.ndarray, "n c *O"], Int64[np.ndarray, "n c *O"]]:
    """Return the maximum of each window and the flat position of the first one in row-major order.

    The last axis is reduced first: then each axis before it picks the first row with the maximum.
    """
    spatial = x.shape[2:]
    positions = np.arange(np.prod(spatial, dtype=np.int64)).reshape(spatial)
    positions = np.broadcast_to(positions, x.shape)
    for axis in reversed(range(2, x.ndim)):
        axis_taps = taps[axis - 2]
        first = _first_inputs(axis_taps, sizes[axis - 2], x.shape[axis])
        y, where = np.take(x, first, axis), np.take(positions, first, axis)
        for outputs, inputs in axis_taps:
            so_far, here = _along(axis, outputs), _along(axis, inputs)
            later = (x[here] > y[so_far]) | ((x[here] != x[here]) & (y[so_far] == y[so_far]))
            y[so_far] = np.where(later, x[here], y[so_far])
            where[so_far] = np.where(later, positions[here], where[so_far])
        x, positions = y, where
    return x, positions


def scatter_add(
    shape: tuple[int, ...],
    indices: Int64[np.ndarray, "n c *O"],
    y_bar: Shaped[np.ndarray, "n c *O"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar[n, c, indices[n,c,o]] += y_bar[n,c,o]``, of the given shape."""
    size = np.prod(shape[2:], dtype=np.int64)
    maps = np.arange(shape[0] * shape[1]).reshape(*shape[:2], *(1,) * (indices.ndim - 2))
    x_bar = np.zeros(np.prod(shape, dtype=np.int64), y_bar.dtype)
    np.add.at(x_bar, (indices + size * maps).ravel(), y_bar.ravel())
    return x_bar.reshape(shape)


def _first_inputs(taps: list[Tap], size: int, input_size: int) -> Int64[np.ndarray, " o"]:
    """Return the first input that each window of an axis reads."""
    first, i = np.zeros(size, np.int64), np.arange(input_size)
    for outputs, inputs in reversed(taps):
        first[outputs] = i[inputs]
    return first


def _along(axis: int, selector: Selector) -> tuple[Selector, ...]:
    return (*(slice(None),) * axis, selector)
