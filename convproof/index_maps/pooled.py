"""A convolution of two axes on the tensor cores whose result has its channels last, or is pooled.

Pooled, a column of the product is a member of a window of 2 x 2 outputs, four neighbours one of the
``floor(Q / 2)`` windows::

    column = 4 (n P + p) + m       q = 2 p + (m / 2, m % 2)       P = P_1 P_2, p row-major

so that a row of outputs that no window has is not computed. Of four sums one number is written,
``y[n, g R + r, p]``; or, with the channels last and of one group, ``y[n, p, r]``. Not pooled, a
column is an output, ``column = n Q + q``, and ``y[n, q, r]`` is written.

Sums in parts lie as those of any convolution; ``Cells`` says which of them a number of ``y`` is of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from convproof.index_maps.address import Int, flat, unflat, volume
from convproof.index_maps.correlation import Correlations

SIDE = 2  # of a window
MEMBERS = SIDE**2


def windows_of(positions: Sequence[Int], side: Int = SIDE) -> tuple[Int, ...]:
    """Return how many whole windows there are along each axis.

    Example:
        >>> windows_of((7, 4)), windows_of((7, 4), 1)
        ((3, 2), (7, 4))
    """
    return tuple(size // side for size in positions)


def member(column: Int, windows: Sequence[Int]) -> tuple[Int, Int, Int]:
    """Return the image and the position of a column: a member of a window.

    Example:
        >>> [member(column, (3, 5)) for column in (0, 1, 2, 3, 4)]
        [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (0, 0, 2)]
    """
    n, down, along, below, beside = unflat(column, (1, *windows, SIDE, SIDE))
    return n, down * SIDE + below, along * SIDE + beside


def last(row: Int, cell: Int, rows: Int) -> Int:
    """Return where the row of an output, or of a window, of all images lies: channels last."""
    return flat((cell, row), (0, rows))


def first(sizes: Correlations, product: Int, row: Int, cell: Int) -> Int:
    """Return where it lies with the channels first; ``sizes.positions`` are the windows."""
    n, *p = unflat(cell, (1, *sizes.positions))
    place = flat(p, sizes.positions)
    return flat((n, product, row, place), (0, sizes.groups, sizes.rows, volume(sizes.positions)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Which sums a number of ``y`` is the maximum of, in the order of the kernel's struct.

    Attributes:
        rows: channels.
        height: of the outputs.
        width: of the outputs.
        down: windows along the height.
        along: windows along the width.
        side: of a window: 2, or 1 of an output itself.
        last: whether ``y`` has its channels last.
    """

    rows: Int
    height: Int
    width: Int
    down: Int
    along: Int
    side: Int
    last: Int

    @classmethod
    def of(cls, rows: Int, outputs: Sequence[Int], side: Int, *, last: bool) -> "Cells":
        """Return those of outputs along two axes."""
        (height, width), (down, along) = outputs, windows_of(outputs, side)
        return cls(
            rows=rows, height=height, width=width, down=down, along=along, side=side, last=int(last)
        )

    def written(self, image: Int, row: Int, window: Int) -> Int:
        """Return where the number of a window is written."""
        windows = self.down * self.along
        if self.last:
            return flat((image, window, row), (0, windows, self.rows))
        return flat((image, row, window), (0, self.rows, windows))

    def read(self, image: Int, row: Int, window: Int, m: Int) -> Int:
        """Return where a member's sum lies in a part."""
        _, down, along = unflat(window, (1, self.down, self.along))
        _, below, beside = unflat(m, (1, self.side, self.side))
        place = down * self.side + below, along * self.side + beside
        return flat((image, row, *place), (0, self.rows, self.height, self.width))
