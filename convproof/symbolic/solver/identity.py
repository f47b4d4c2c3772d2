"""Equal expressions: what SymPy's algebra shows of real numbers, entry by entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

_TRIED = 12  # points at which an identity that algebra does not show is put to the test


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Two expressions, or two matrices of them, are equal wherever both are defined.

    Attributes:
        name: a few words.
        left: one side.
        right: the other.

    Example:
        >>> a, b = sp.symbols("a b", real=True)
        >>> Identity(name="square", left=(a + b) ** 2, right=a**2 + 2 * a * b + b**2).holds()
        True
        >>> Identity(name="square", left=(a + b) ** 2, right=a**2 + b**2).counterexample()
        {a: 1, b: 2}
    """

    name: str
    left: Any
    right: Any

    def holds(self) -> bool:
        """Return whether SymPy shows that the difference is 0."""
        return all(_vanishes(difference) for difference in self._differences())

    def counterexample(self) -> dict[sp.Symbol, sp.Rational] | None:
        """Return rationals at which the sides differ, or None if none of those tried are such."""
        differences = tuple(self._differences())
        symbols = sorted({s for d in differences for s in d.free_symbols}, key=str)
        for start in range(1, _TRIED + 1):
            point = {s: _number(s, start + place) for place, s in enumerate(symbols)}
            for difference in differences:
                size = sp.Abs(difference.xreplace(point).doit()).evalf(50)
                if size.is_Number and size > sp.Float(10) ** -30:
                    return point
        return None

    def _differences(self) -> Iterator[sp.Expr]:
        if isinstance(self.left, sp.MatrixBase):
            yield from sp.Matrix(self.left) - sp.Matrix(self.right)
        else:
            yield sp.sympify(self.left) - sp.sympify(self.right)


def _number(symbol: sp.Symbol, place: int) -> sp.Rational:
    return sp.Integer(place) if symbol.is_integer or place % 2 else sp.Rational(place, 1)


def _vanishes(difference: sp.Expr) -> bool:
    return any(rule(difference) == 0 for rule in (sp.expand, sp.factor, sp.simplify))
