"""One spatial axis in letters: the relation of output, tap and input, and the laws of ``n'``.

::

    i = s o + t k - p_low          0 <= i < n,   0 <= k < r,   0 <= o < n'

Asymmetric padding, ``ceil_mode`` and ``output_padding`` change the size ``n'`` alone. The derived
forms hold for any ``n'``, so they hold for all of these; what ``n'`` is stands in the laws below.
"""

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.axes import Axis, TransposedAxis
from convproof.symbolic.sizes import SymbolicAxis, count, index
from convproof.symbolic.solver.terms import both, either, eq, le, lt, quotient


@dataclass(frozen=True, slots=True)
class Relation(SymbolicAxis):
    """``i = s o + t k - p_low`` along one axis.

    Attributes:
        suffix: what its letters end with, ``"_1"`` for the first axis of several.

    Example:
        >>> axis = Relation()
        >>> axis.reads
        k*t + o*s - p_low
        >>> axis.floor_law()[0]
        t*(r - 1) + 1 <= n + p_high + p_low
    """

    @property
    def p_out(self) -> sp.Symbol:
        """The output padding of a transposed convolution."""
        return count(f"p_out{self.suffix}")

    @property
    def o(self) -> sp.Symbol:
        """The output's index."""
        return index("o" + self.suffix)

    @property
    def k(self) -> sp.Symbol:
        """The tap."""
        return index("k" + self.suffix)

    @property
    def i(self) -> sp.Symbol:
        """The input's index."""
        return index("i" + self.suffix)

    @property
    def reads(self) -> sp.Expr:
        """The input position ``s o + t k - p_low`` that a tap reads."""
        return self.position(self.o, self.k)

    @property
    def inside(self) -> tuple[Boolean, Boolean]:
        """Where a tap reads the input: ``0 <= s o + t k - p_low < n``."""
        return self.is_input(self.reads)

    def floor_law(self) -> tuple[Boolean, ...]:
        """Return what a window says of ``n'``, also under circular padding.

        It fits, and is moved as far as it fits::

            span <= n + p_low + p_high        n' = floor((n + p_low + p_high - span) / s) + 1
        """
        fits = le(self.span, self.n + self.low + self.high)
        return fits, eq(self.outputs, quotient(self.slack, self.s) + 1)

    def ceil_law(self) -> tuple[Boolean, ...]:
        """Return what ``ceil_mode`` says of ``n'``.

        Rounded up, unless the last window would then start beyond the input and its low padding::

            u = ceil((n + p_low + p_high - span) / s) + 1
            n' = u   if (u - 1) s < n + p_low   else   u - 1
        """
        last = sp.ceiling(self.slack / self.s, evaluate=False)
        starts, end = last * self.s, self.n + self.low
        return (
            either(
                both(eq(self.outputs, last + 1), lt(starts, end)),
                both(eq(self.outputs, last), le(end, starts)),
            ),
        )

    def transposed_law(self) -> tuple[Boolean, ...]:
        """Return what a transposed convolution says of ``n'``, its output's size.

        ::

            n' = s (n - 1) + span - p_low - p_high + p_out        p_out < max(s, t)
        """
        full = self.s * (self.n - 1) + self.span
        cropped = sp.expand(full - self.low - self.high + self.p_out)
        return (
            eq(self.outputs, cropped),
            either(lt(self.p_out, self.s), lt(self.p_out, self.t)),
        )

    def at(self, axis: Axis | TransposedAxis) -> dict[Any, int]:
        """Return the numbers of an axis for the letters of this one.

        Example:
            >>> Relation().at(Axis(input_size=5, kernel_size=3, stride=2))
            {n: 5, r: 3, n': 2, s: 2, t: 1, p_low: 0, p_high: 0}
        """
        low, high = axis.padding
        numbers = {
            self.n: axis.input_size, self.r: axis.kernel_size, self.outputs: axis.output_size,
            self.s: axis.stride, self.t: axis.dilation, self.low: low, self.high: high,
        }  # fmt: skip
        extra = {self.p_out: axis.output_padding} if isinstance(axis, TransposedAxis) else {}
        return numbers | extra


def relations(dims: int) -> tuple[Relation, ...]:
    """Return one relation per axis; a single one has plain letters."""
    if dims == 1:
        return (Relation(),)
    return tuple(Relation(suffix=f"_{axis}") for axis in range(1, dims + 1))
