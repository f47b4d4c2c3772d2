"""Columns: for every tap the inputs it reads, block by block.

Cell ``o`` of a window and tap ``k`` meet at position ``s o + t k`` of the padded input. A *column*
holds what one cell reads, a *row* what one tap of one channel reads::

    columns[(c, k), (n, o)] = x_padded[n, c, s o + t k]

Written out, columns are as many times the input as the kernel has taps. So they are made for one
block of cells at a time, small enough to lie in the cache from when they are written until they are
multiplied. The adjoint adds every row back to where it was read from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Shaped
from numpy.lib.stride_tricks import as_strided

from convproof.axes import Axis, PaddingMode, Pair, TransposedAxis
from convproof.numeric.fast.border import pad, unpad

BLOCK_BYTES = 16 << 20  # of columns in one block: a share of the last-level cache
FEWEST_CELLS = 64  # in a block, however many rows there are

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Which inputs the taps of every cell read, as the convolution relates them.

    Attributes:
        input_size: spatial sizes of the array that is read.
        cells: output positions, one window each.
        kernel_size: taps per axis.
        stride: positions between neighbouring cells.
        dilation: positions between neighbouring taps.
        ends: ``(low, high)`` padding around the input; the last window need not reach its end.
        mode: what the padding reads.
    """

    input_size: Sizes
    cells: Sizes
    kernel_size: Sizes
    stride: Sizes
    dilation: Sizes
    ends: tuple[Pair, ...]
    mode: PaddingMode = "zeros"

    @classmethod
    def of(cls, axes: tuple[Axis, ...]) -> "Relation":
        """Return the relation of a convolution's axes."""
        return cls(
            input_size=tuple(axis.input_size for axis in axes),
            cells=tuple(axis.output_size for axis in axes),
            kernel_size=tuple(axis.kernel_size for axis in axes),
            stride=tuple(axis.stride for axis in axes),
            dilation=tuple(axis.dilation for axis in axes),
            ends=tuple(axis.padding for axis in axes),
            mode=axes[0].padding_mode,
        )

    @classmethod
    def of_transposed(cls, axes: tuple[TransposedAxis, ...]) -> "Relation":
        """Return the relation whose adjoint a transposed convolution is: it reads the output."""
        return cls(
            input_size=tuple(axis.output_size for axis in axes),
            cells=tuple(axis.input_size for axis in axes),
            kernel_size=tuple(axis.kernel_size for axis in axes),
            stride=tuple(axis.stride for axis in axes),
            dilation=tuple(axis.dilation for axis in axes),
            ends=tuple(axis.padding for axis in axes),
        )

    @property
    def taps(self) -> int:
        """Number of taps of one channel."""
        return prod(self.kernel_size)

    @property
    def is_pointwise(self) -> bool:
        """Whether the columns are the input as it lies."""
        return self.taps == 1 and self.cells == self.input_size and not np.any(self.ends)

    def padded(self, x: Shaped[np.ndarray, "n c *I"]) -> Shaped[np.ndarray, "n c *P"]:
        """Return ``x`` with its border; ``x`` itself if there is none."""
        return pad(x, self.ends, self.mode)

    def border_of_zeros(self, images: int, channels: int, dtype: np.dtype) -> np.ndarray:
        """Return zeros in the shape of a padded input, to scatter into."""
        sizes = zip(self.input_size, self.ends, strict=True)
        return np.zeros((images, channels, *(low + n + high for n, (low, high) in sizes)), dtype)

    def unpadded(self, padded: Shaped[np.ndarray, "n c *P"]) -> Shaped[np.ndarray, "n c *I"]:
        """Return the adjoint of ``padded``; it may be a view."""
        return unpad(padded, self.ends, self.mode)

    def windows(
        self, padded: Shaped[np.ndarray, "n c *P"], *, writeable: bool = False
    ) -> np.ndarray:
        """Return the view ``(channels, *taps, images, *cells)`` of a padded input."""
        images, channels, *steps = padded.strides
        taps = (step * t for step, t in zip(steps, self.dilation, strict=True))
        cells = (step * s for step, s in zip(steps, self.stride, strict=True))
        return as_strided(
            padded,
            (padded.shape[1], *self.kernel_size, padded.shape[0], *self.cells),
            (channels, *taps, images, *cells),
            writeable=writeable,
        )


class Block(NamedTuple):
    """Some images, or some cells of one image: a run of the row-major cells."""

    images: slice
    cells: slice


def gathered(
    relation: Relation, x: Shaped[np.ndarray, "n c *I"], groups: int, fewest: int = 0
) -> Iterator[tuple[Block, Shaped[np.ndarray, "g rows cells"]]]:
    """Yield every block with its columns, which live until the next one is asked for.

    Args:
        relation: what the columns read.
        x: the input.
        groups: blocks of channels, and of rows.
        fewest: cells that a block should have at least.
    """
    n, channels = x.shape[:2]
    if relation.is_pointwise:
        for i in range(n):
            block = Block(slice(i, i + 1), slice(0, prod(relation.cells)))
            yield block, x[i].reshape(groups, channels // groups, prod(relation.cells))
        return
    rows = channels * relation.taps
    limit = _cells_in_block(rows, x.itemsize, fewest)
    memory = np.empty(0, x.dtype)
    for images in _image_slices(n, prod(relation.cells), limit):
        windows = relation.windows(relation.padded(x[images]))
        for cells, box in _cell_slices(relation.cells, limit):
            window = windows[box]
            if memory.size < window.size:
                memory = np.empty(window.size, x.dtype)
            columns = memory[: window.size]
            np.copyto(columns.reshape(window.shape), window)
            yield Block(images, cells), columns.reshape(groups, rows // groups, -1)


def scattered(
    relation: Relation,
    images: int,
    channels: int,
    dtype: np.dtype,
    columns_of: Callable[[Block], np.ndarray],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return the adjoint of ``gathered``: ``x_bar``, to which each row of columns is added."""
    x_bar = np.empty((images, channels, *relation.input_size), dtype)
    limit = _cells_in_block(channels * relation.taps, x_bar.itemsize)
    for some in _image_slices(images, prod(relation.cells), limit):
        padded = relation.border_of_zeros(some.stop - some.start, channels, dtype)
        windows = relation.windows(padded, writeable=True)
        for cells, box in _cell_slices(relation.cells, limit):
            target = windows[box]
            add_taps(target, columns_of(Block(some, cells)).reshape(target.shape), relation)
        x_bar[some] = relation.unpadded(padded)
    return x_bar


def add_taps(windows: np.ndarray, columns: np.ndarray, relation: Relation) -> None:
    """Add columns to a writeable view of windows, tap by tap: no two cells share a position."""
    for tap in product(*map(range, relation.kernel_size)):
        row: tuple[Any, ...] = (slice(None), *tap)
        windows[row] += columns[row]


def _cells_in_block(rows: int, itemsize: int, fewest: int = 0) -> int:
    return max(fewest, FEWEST_CELLS, BLOCK_BYTES // (rows * itemsize))


def _image_slices(n: int, cells: int, limit: int) -> list[slice]:
    """Take images one by one, or several together whose cells make one small block."""
    return _even_slices(n, max(1, limit // cells))


def _cell_slices(size: Sizes, limit: int) -> Iterator[tuple[slice, tuple[Any, ...]]]:
    """Cut the cells into boxes of about ``limit``, each a run of the row-major cells.

    Yields the run, and the box as an index of the last axes.
    """
    axis = 0
    while axis < len(size) - 1 and prod(size[axis + 1 :]) > limit:
        axis += 1
    run = prod(size[axis + 1 :])
    for number, lead in enumerate(np.ndindex(*size[:axis])):
        start = number * size[axis] * run
        before = [slice(i, i + 1) for i in lead]
        after = [slice(None)] * (len(size) - axis - 1)
        for part in _even_slices(size[axis], max(1, limit // run)):
            cells = slice(start + part.start * run, start + part.stop * run)
            yield cells, (..., *before, part, *after)


def _even_slices(n: int, longest: int) -> list[slice]:
    """Cut ``range(n)`` into slices of nearly equal length, none longer than ``longest``."""
    pieces = -(-n // longest)
    cuts = [n * i // pieces for i in range(pieces + 1)] if pieces else [0]
    return [slice(a, b) for a, b in pairwise(cuts)]
