"""Lines of an array: what a kernel that combines the elements of one axis is told.

A block has 256 threads, ``lanes`` for each line. The number of lanes depends on the line and never
on how many lines there are, nor on where they begin: an image is answered alike in every batch, bit
by bit. A lane holds its elements in registers, unless there are more of them than it can hold.

==========  ======================================================================
``WIDTH``   elements that a lane loads at once: 16 bytes of neighbours, where the
            lines are divided into them, else 1
``EACH``    elements that a lane holds: 8 or 32; 0, of lines so long that they are
            read again
``SIZE``    neighbours of a window that a thread holds as it walks along a line: 5, as
            in the networks that normalise local responses
==========  ======================================================================
"""

from dataclasses import dataclass
from math import prod
from typing import Any

from convproof_gpu.machine import address, blocks_of

THREADS = 256
EACH = (0, 8, 32)
SIZES = (5,)
_VECTOR = 16
_APART = 8  # lanes of a line whose neighbours lie closer than its own elements
_LEAST = 4  # elements of a lane, of a line that few share


@dataclass(frozen=True, slots=True)
class Lines:
    """``count`` lines of ``size`` elements that lie ``inner`` apart; as ``Lines`` in ``lines.cuh``.

    Attributes:
        count: of lines.
        size: elements of each.
        inner: their distance.
        lanes: threads of each.
    """

    count: int
    size: int
    inner: int
    lanes: int

    @property
    def blocks(self) -> int:
        """Of a launch."""
        return blocks_of(self.count, THREADS // self.lanes)

    def held(self, width: int) -> int:
        """Return ``EACH``, for vectors of so many elements."""
        wanted = blocks_of(self.size, width * self.lanes) * width
        return min((each for each in EACH[1:] if each >= wanted), default=EACH[0])


def lines_along(shape: tuple[int, ...], axis: int, itemsize: int = 4) -> tuple[Lines, int]:
    """Return the lines along an axis, and ``WIDTH``; there are none of an empty array.

    Args:
        shape: of the array.
        axis: which.
        itemsize: bytes of an element.

    Example:
        >>> lines_along((2, 10, 3), 1)
        (Lines(count=6, size=10, inner=3, lanes=4), 1)
        >>> lines_along((16384, 1000), 1)
        (Lines(count=16384, size=1000, inner=1, lanes=32), 4)
    """
    axis %= len(shape)
    size, inner = shape[axis], prod(shape[axis + 1 :])
    count = prod(shape[:axis]) * inner if size else 0
    width = width_along(size, itemsize) if inner == 1 else 1
    return Lines(count, size, max(inner, 1), lanes_of(size, width, adjacent=inner == 1)), width


def width_along(size: int, itemsize: int) -> int:
    """Return how many neighbouring elements of a line are loaded at once."""
    wide = _VECTOR // itemsize
    return wide if size % wide == 0 else 1


def lanes_of(size: int, width: int = 1, *, adjacent: bool) -> int:
    """Return how many threads share a line: a power of two.

    Args:
        size: elements of the line.
        width: elements that a lane loads at once.
        adjacent: whether they lie next to each other.
    """
    few, many = EACH[1:]
    if not adjacent:
        wanted, most = blocks_of(size, _LEAST), _APART
    elif size <= few * 32:
        wanted, most = blocks_of(size, max(width, _LEAST)), 32
    else:
        wanted, most = blocks_of(size, many), THREADS
    return min(most, 1 << max(wanted - 1, 0).bit_length())


def aligned(array: Any) -> Any:
    """Return the array, or a copy where it does not begin at a multiple of 16 bytes."""
    return array if address(array) % _VECTOR == 0 else array.copy()
