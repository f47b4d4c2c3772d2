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
from convproof.symbolic.solver.terms import both, box, either, eq, le, lt, quotient


def index(name: str) -> sp.Symbol:
    """Return the letter of an index, an integer."""
    return sp.Symbol(name, integer=True)


def size(name: str) -> sp.Symbol:
    """Return the letter of a size, a positive integer."""
    return sp.Symbol(name, integer=True, positive=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """``i = s o + t k - p_low`` along one axis.

    Attributes:
        suffix: what its letters end with, ``"_1"`` for the first axis of several.

    Example:
        >>> axis = Relation()
        >>> axis.position
        k*t + o*s - p_low
        >>> axis.floor_law()
        (r*t - t + 1 <= n + p_high + p_low, Eq(n', floor((n + p_high + p_low - r*t + t - 1)/s) + 1))
    """

    suffix: str = ""

    @property
    def n(self) -> sp.Symbol:
        """The input's size."""
        return size("n" + self.suffix)

    @property
    def r(self) -> sp.Symbol:
        """The number of taps."""
        return size("r" + self.suffix)

    @property
    def q(self) -> sp.Symbol:
        """The output's size ``n'``."""
        return size("n'" + self.suffix)

    @property
    def s(self) -> sp.Symbol:
        """The stride."""
        return size("s" + self.suffix)

    @property
    def t(self) -> sp.Symbol:
        """The dilation."""
        return size("t" + self.suffix)

    @property
    def p_low(self) -> sp.Symbol:
        """The padding below the input."""
        return sp.Symbol("p_low" + self.suffix, integer=True, nonnegative=True)

    @property
    def p_high(self) -> sp.Symbol:
        """The padding above the input."""
        return sp.Symbol("p_high" + self.suffix, integer=True, nonnegative=True)

    @property
    def p_out(self) -> sp.Symbol:
        """The output padding of a transposed convolution."""
        return sp.Symbol("p_out" + self.suffix, integer=True, nonnegative=True)

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
    def position(self) -> sp.Expr:
        """The input position ``s o + t k - p_low`` that a tap reads."""
        return self.s * self.o + self.t * self.k - self.p_low

    @property
    def span(self) -> sp.Expr:
        """The positions that the dilated kernel covers, ``r + (r - 1)(t - 1)``."""
        return sp.expand(self.t * (self.r - 1) + 1)

    @property
    def inside(self) -> tuple[Boolean, Boolean]:
        """Where a tap reads the input: ``0 <= s o + t k - p_low < n``."""
        return box(0, self.position, self.n)

    @property
    def slack(self) -> sp.Expr:
        """``n + p_low + p_high - span``."""
        return self.n + self.p_low + self.p_high - self.span

    def floor_law(self) -> tuple[Boolean, ...]:
        """Return what a window says of ``n'``, also under circular padding.

        It fits, and is moved as far as it fits::

            span <= n + p_low + p_high        n' = floor((n + p_low + p_high - span) / s) + 1
        """
        fits = le(self.span, self.n + self.p_low + self.p_high)
        return fits, eq(self.q, quotient(self.slack, self.s) + 1)

    def ceil_law(self) -> tuple[Boolean, ...]:
        """Return what ``ceil_mode`` says of ``n'``.

        Rounded up, unless the last window would then start beyond the input and its low padding::

            u = ceil((n + p_low + p_high - span) / s) + 1
            n' = u   if (u - 1) s < n + p_low   else   u - 1
        """
        last = sp.ceiling(self.slack / self.s, evaluate=False)
        starts, end = last * self.s, self.n + self.p_low
        return (
            either(
                both(eq(self.q, last + 1), lt(starts, end)), both(eq(self.q, last), le(end, starts))
            ),
        )

    def transposed_law(self) -> tuple[Boolean, ...]:
        """Return what a transposed convolution says of ``n'``, its output's size.

        ::

            n' = s (n - 1) + span - p_low - p_high + p_out        p_out < max(s, t)
        """
        full = self.s * (self.n - 1) + self.span
        cropped = sp.expand(full - self.p_low - self.p_high + self.p_out)
        return (
            eq(self.q, cropped),
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
            self.n: axis.input_size, self.r: axis.kernel_size, self.q: axis.output_size,
            self.s: axis.stride, self.t: axis.dilation, self.p_low: low, self.p_high: high,
        }  # fmt: skip
        extra = {self.p_out: axis.output_padding} if isinstance(axis, TransposedAxis) else {}
        return numbers | extra


def relations(dims: int) -> tuple[Relation, ...]:
    """Return one relation per axis; a single one has plain letters."""
    if dims == 1:
        return (Relation(),)
    return tuple(Relation(suffix=f"_{axis}") for axis in range(1, dims + 1))
