"""Depthwise convolution of as many outputs as inputs along both axes: which strip a thread owns.

Of ``SIDE x SIDE`` taps, with stride and dilation 1 and ``SIDE // 2`` zeros on each side. A plane is
cut into strips of ``width`` columns and ``each`` rows; the last of a column may have fewer.
"""

from dataclasses import dataclass

from convproof.index_maps.address import Int
from convproof.index_maps.depthwise import Quotient

SIDES = (3, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """How threads share the planes, in the order of the kernels' struct.

    Attributes:
        batch: images.
        rows: of a plane.
        columns: of a plane, a multiple of ``width``.
        across: divides a strip's number by the strips of a row,
        down: then by those of a column; the plane is left, or of one channel the image,
        channels: and a plane by the channels.
    """

    batch: int
    rows: int
    columns: int
    across: Quotient
    down: Quotient
    channels: Quotient


def strip_of(number: Int, across: Int, down: Int, each: Int, width: Int) -> tuple[Int, Int, Int]:
    """Return the plane of a strip, and the row and the column where it begins.

    Example:
        >>> strip_of(17, across=14, down=8, each=7, width=4)
        (0, 7, 12)
    """
    rest = number // across
    return rest // down, (rest % down) * each, (number % across) * width
