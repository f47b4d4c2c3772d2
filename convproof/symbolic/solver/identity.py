"""Equal expressions: what SymPy's algebra shows of real numbers, entry by entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from convproof.errors import ClaimError

_INEXACT = (sp.nan, sp.zoo, sp.oo, -sp.oo, sp.Float)
_TRIED = 14  # points at which an identity is put to the test
_NUMBERS = [sp.Rational(*n) for n in ((1,), (2,), (-1,), (3,), (1, 2), (-2,), (-3, 2), (5,), (0,))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Two expressions, or two matrices of them, are equal wherever both are defined.

    Attributes:
        name: a few words.
        left: one side.
        right: the other.

    Raises:
        ClaimError: if their shapes differ, or one is no expression of exact,
            finite numbers, or has a sum over a Kronecker delta, which SymPy adds up wrongly.

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

    def __post_init__(self) -> None:
        one, other = _shape(self.left), _shape(self.right)
        if one != other:
            msg = f"{self.name}: the sides have the shapes {one} and {other}, () for an expression."
            raise ClaimError(msg)
        for entry in (*_entries(self.left), *_entries(self.right)):
            if not isinstance(entry, sp.Expr) or entry.has(*_INEXACT):
                msg = f"{self.name}: {entry} is no expression of exact, finite numbers."
                raise ClaimError(msg)
            if any(each.has(sp.KroneckerDelta) for each in entry.atoms(sp.Sum)):
                msg = f"{self.name}: SymPy sums deltas wrongly. Write a SameSum, with guards."
                raise ClaimError(msg)

    def holds(self) -> bool:
        """Return whether SymPy shows that the sides are equal, and no point says otherwise."""
        return all(map(_vanishes, self._differences())) and self.counterexample() is None

    def counterexample(self) -> dict[sp.Symbol, sp.Rational] | None:
        """Return rationals at which the sides differ, or None if none of those tried are such."""
        differences = [d for d in self._differences() if d != 0]
        symbols = sorted({s for d in differences for s in d.free_symbols}, key=str)
        choices = [_numbers(symbol) for symbol in symbols]
        for start in range(_TRIED):
            point = {
                s: numbers[(start * (1 + place) + place) % len(numbers)]
                for place, (s, numbers) in enumerate(zip(symbols, choices, strict=True))
            }
            if any(_is_seen(difference, point) for difference in differences):
                return point
        return None

    def _differences(self) -> Iterator[sp.Expr]:
        for one, other in zip(_entries(self.left), _entries(self.right), strict=True):
            yield one - other


def _shape(side: Any) -> tuple[int, ...]:
    return tuple(map(int, side.shape)) if isinstance(side, sp.MatrixBase) else ()


def _entries(side: Any) -> list[sp.Basic]:
    return list(side) if isinstance(side, sp.MatrixBase) else [sp.sympify(side)]


def _numbers(symbol: sp.Symbol) -> list[sp.Rational]:
    """Return rationals that a symbol can be; of one that does not commute, 1x1 matrices."""
    declared = symbol.assumptions0 if symbol.is_commutative else {}
    allowed = [
        number
        for number in _NUMBERS
        if all(getattr(number, f"is_{k}", None) in (holds, None) for k, holds in declared.items())
    ]
    if not allowed:
        msg = f"no number that is tried can be {symbol}: declare less of it."
        raise ClaimError(msg)
    return allowed


def _is_seen(difference: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> bool:
    """Return whether a difference is not 0 at a point, by 50 digits; False where undefined."""
    try:
        size = sp.Abs(_at(difference, point)).evalf(50)
    except ValueError:  # a derivative by what is a number now
        return False
    return bool((size.is_Float or size.is_Rational) and size > sp.Float(10) ** -30)


def _at(difference: sp.Expr, point: dict[sp.Symbol, sp.Rational]) -> sp.Expr:
    """Return its value: a sum's term by term, not from what SymPy makes of the sum."""
    summed = difference.has(sp.Sum, sp.Product)
    return difference.xreplace(point).doit() if summed else difference.doit().xreplace(point)


def _vanishes(difference: sp.Expr) -> bool:
    rules = (sp.expand, sp.factor, sp.simplify) if difference.is_commutative else (sp.expand,)
    return any(rule(difference) == 0 for rule in rules) or sp.expand(difference.doit()) == 0
