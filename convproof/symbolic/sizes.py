"""The letters of a claim about geometry, and the laws between them, for all sizes.

An axis has ``n`` inputs, ``r`` taps and ``n'`` outputs, stride ``s``, dilation ``t``, and padding
``p_low`` and ``p_high``. Output ``o`` meets tap ``k`` at input ``i``::

    i = s o + t k - p_low                  span  r̂ = t (r - 1) + 1
    n' = floor((n + p_low + p_high - r̂) / s) + 1
"""

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.solver.terms import Term, box, eq, le, lt, quotient


def size(name: str) -> sp.Symbol:
    """Return a letter for an integer of at least 1."""
    return sp.Symbol(name, integer=True, positive=True)


def count(name: str) -> sp.Symbol:
    """Return a letter for an integer of at least 0."""
    return sp.Symbol(name, integer=True, nonnegative=True)


def index(name: str) -> sp.Symbol:
    """Return a letter for any integer."""
    return sp.Symbol(name, integer=True)


@dataclass(frozen=True, slots=True)
class SymbolicAxis:
    """One axis of a sliding window with all its sizes symbolic.

    Attributes:
        suffix: appended to every letter, ``"_1"`` for the first of several axes.

    Example:
        >>> axis = SymbolicAxis()
        >>> axis.position(index("o"), index("k"))
        k*t + o*s - p_low
        >>> axis.span
        t*(r - 1) + 1
    """

    suffix: str = ""

    @property
    def n(self) -> sp.Symbol:
        """Input positions."""
        return size(f"n{self.suffix}")

    @property
    def r(self) -> sp.Symbol:
        """Taps."""
        return size(f"r{self.suffix}")

    @property
    def outputs(self) -> sp.Symbol:
        """Output positions, ``n'``: opaque, so that ``sizes()`` belongs to the hypotheses."""
        return size(f"n'{self.suffix}")

    @property
    def s(self) -> sp.Symbol:
        """Stride."""
        return size(f"s{self.suffix}")

    @property
    def t(self) -> sp.Symbol:
        """Dilation."""
        return size(f"t{self.suffix}")

    @property
    def low(self) -> sp.Symbol:
        """Padding below the input."""
        return count(f"p_low{self.suffix}")

    @property
    def high(self) -> sp.Symbol:
        """Padding above the input."""
        return count(f"p_high{self.suffix}")

    @property
    def span(self) -> sp.Expr:
        """Positions that the dilated kernel covers, ``r̂``."""
        return self.t * (self.r - 1) + 1

    @property
    def slack(self) -> sp.Expr:
        """Positions by which a window can move, ``n + p_low + p_high - r̂``."""
        return self.n + self.low + self.high - self.span

    def position(self, o: Term, k: Term) -> sp.Expr:
        """Return the input position of output ``o`` and tap ``k``."""
        return self.s * o + self.t * k - self.low

    def sizes(self) -> tuple[Boolean, ...]:
        """Return the law of ``n'``, as Euclid's: ``s (n' - 1) <= slack < s n'``."""
        q = self.outputs
        return le(self.s * (q - 1), self.slack), lt(self.slack, self.s * q)

    def size_law(self) -> Boolean:
        """Return the law of ``n'`` as it is written."""
        return eq(self.outputs, quotient(self.slack, self.s) + 1)

    def is_output(self, o: Term) -> tuple[Boolean, ...]:
        """Return ``0 <= o < n'``."""
        return box(0, o, self.outputs)

    def is_tap(self, k: Term) -> tuple[Boolean, ...]:
        """Return ``0 <= k < r``."""
        return box(0, k, self.r)

    def is_input(self, i: Term) -> tuple[Boolean, ...]:
        """Return ``0 <= i < n``."""
        return box(0, i, self.n)
