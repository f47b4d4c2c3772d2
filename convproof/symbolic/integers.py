"""Integers that are formulas: what an index map computes when it is run on symbols.

::

    a // b   the quotient rounded down       a % b   a - b (a // b)       a < b, a == b   relations

SymPy's own integers evaluate where they must not: of them, ``a % s == 0`` asks whether two formulas
are written alike, and is false. A ``Trace`` names quotients and remainders, as a solver wants them:

::

    a // b -> q,   a % b -> r        with   a = b q + r,  0 <= r < b
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.sizes import index
from convproof.symbolic.solver.terms import box, eq, le, lt, ne, quotient, remainder


class Divided(NamedTuple):
    """``number = divisor * quotient + remainder``."""

    number: sp.Expr
    divisor: sp.Expr
    quotient: sp.Expr
    remainder: sp.Expr

    @property
    def step(self) -> sp.Expr:
        """The divisor."""
        return self.divisor

    @property
    def parts(self) -> tuple[sp.Expr, sp.Expr]:
        """Quotient and remainder."""
        return self.quotient, self.remainder


class Flattened(NamedTuple):
    """``number * size + place``, a step of a row-major number."""

    number: sp.Expr
    size: sp.Expr
    place: sp.Expr

    @property
    def value(self) -> sp.Expr:
        """The number that it gives."""
        return self.number * self.size + self.place

    @property
    def step(self) -> sp.Expr:
        """The size."""
        return self.size

    @property
    def parts(self) -> tuple[sp.Expr, sp.Expr]:
        """The number before, and the place."""
        return self.number, self.place


@dataclass(slots=True)
class Trace:
    """What was computed, in order.

    Attributes:
        mark: appended to every name that it gives.
        reduces: whether a row-major number is taken apart again without a name: ``(b x + y) // b``
            is ``x`` and ``(b x + y) % b`` is ``y``, which holds for ``0 <= y < b``.
        steps: the divisions and the steps of row-major numbers.
        partials: every sum, difference and product.
        products: the factors of every product.
        reduced: the numbers that were taken apart.
    """

    mark: str = ""
    reduces: bool = False
    steps: list[Divided | Flattened] = field(default_factory=list)
    partials: list[sp.Expr] = field(default_factory=list)
    products: list[tuple[sp.Expr, sp.Expr]] = field(default_factory=list)
    reduced: list[Flattened] = field(default_factory=list)

    def integer(self, term: Any) -> "SymbolicInt":
        """Return a formula as an integer whose fate is recorded."""
        return SymbolicInt(sp.sympify(term), self)

    def divided(self, number: sp.Expr, divisor: sp.Expr) -> Divided:
        """Return the names of a quotient and its remainder."""
        for step in self.steps:
            if isinstance(step, Divided) and step[:2] == (number, divisor):
                return step
            if (
                self.reduces
                and isinstance(step, Flattened)
                and (step.value, step.size) == (number, divisor)
            ):
                self.reduced.append(step)
                return Divided(number, divisor, *step.parts)
        count = 1 + len(self.divisions)
        names = (index(f"{letter}_{count}{self.mark}") for letter in "qr")
        step = Divided(number, divisor, *names)
        self.steps.append(step)
        return step

    @property
    def divisions(self) -> list[Divided]:
        """The divisions."""
        return [step for step in self.steps if isinstance(step, Divided)]

    @property
    def flattenings(self) -> list[Flattened]:
        """The steps of row-major numbers."""
        return [step for step in self.steps if isinstance(step, Flattened)]

    def definitions(self) -> tuple[Boolean, ...]:
        """Return what the names mean: Euclid's law of each."""
        found: list[Boolean] = []
        for step in self.divisions:
            found += euclid(step)
        return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class SymbolicInt:
    """A formula with the arithmetic of Python's integers.

    Attributes:
        term: the formula.
        trace: where what becomes of it is recorded; None: quotients stay formulas.
        factors: if it is a product, of what.

    Example:
        >>> from convproof.index_maps.address import unflat
        >>> number, size = SymbolicInt(sp.Symbol("a")), SymbolicInt(sp.Symbol("b", positive=True))
        >>> [place.term for place in unflat(number, (1, size))]
        [floor(a/b), Mod(a, b)]
    """

    term: sp.Expr
    trace: Trace | None = None
    factors: tuple[sp.Expr, sp.Expr] | None = None

    def __add__(self, other: Any) -> "SymbolicInt":
        place = term_of(other)
        if self.trace and self.factors:
            number, size = self.factors
            if number != 0 and _is_size(size):
                self.trace.steps.append(Flattened(number, size, place))
        return self._made(self.term + place, other)

    def __radd__(self, other: Any) -> "SymbolicInt":
        return self._made(term_of(other) + self.term, other)

    def __sub__(self, other: Any) -> "SymbolicInt":
        return self._made(self.term - term_of(other), other)

    def __rsub__(self, other: Any) -> "SymbolicInt":
        return self._made(term_of(other) - self.term, other)

    def __mul__(self, other: Any) -> "SymbolicInt":
        factors = self.term, term_of(other)
        return self._made(sp.Mul(*factors), other, factors)

    def __rmul__(self, other: Any) -> "SymbolicInt":
        factors = term_of(other), self.term
        return self._made(sp.Mul(*factors), other, factors)

    def __neg__(self) -> "SymbolicInt":
        return self._made(-self.term, 0)

    def __abs__(self) -> "SymbolicInt":
        return SymbolicInt(sp.Abs(self.term, evaluate=False), self.trace)

    def __floordiv__(self, other: Any) -> "SymbolicInt":
        divisor, trace = term_of(other), self._trace(other)
        if trace is None:
            return SymbolicInt(quotient(self.term, divisor))
        return SymbolicInt(trace.divided(self.term, divisor).quotient, trace)

    def __mod__(self, other: Any) -> "SymbolicInt":
        divisor, trace = term_of(other), self._trace(other)
        if trace is None:
            return SymbolicInt(remainder(self.term, divisor))
        return SymbolicInt(trace.divided(self.term, divisor).remainder, trace)

    def __lt__(self, other: Any) -> Boolean:
        return lt(self.term, term_of(other))

    def __le__(self, other: Any) -> Boolean:
        return le(self.term, term_of(other))

    def __gt__(self, other: Any) -> Boolean:
        return lt(term_of(other), self.term)

    def __ge__(self, other: Any) -> Boolean:
        return le(term_of(other), self.term)

    def __eq__(self, other: object) -> Boolean:
        return eq(self.term, term_of(other))

    def __ne__(self, other: object) -> Boolean:
        return ne(self.term, term_of(other))

    __hash__ = None  # type: ignore[assignment]

    def _trace(self, other: Any) -> Trace | None:
        return self.trace or (other.trace if isinstance(other, SymbolicInt) else None)

    def _made(
        self, term: sp.Expr, other: Any, factors: tuple[sp.Expr, sp.Expr] | None = None
    ) -> "SymbolicInt":
        trace = self._trace(other)
        if trace is not None:
            trace.partials.append(term)
            trace.products += [factors] if factors else []
        return SymbolicInt(term, trace, factors)


def euclid(step: Divided) -> tuple[Boolean, ...]:
    """Return what the names of a quotient and its remainder mean."""
    a, b, q, r = step
    return eq(a, b * q + r), *box(0, r, b)


def term_of(number: Any) -> sp.Expr:
    """Return the formula of an integer of any kind."""
    return number.term if isinstance(number, SymbolicInt) else sp.sympify(number)


def _is_size(term: sp.Expr) -> bool:
    return bool(term.is_positive) and not term.has(sp.floor, sp.Mod)
