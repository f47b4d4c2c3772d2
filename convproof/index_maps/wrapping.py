"""A periodic border, and its adjoint: of which entry each is a copy, and where its copies lie.

::

    y[n, c, p] = x[n, c, (p - low) mod I]                      0 <= p < B = low + I + high
    x_bar[n, c, i] = sum_p y_bar[n, c, p]                      p = (i + low) mod I, then every I-th

along each axis. ``low`` and ``high`` may exceed ``I``. A circular convolution is one without
padding of its bordered input.
"""

from dataclasses import dataclass

from convproof.index_maps.address import Int
from convproof.index_maps.windows import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """What a kernel of a periodic border is told, in the order of its struct.

    Attributes:
        planes: feature maps, ``N C``.
        input: ``I`` of each axis.
        bordered: ``B``.
        low: positions below the input.
    """

    planes: Int
    input: tuple[Int, ...]
    bordered: tuple[Int, ...]
    low: tuple[Int, ...]

    def origin(self, axis: int, p: Int) -> Int:
        """Return the input that position ``p`` of the border is a copy of."""
        return (p - self.low[axis]) % self.input[axis]

    def copies(self, axis: int, i: Int) -> Range:
        """Return the positions that are copies of input ``i``."""
        size = self.input[axis]
        return Range((i + self.low[axis]) % size, self.bordered[axis], size)
