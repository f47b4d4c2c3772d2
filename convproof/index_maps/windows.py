"""Pooling windows: what each reads, and by whom an input is read, as ranges along each axis.

::

    window o covers   floor(stride o / parts) - low <= i < ceil((stride o + reach) / parts) - low

and reads every ``dilation``-th position of these, from the first on, that lies in the input.

========  ==========  =====================  =========  ============  =======
pooling   ``stride``  ``reach``              ``parts``  ``dilation``  ``low``
========  ==========  =====================  =========  ============  =======
sliding   ``s``       ``t (K - 1) + 1``      1          ``t``         ``p``
adaptive  ``I``       ``I``                  ``O``      1             0
========  ==========  =====================  =========  ============  =======

Global pooling is adaptive with ``O = 1``.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

from convproof.index_maps.address import Int


@dataclass(frozen=True, slots=True)
class Range:
    """``begin, begin + step, ...`` below ``end``; not empty."""

    begin: Int
    end: Int
    step: Int

    @property
    def count(self) -> Int:
        """How many there are."""
        return (self.end - self.begin + self.step - 1) // self.step


@dataclass(frozen=True, slots=True)
class Counted:
    """A mean counts the taps in ``-below <= i < I + above``, of which those in the input are read.

    Attributes:
        below: positions below the input that count, of each axis.
        above: positions above it.
    """

    below: tuple[Int, ...]
    above: tuple[Int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """What a kernel of a pooling is told, in the order of its struct.

    Attributes:
        planes: feature maps, ``N C``.
        input: ``I`` of each axis.
        output: ``O``.
        stride: from window to window, in ``parts``-ths of a position.
        reach: of a window, in the same.
        parts: that a position has.
        dilation: input steps between neighbouring taps.
        low: padding below the input.
    """

    planes: Int
    input: tuple[Int, ...]
    output: tuple[Int, ...]
    stride: tuple[Int, ...]
    reach: tuple[Int, ...]
    parts: tuple[Int, ...]
    dilation: tuple[Int, ...]
    low: tuple[Int, ...]

    def first(self, axis: int, o: Int) -> Int:
        """Return where window ``o`` begins, which may lie in the padding."""
        return self.stride[axis] * o // self.parts[axis] - self.low[axis]

    def taps(self, axis: int, o: Int, below: Int = 0, above: Int = 0) -> Range:
        """Return the taps of window ``o`` in ``-below <= i < I + above``."""
        first, step, parts = self.first(axis, o), self.dilation[axis], self.parts[axis]
        skipped = (greater(0, -below - first) + step - 1) // step
        last = (self.stride[axis] * o + self.reach[axis] + parts - 1) // parts - self.low[axis]
        return Range(first + step * skipped, lesser(last, self.input[axis] + above), step)

    def readers(self, axis: int, i: Int) -> Range:
        """Return the windows that cover ``i``: of these, ``reads`` says which read it."""
        stride, parts, place = self.stride[axis], self.parts[axis], i + self.low[axis]
        begin = (parts * place - self.reach[axis]) // stride + 1
        end = (parts * (place + 1) + stride - 1) // stride
        return Range(greater(0, begin), lesser(end, self.output[axis]), 1)

    def reads(self, axis: int, o: Int, i: Int) -> Any:
        """Return whether one of window ``o``'s taps lies at ``i``, if the window covers it."""
        return (i - self.first(axis, o)) % self.dilation[axis] == 0

    def divisor(self, o: tuple[Int, ...], counted: Counted) -> Int:
        """Return how many taps of window ``o`` count."""
        rows = zip(o, counted.below, counted.above, strict=True)
        return prod(self.taps(axis, *row).count for axis, row in enumerate(rows))


def greater(a: Int, b: Int) -> Int:
    """Return the maximum, in what integers, arrays and symbols all have."""
    return (a + b + abs(a - b)) // 2


def lesser(a: Int, b: Int) -> Int:
    """Return the minimum, likewise."""
    return (a + b - abs(a - b)) // 2
