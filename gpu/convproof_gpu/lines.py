"""Lines of an array: what a kernel that combines the elements of one axis is told.

A block has 256 threads, ``lanes`` for each line. The number of lanes depends on the line and never
on how many lines there are: an image is answered alike in every batch, bit by bit.
"""

from dataclasses import dataclass
from math import prod

from convproof_gpu.machine import blocks_of

THREADS = 256
_APART = 8  # lanes of a line whose neighbours lie closer than its own elements
_LEAST = 4  # elements of such a lane


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


def lines_along(shape: tuple[int, ...], axis: int) -> Lines:
    """Return the lines along an axis; there are none of an empty array.

    Example:
        >>> lines_along((2, 10, 3), 1)
        Lines(count=6, size=10, inner=3, lanes=4)
    """
    axis %= len(shape)
    size, inner = shape[axis], prod(shape[axis + 1 :])
    count = prod(shape[:axis]) * inner if size else 0
    return Lines(count, size, max(inner, 1), lanes_of(size, adjacent=inner == 1))


def lanes_of(size: int, *, adjacent: bool) -> int:
    """Return how many threads share a line: a power of two.

    Args:
        size: elements of the line.
        adjacent: whether they lie next to each other.
    """
    wanted, most = (size, THREADS) if adjacent else (-(-size // _LEAST), _APART)
    return min(most, 1 << max(wanted - 1, 0).bit_length())
