"""A correlation of stride 1 whose source is staged once for all taps, and where a tap reads it.

Of two axes. A tile has ``W`` squares of 64 pixels, of which ``across`` lie side by side; eight
pixels of a line are neighbours, and ``apart`` positions from the next eight::

    s(q) = ((q / 64 / across) 8 + q / 8 % 8) apart + (q / 64 % across) 8 + q % 8
    t(j) = first + (step_0 pitch) j_0 + step_1 j_1

A pixel meets a tap at the staged position ``s(q) + t(j)``, where the staged are numbered along
lines of ``pitch`` positions. Two kinds of tile are written so:

=======  ==========  ==========  ==============  ==================================================
kind     ``apart``   ``across``  ``pitch``       a tile is
=======  ==========  ==========  ==============  ==================================================
block    ``pitch``   ``A``       ``8 A + reach``  ``8 D`` lines of ``8 A`` pixels
run      8           1           ``Q_1 + reach``  64 W positions of all lines, one after another, of
                                                  which ``reach`` to a line are no pixels
=======  ==========  ==========  ==============  ==================================================

``reach = |step| (J - 1)``: how far the last tap of an axis lies from the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from convproof.index_maps.address import Address, Int, flat, unflat
from convproof.index_maps.depthwise import Quotient


@dataclass(frozen=True, slots=True, kw_only=True)
class Halo:
    """What a kernel is told of a tile, in the order of its struct.

    Attributes:
        staged: positions that a block stages.
        plane: bytes from one unit of channels to the next.
        piece: positions that are staged with a tap, of the next channels.
        apart: positions from eight pixels to the next eight.
        across: squares of 64 pixels side by side.
        linear: pixels from a tile of a run to the next; 0 of a block.
        lines: lines from a tile to the one below; 0 of a run.
        columns: columns from a tile to the next; 0 of a run.
        first: where the first tap lies.
        below: from a tap to the one below it, of two or more.
        beyond: from a tap to the next.
        origin: of the source, at the first position of the first tile.
        pitch: positions of a line.
        beside: tiles along a line.
    """

    staged: int
    plane: int
    piece: int
    apart: int
    across: int
    linear: int
    lines: int
    columns: int
    first: int
    below: int
    beyond: int
    origin: tuple[int, int]
    pitch: Quotient
    beside: Quotient


def place(pixel: Int, across: Int, apart: Int) -> Int:
    """Return ``s(q)``.

    Example:
        >>> [place(pixel, 2, 18) for pixel in (0, 7, 8, 63, 64, 128)]
        [0, 7, 18, 133, 8, 144]
    """
    eight, column = pixel // 8, pixel % 8
    square, line = eight // 8, eight % 8
    return (square // across * 8 + line) * apart + (square % across * 8 + column)


def tap(j: Sequence[Int], first: Int, below: Int, beyond: Int) -> Int:
    """Return ``t(j)``."""
    return first + below * j[0] + beyond * j[1]


def corner(tile: Int, beside: Int, pitch: Int, steps: Sequence[Int]) -> tuple[Int, Int, Int]:
    """Return a tile's first line, its first column, and the position of the line that is staged.

    Args:
        tile: its number.
        beside: tiles along a line.
        pitch: positions of a line.
        steps: ``linear``, ``lines`` and ``columns``.
    """
    linear, lines, columns = steps
    below, along = unflat(tile, (1, beside))
    begin = along * linear
    return begin // pitch + below * lines, along * columns, begin % pitch


def position(staged: Int, begin: tuple[Int, Int, Int], pitch: Int) -> tuple[Int, Int]:
    """Return line and column, counted from the first tile's, of a staged position.

    Example:
        >>> position(20, (16, 8, 0), 18), position(20, (3, 0, 5), 10)
        ((17, 10), (5, 5))
    """
    line, column, shift = begin
    number = shift + staged
    return line + number // pitch, column + number % pitch


def held(at: Sequence[Int], image: Int, origin: Sequence[Int], source: Sequence[Int]) -> Address:
    """Return which position of ``x'``, of all images and groups, is staged at a line and column."""
    o = [first + step for first, step in zip(origin, at, strict=True)]
    inside = tuple(c for p, size in zip(o, source, strict=True) for c in (p >= 0, p < size))
    return Address(flat((image, *o), (0, *source)), inside)
