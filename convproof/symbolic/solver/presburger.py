"""A second, complete engine: isl decides a claim whose strides and dilations are literal.

With literal divisors and no product of two symbols left, a claim is one of Presburger arithmetic::

    hypotheses and not goal = a union of sets { v : A v + b >= 0 }, with floors of v by literals

which is empty exactly if the claim holds for all integers. isl finds out without seeds, limits or
unknowns, from the claim's own terms: SymPy evaluates none of them, and Z3 reads a text of its own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import combinations, product
from time import perf_counter
from typing import Any, Literal

import sympy as sp
from sympy.core.relational import Relational

from convproof.errors import MissingExtraError, SolverError
from convproof.symbolic.solver.claim import Claim

Letter = Literal["s", "t"]
IslSet = Any  # islpy.Set; islpy is an extra, and imported where it is used
IslTerm = Any  # a Fraction if it is literal, else an islpy.PwAff

_NAMES: dict[Letter, re.Pattern[str]] = {
    letter: re.compile(rf"{letter}(\d+|_.+|'+)*") for letter in ("s", "t")
}
# Where a relation holds (True) or fails (False). isl's lt_set, gt_set and ne_set take each side for
# an integer, 1/2 < x for 3/2 <= x, and so are not asked: what is strict is the rest of what is not.
_SETS: dict[type[sp.Basic], tuple[str, bool]] = {
    sp.Eq: ("eq_set", True),
    sp.Ne: ("eq_set", False),
    sp.Le: ("le_set", True),
    sp.Gt: ("le_set", False),
    sp.Ge: ("ge_set", True),
    sp.Lt: ("ge_set", False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What isl says of a claim at small strides and dilations, and all other integers.

    Attributes:
        expressible: whether isl can be asked, with literals for strides and dilations.
        literal: the symbols that took literals; all others range over all integers.
        held: for how many literal pairs the claim holds; one at most if none was needed.
        refuted: each pair for which it does not, and a counterexample, literals included. A pair
            has None for the stride or dilation that needed no literal.
        seconds: that it took.
    """

    expressible: bool
    literal: tuple[sp.Symbol, ...] = ()
    held: int = 0
    refuted: tuple[tuple[tuple[int | None, int | None], Mapping[sp.Symbol, int]], ...] = ()
    seconds: float = 0.0


def decided(claim: Claim, values: Mapping[sp.Symbol, int]) -> bool | None:
    """Return whether a claim holds for all integers, with literals for some of its symbols.

    Returns:
        None if isl cannot be asked: two symbols are multiplied, or one divides.

    Raises:
        MissingExtraError: if islpy is not installed.

    Example:
        >>> from convproof.symbolic.solver.terms import eq, quotient
        >>> n, s = sp.symbols("n s", integer=True, positive=True)
        >>> size = Claim(name="half padding", goal=eq(quotient(n - 1, s) + 1, sp.ceiling(n / s)))
        >>> decided(size, {s: 3}), decided(size, {})
        (True, None)
    """
    failing = _Failing.of(claim, values)
    return None if failing is None else bool(failing.points.is_empty())


def counterexample(claim: Claim, values: Mapping[sp.Symbol, int]) -> dict[sp.Symbol, int] | None:
    """Return small integers that refute a claim, literals included; None if isl finds none.

    Raises:
        MissingExtraError: if islpy is not installed.
        SolverError: if they do not refute it in Python's own arithmetic.

    Example:
        >>> from convproof.symbolic.solver.terms import eq, quotient
        >>> n, s = sp.symbols("n s", integer=True, positive=True)
        >>> counterexample(Claim(name="n/s", goal=eq(quotient(n, s), sp.ceiling(n / s))), {s: 3})
        {n: 1, s: 3}
    """
    failing = _Failing.of(claim, values)
    if failing is None or failing.points.is_empty():
        return None
    found = failing.small()
    if not claim.fails_at(found):
        msg = f"{claim.name}: isl says that {found} refutes {claim}, and it does not."
        raise SolverError(msg)
    return found


def cross_check(
    claim: Claim, *, largest: int = 8, stride_like: Mapping[sp.Symbol, Letter] | None = None
) -> Agreement:
    """Return what isl says of a claim for all literal strides and dilations up to ``largest``.

    Args:
        claim: what is asked.
        largest: up to which literal; all strides take one, all dilations another.
        stride_like: the symbols that take the stride's literal, ``"s"``, and the dilation's,
            ``"t"``; by default the fewest that make the claim expressible, among positive ones with
            such a letter for a name: ``s``, ``t_2``, ``s'``.

    Raises:
        MissingExtraError: if islpy is not installed.
        SolverError: if a counterexample refutes nothing.
    """
    started = perf_counter()
    letters = _fewest(claim, largest) if stride_like is None else stride_like
    if letters is None:
        return Agreement(expressible=False, seconds=perf_counter() - started)
    letters = {symbol: letters[symbol] for symbol in claim.symbols if symbol in letters}
    held, refuted = 0, []
    for pair in _pairs(set(letters.values()), largest):
        values = _put(letters, pair)
        holds = decided(claim, values)
        if holds is None:
            return Agreement(expressible=False, seconds=perf_counter() - started)
        if holds:
            held += 1
        else:
            refuted.append((pair, counterexample(claim, values) or {}))
    return Agreement(
        expressible=True,
        literal=tuple(letters),
        held=held,
        refuted=tuple(refuted),
        seconds=perf_counter() - started,
    )


def _fewest(claim: Claim, largest: int) -> dict[sp.Symbol, Letter] | None:
    """Return the fewest strides and dilations that must be literal, or None if all are too few."""
    named = [
        (symbol, letter)
        for symbol in claim.symbols
        for letter, pattern in _NAMES.items()
        if symbol.is_positive and pattern.fullmatch(symbol.name)
    ]
    for count in range(len(named) + 1):
        for chosen in combinations(named, count):
            if _Failing.of(claim, dict.fromkeys((s for s, _ in chosen), largest)) is not None:
                return dict(chosen)
    return None


def _pairs(used: set[Letter], largest: int) -> Iterator[tuple[int | None, int | None]]:
    every = range(1, largest + 1)
    return product(every if "s" in used else (None,), every if "t" in used else (None,))


def _put(
    letters: Mapping[sp.Symbol, Letter], pair: tuple[int | None, int | None]
) -> dict[sp.Symbol, int]:
    literals = dict(zip(("s", "t"), pair, strict=True))
    return {s: number for s, x in letters.items() if (number := literals[x]) is not None}


class _InexpressibleError(Exception):
    """A term that is not linear in the symbols that are left, or has no meaning to isl."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failing:
    """The points at which a claim fails: one coordinate per symbol that is left."""

    claim: Claim
    values: Mapping[sp.Symbol, int]  # the literals
    coordinates: tuple[sp.Symbol, ...]
    points: IslSet

    @classmethod
    def of(cls, claim: Claim, values: Mapping[sp.Symbol, int]) -> "_Failing | None":
        isl = _islpy()
        if claim.is_real:
            return None
        values = {symbol: int(number) for symbol, number in values.items()}
        coordinates = tuple(symbol for symbol in claim.symbols if symbol not in values)
        space = isl.Space.set_alloc(isl.Context(), 0, len(coordinates))
        symbols: dict[sp.Basic, IslTerm] = {s: Fraction(v) for s, v in values.items()}
        for place, symbol in enumerate(coordinates):
            symbols[symbol] = isl.PwAff.var_on_domain(space, isl.dim_type.set, place)
        writer = _Writer(isl, space, symbols)
        points = isl.Set.universe(space)
        try:
            for hypothesis in claim.assumed:
                points = writer.where(hypothesis, points, holds=True)
            points = writer.where(claim.goal, points, holds=False)
        except (_InexpressibleError, ZeroDivisionError):
            return None
        return cls(claim=claim, values=values, coordinates=coordinates, points=points)

    def small(self) -> dict[sp.Symbol, int]:
        """Return one of the points, in the first of growing boxes that has one."""
        axis, size = _islpy().dim_type.set, 1
        found = self.points
        while True:
            box = self.points
            for place in range(len(self.coordinates)):
                box = box.lower_bound_val(axis, place, -size).upper_bound_val(axis, place, size)
            if not box.is_empty():
                found = box.sample_point()
                break
            size *= 2
        place_of = {symbol: place for place, symbol in enumerate(self.coordinates)}
        return {
            symbol: self.values[symbol]
            if symbol in self.values
            else int(found.get_coordinate_val(axis, place_of[symbol]).to_python())
            for symbol in self.claim.symbols
        }


@dataclass(slots=True)
class _Writer:
    isl: Any
    space: Any
    terms: dict[sp.Basic, IslTerm] = field(default_factory=dict)

    def where(self, part: Any, given: IslSet, *, holds: bool) -> IslSet:
        """Return the given points at which a condition holds, or those at which it does not."""
        part = sp.sympify(part)
        if part in (sp.true, sp.false):
            return given if bool(part) == holds else self.isl.Set.empty(self.space)
        if isinstance(part, sp.Not):
            return self.where(part.args[0], given, holds=not holds)
        if isinstance(part, sp.And | sp.Or):
            asked = [(arg, holds) for arg in part.args]
            return (self._all if isinstance(part, sp.And) == holds else self._any)(asked, given)
        if isinstance(part, sp.Implies):
            condition, consequence = part.args
            if holds:
                return self._any([(condition, False), (consequence, True)], given)
            return self._all([(condition, True), (consequence, False)], given)
        if isinstance(part, sp.Equivalent):
            return self._equivalent(part.args, given, holds=holds)
        if type(part) not in _SETS:
            raise _InexpressibleError
        points, within = self._related(part)
        return given.intersect(points) if within == holds else given.subtract(points)

    def term(self, part: Any) -> IslTerm:
        """Return a term of the points."""
        part = sp.sympify(part)
        if part not in self.terms:
            self.terms[part] = self._term(part)
        return self.terms[part]

    def _all(self, parts: list[tuple[Any, bool]], given: IslSet) -> IslSet:
        for part, holds in parts:
            given = self.where(part, given, holds=holds)
        return given

    def _any(self, parts: list[tuple[Any, bool]], given: IslSet) -> IslSet:
        return self._union([self.where(part, given, holds=holds) for part, holds in parts])

    def _equivalent(self, parts: tuple[Any, ...], given: IslSet, *, holds: bool) -> IslSet:
        if holds:
            cases = [[(part, value) for part in parts] for value in (True, False)]
        else:
            first, *others = parts
            cases = [[(first, v), (other, not v)] for other in others for v in (True, False)]
        return self._union([self._all(case, given) for case in cases])

    def _union(self, cases: list[IslSet]) -> IslSet:
        """Return the union; of those that are not empty, for nested cases multiply."""
        inhabited = [case for case in cases if not case.is_empty()]
        return reduce(lambda a, b: a.union(b), inhabited, self.isl.Set.empty(self.space))

    def _related(self, part: Relational) -> tuple[IslSet, bool]:
        """Return some points, and whether the relation holds there or everywhere else."""
        left, right = (self._affine(self.term(side)) for side in part.args)
        name, within = _SETS[type(part)]
        return getattr(left, name)(right), within

    def _term(self, part: sp.Expr) -> IslTerm:
        if isinstance(part, sp.Rational):
            return Fraction(int(part.p), int(part.q))
        if isinstance(part, sp.Piecewise):
            return self._cases(part)
        terms = [self.term(arg) for arg in part.args]
        if isinstance(part, sp.Add):
            return reduce(self._sum, terms)
        if isinstance(part, sp.Mul):
            return reduce(self._product, terms)
        if isinstance(part, sp.Pow):
            return self._power(*terms)
        if isinstance(part, sp.Mod):
            return self._remainder(*terms)
        if isinstance(part, sp.floor):
            return self._rounded(terms[0])
        if isinstance(part, sp.ceiling):
            return self._product(Fraction(-1), self._rounded(self._product(Fraction(-1), terms[0])))
        if isinstance(part, sp.Max):
            return self._extreme("max", terms)
        if isinstance(part, sp.Min):
            return self._extreme("min", terms)
        if isinstance(part, sp.Abs):
            return self._extreme("max", [terms[0], self._product(Fraction(-1), terms[0])])
        raise _InexpressibleError

    def _sum(self, a: IslTerm, b: IslTerm) -> IslTerm:
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return a + b
        return self._affine(a).add(self._affine(b))

    def _product(self, a: IslTerm, b: IslTerm) -> IslTerm:
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return a * b
        if isinstance(b, Fraction):
            a, b = b, a
        if not isinstance(a, Fraction):
            raise _InexpressibleError
        return b.scale_val(self._val(a))

    def _power(self, base: IslTerm, exponent: IslTerm) -> IslTerm:
        if not isinstance(exponent, Fraction) or exponent.denominator != 1:
            raise _InexpressibleError
        if isinstance(base, Fraction):
            return Fraction(base ** int(exponent))
        if exponent < 1:
            raise _InexpressibleError
        return reduce(self._product, [base] * int(exponent))

    def _remainder(self, a: IslTerm, divisor: IslTerm) -> IslTerm:
        if not isinstance(divisor, Fraction):
            raise _InexpressibleError
        quotient = self._rounded(self._product(1 / divisor, a))
        return self._sum(a, self._product(-divisor, quotient))

    def _rounded(self, a: IslTerm) -> IslTerm:
        return Fraction(a // 1) if isinstance(a, Fraction) else a.floor()

    def _extreme(self, which: Literal["max", "min"], terms: list[IslTerm]) -> IslTerm:
        if all(isinstance(term, Fraction) for term in terms):
            return (max if which == "max" else min)(terms)
        return reduce(lambda a, b: getattr(a, which)(b), map(self._affine, terms))

    def _cases(self, part: sp.Expr) -> IslTerm:
        """Return the first case whose condition holds; literal if only one ever does."""
        rest, cases = self.isl.Set.universe(self.space), []
        for then, when in part.args:
            here = self.where(when, rest, holds=True)
            rest = self.where(when, rest, holds=False)
            if not here.is_empty():
                cases.append((self.term(then), here))
        if not rest.is_empty():
            raise _InexpressibleError
        if len({term for term, _ in cases if isinstance(term, Fraction)}) == len(cases) == 1:
            return cases[0][0]
        return reduce(
            lambda a, b: a.union_add(b),
            (self._affine(term).intersect_domain(here) for term, here in cases),
        )

    def _affine(self, term: IslTerm) -> IslTerm:
        if not isinstance(term, Fraction):
            return term
        zero = self.isl.Aff.zero_on_domain(self.isl.LocalSpace.from_space(self.space))
        return self.isl.PwAff.from_aff(zero.add_constant_val(self._val(term)))

    def _val(self, number: Fraction) -> Any:
        return self.isl.Val.read_from_str(self.space.get_ctx(), str(number))


def _islpy() -> Any:
    try:
        import islpy
    except ImportError:
        raise MissingExtraError("islpy", "isl") from None  # noqa: EM101  # names, no message
    return islpy
