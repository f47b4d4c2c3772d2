"""Which input positions each pooling window reads, in row-major order, and nothing else.

Sliding window ``o`` reads ``i = stride * o + dilation * k - low`` for every tap ``k`` with
``0 <= i < input_size``; adaptive window ``o`` reads ``floor(o I / O) <= i < ceil((o + 1) I / O)``.
"""

from itertools import product

import numpy as np
from jaxtyping import Shaped

from convproof.layers.pooling import Pool

Position = tuple[int, ...]
Windows = list[tuple[Position, list[Position]]]


def sliding_windows(layer: Pool, input_size: tuple[int, ...]) -> Windows:
    """Return each output position with the positions that its taps read."""
    axes = layer.axes(input_size)
    windows = []
    for o in product(*(range(axis.output_size) for axis in axes)):
        taps = []
        for axis, p in zip(axes, o, strict=True):
            start = axis.stride * p - axis.padding[0]
            reads = [start + axis.dilation * k for k in range(axis.kernel_size)]
            taps.append([i for i in reads if 0 <= i < axis.input_size])
        windows.append((o, list(product(*taps))))
    return windows


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
