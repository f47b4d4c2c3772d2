"""Pooling in bands: which rows of its planes a block owns, and which it stages to make them.

Of two axes, with ``K x K`` windows that begin at ``s o - low``. A block owns a band of the rows of
one plane, or all rows of some planes; what it stages of an array is one run of memory:

=======  =======================  ==================  ============================================
verb     owns                     stages              rows
=======  =======================  ==================  ============================================
forward  windows ``b <= o < e``   ``x``               ``max(s b - low, 0)``, below
                                                      ``min(s (e - 1) - low + K, I)``
VJP      inputs ``b <= i < e``    ``y_bar``           ``max(floor((b + low - K) / s) + 1, 0)``,
                                                      below ``min(floor((e - 1 + low) / s) + 1, O)``
                                  ``x``, for maxima   those that these windows read
=======  =======================  ==================  ============================================

A whole plane's are all rows.
"""

from dataclasses import dataclass
from typing import NamedTuple

from convproof.index_maps.address import Int
from convproof.index_maps.depthwise import Quotient
from convproof.index_maps.windows import greater, lesser


class Square(NamedTuple):
    """Windows of ``side x side`` taps, ``stride`` apart along both axes."""

    side: Int
    stride: Int


@dataclass(frozen=True, slots=True)
class Run:
    """``count`` rows of every plane of a block, from row ``begin`` on, in one run of memory."""

    begin: Int
    count: Int
    width: Int

    def image(self, plane: Int) -> Int:
        """Return where row 0 of a plane would lie, were it among them."""
        return (plane * self.count - self.begin) * self.width

    def tap(self, row: Int, column: Int) -> Int:
        """Return how far from there an element of the plane lies."""
        return row * self.width + column

    def place(self, plane: Int, row: Int, column: Int) -> Int:
        """Return where an element of a plane lies."""
        return (plane * self.count + row - self.begin) * self.width + column


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """What a kernel of a pooling in bands is told, in the order of its struct.

    Attributes:
        planes: feature maps, ``N C``.
        input: ``I`` of both axes.
        output: ``O``.
        low: padding below the input.
        each: planes of a block.
        rows: of a band.
        bands: of a plane; one, if ``each > 1``.
        window_columns: divides the number of a unit of windows by the columns.
        window_groups: divides what is left by the units of a column.
        input_columns: the same of inputs.
        input_groups: the same of inputs.
    """

    planes: int
    input: tuple[int, int]
    output: tuple[int, int]
    low: tuple[int, int]
    each: int
    rows: int
    bands: int
    window_columns: Quotient
    window_groups: Quotient
    input_columns: Quotient
    input_groups: Quotient

    @property
    def blocks(self) -> int:
        """Of a launch."""
        return -(-self.planes // self.each) * self.bands


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a kernel of global windows is told, in the order of its struct.

    Attributes:
        planes: feature maps, ``N C``.
        size: elements of each.
        each: planes of a block.
        elements: divides by ``size``.
    """

    planes: int
    size: int
    each: int
    elements: Quotient

    @property
    def blocks(self) -> int:
        """Of a launch."""
        return -(-self.planes // self.each)


def read(square: Square, low: int, inputs: int, windows: range) -> range:
    """Return the rows of inputs that rows of windows read.

    Example:
        >>> read(Square(3, 2), 0, 55, range(4, 8))
        range(8, 17)
    """
    return range(*rows_read(square, low, inputs, windows.start, windows.stop))


def rows_read(square: Square, low: Int, inputs: Int, begin: Int, end: Int) -> tuple[Int, Int]:
    """Return the first row of inputs that windows read, and the row after the last."""
    last = square.stride * (end - 1) - low + square.side
    return greater(square.stride * begin - low, 0), lesser(last, inputs)


def readers(square: Square, low: int, outputs: int, inputs: range) -> range:
    """Return the rows of windows that read rows of inputs.

    Example:
        >>> readers(Square(3, 2), 0, 27, range(8, 16))
        range(3, 8)
    """
    return range(*rows_of_readers(square, low, outputs, inputs.start, inputs.stop))


def rows_of_readers(
    square: Square, low: Int, outputs: Int, begin: Int, end: Int
) -> tuple[Int, Int]:
    """Return the first row of windows that read inputs, and the row after the last."""
    first = (begin + low - square.side) // square.stride + 1
    return greater(first, 0), lesser((end - 1 + low) // square.stride + 1, outputs)
