"""Sums of outer products: the gradient of one window, and of one tap, and how blocks share them.

::

    w_bar[r, c]    = sum_n  y_bar[n, r] x[n, c]       Outer: one window, as of full connection
    y[n, m, p]     = sum_c  w[m, c] x[n, c, p]        Pointwise: one tap
    x_bar[n, c, p] = sum_m  w[m, c] y_bar[n, m, p]    and its adjoint

A block has ``SIDE x SIDE`` sums and a thread ``EACH x EACH``, of lines ``width`` at a time.
"""

from dataclasses import dataclass
from math import prod

from convproof.index_maps.address import Int, flat, unflat
from convproof.index_maps.contraction import Sizes

GRID, EACH, SLAB = 16, 8, 8  # lanes along a side of a block, lines of a lane, depths of a slab
SIDE, CREW = GRID * EACH, GRID * GRID
_WARPS, _LANES = (4, 2), (4, 8)  # of a block, and of a warp, along rows and columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """``w_bar[r, c] = sum_n y_bar[n, r] x[n, c]``.

    Attributes:
        images: ``N``.
        rows: ``R``.
        columns: ``C``.
    """

    images: Int
    rows: Int
    columns: Int

    def left(self, n: Int, row: Int) -> Int:
        """Return where the cotangent lies."""
        return flat((n, row), (self.images, self.rows))

    def right(self, n: Int, column: Int) -> Int:
        """Return where the input lies."""
        return flat((n, column), (self.images, self.columns))

    def result(self, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        return flat((row, column), (self.rows, self.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointwise:
    """``result[n, row, p] = sum_d weight(d, row) right[n, d, p]``, whose columns are ``(n, p)``.

    Attributes:
        images: ``N``.
        depths: channels that are summed over.
        rows: channels of the result.
        positions: ``P``, of an image.
    """

    images: Int
    depths: Int
    rows: Int
    positions: Int

    def left(self, d: Int, row: Int) -> Int:
        """Return where a weight lies whose row is the depth."""
        return flat((d, row), (self.depths, self.rows))

    def turned(self, d: Int, row: Int) -> Int:
        """Return where a weight lies whose row is the result's."""
        return flat((row, d), (self.rows, self.depths))

    def begin(self, column: Int, channels: Int) -> Int:
        """Return where a column begins in an array of so many channels."""
        n, p = unflat(column, (self.images, self.positions))
        return n * channels * self.positions + p

    def right(self, d: Int, column: Int) -> Int:
        """Return where the operand lies."""
        return d * self.positions + self.begin(column, self.depths)

    def result(self, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        return self.begin(column, self.rows) + row * self.positions


def is_outer(sizes: Sizes) -> bool:
    """Return whether a convolution of one group has one window, which is its whole input."""
    one = (1,) * len(sizes.output)
    apart = all(k == 1 or t == 1 for k, t in zip(sizes.kernel, sizes.dilation, strict=True))
    whole = sizes.output == one and sizes.kernel == sizes.input and not any(sizes.low)
    return sizes.groups == 1 and whole and apart


def outer_of(sizes: Sizes) -> Outer:
    """Return the outer products of a convolution that ``is_outer``."""
    columns = sizes.in_channels * prod(sizes.kernel)
    return Outer(images=sizes.batch, rows=sizes.out_channels, columns=columns)


def is_pointwise(sizes: Sizes) -> bool:
    """Return whether a convolution of one group has one tap, and each input one output."""
    one = (1,) * len(sizes.kernel)
    plain = (sizes.kernel, sizes.stride, sizes.output) == (one, one, sizes.input)
    return sizes.groups == 1 and plain and not any(sizes.low)


def pointwise_of(sizes: Sizes, *, adjoint: bool) -> Pointwise:
    """Return the outer products of a convolution that ``is_pointwise``, or of its adjoint."""
    depths, rows = sizes.in_channels, sizes.out_channels
    if adjoint:
        depths, rows = rows, depths
    positions = prod(sizes.output)
    return Pointwise(images=sizes.batch, depths=depths, rows=rows, positions=positions)


def lanes_of(thread: Int) -> tuple[Int, Int]:
    """Return the lane of a thread along the rows of its block, and along the columns.

    Example:
        >>> lanes_of(0), lanes_of(9), lanes_of(CREW - 1)
        ((0, 0), (1, 1), (15, 15))
    """
    warp, beside, lane, place = unflat(thread, (*_WARPS, *_LANES))
    return warp * _LANES[0] + lane, beside * _LANES[1] + place


def line_of(lane: Int, i: Int, width: Int, grid: Int = GRID) -> Int:
    """Return which of a block's rows, or columns, the i-th of a lane is.

    Example:
        >>> [line_of(1, i, 4) for i in (0, 3, 4, 7)]
        [4, 7, 68, 71]
    """
    return (i // width * grid + lane) * width + i % width


def staged(thread: Int, i: Int, width: Int, units: Int) -> tuple[Int, Int]:
    """Return of which depth of a slab a thread stages its i-th unit, and which line it begins at.

    Args:
        thread: its number, below ``units width``.
        i: which.
        width: lines of a unit.
        units: of a depth, ``2 SIDE / width``: of the block's rows, then of its columns.
    """
    return i * width + thread // units, thread % units * width


def turned(thread: Int, units: Int) -> Int:
    """Return whose row a thread stages that it stages the first depths of, of half the units."""
    return thread // units * (units // 2) + thread % units
