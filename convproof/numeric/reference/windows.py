"""Which input positions each pooling window reads, in row-major order, and nothing else.

Sliding window ``o`` reads ``i = stride * o + dilation * k - low`` for every tap ``k`` with
``0 <= i < input_size``; adaptive window ``o`` reads ``floor(o I / O) <= i < ceil((o + 1) I / O)``.
"""

from itertools import product

import numpy as np
from jaxtyping import Shaped

from convproof.axes import Axis
from convproof.layers.pooling import Pool

Position = tuple[int, ...]
Windows = list[tuple[Position, list[Position]]]


def fitting(
    padded_size: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[int, ...]:
    """Return how many windows fit into a padded array along each axis, counted one by one.

    Example:
        >>> fitting((7,), (3,), (2,), (1,))
        (3,)
    """
    counts = []
    for size, r, s, t in zip(padded_size, kernel_size, stride, dilation, strict=True):
        count = 0
        while s * count + t * (r - 1) < size:
            count += 1
        counts.append(count)
    return tuple(counts)


def sliding_windows(layer: Pool, input_size: tuple[int, ...]) -> Windows:
    """Return each output position with the positions that its taps read."""
    axes = layer.axes(input_size)
    windows = []
    for o in product(*(range(_count(axis)) for axis in axes)):
        taps = []
        for axis, p in zip(axes, o, strict=True):
            start = axis.stride * p - axis.padding[0]
            reads = [start + axis.dilation * k for k in range(axis.kernel_size)]
            taps.append([i for i in reads if 0 <= i < axis.input_size])
        windows.append((o, list(product(*taps))))
    return windows


def _count(axis: Axis) -> int:
    """Count windows while they fit; or, rounding up, until the padded input is covered."""
    inside, padded = axis.input_size + axis.padding[0], axis.input_size + sum(axis.padding)
    reach = axis.dilation * (axis.kernel_size - 1)
    if not axis.ceil_mode:
        return fitting((padded,), (axis.kernel_size,), (axis.stride,), (axis.dilation,))[0]
    count = 1
    while axis.stride * (count - 1) + reach < padded - 1 and axis.stride * count < inside:
        count += 1
    return count


def extent(windows: Windows) -> tuple[int, ...]:
    """Return the output's spatial sizes: one more than the last position."""
    return tuple(p + 1 for p in windows[-1][0])


def adaptive_windows(input_size: tuple[int, ...], output_size: tuple[int, ...]) -> Windows:
    """Return each output position with the positions that its window covers.

    Example:
        >>> [[i for (i,) in window] for _, window in adaptive_windows((5,), (3,))]
        [[0, 1], [1, 2, 3], [3, 4]]
    """
    windows = []
    for o in product(*map(range, output_size)):
        rows = zip(o, input_size, output_size, strict=True)
        spans = [range(p * n // m, -(-(p + 1) * n // m)) for p, n, m in rows]
        windows.append((o, list(product(*spans))))
    return windows


def whole_window(input_size: tuple[int, ...]) -> Windows:
    """Return the one window of global pooling: every position."""
    return [((0,) * len(input_size), list(product(*map(range, input_size))))]


def by_position(x: Shaped[np.ndarray, "n c *I"]) -> Shaped[np.ndarray, "*I n c"]:
    """Return a view whose entry at a spatial position is its ``(n, c)`` array."""
    return np.moveaxis(x, (0, 1), (-2, -1))


def flat(position: Position, size: tuple[int, ...]) -> int:
    """Return the row-major number of a position.

    Example:
        >>> flat((1, 2), (3, 4))
        6
    """
    number = 0
    for i, extent in zip(position, size, strict=True):
        number = number * extent + i
    return number
