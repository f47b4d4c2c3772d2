"""A claim about integers, or about reals: for all of them, the hypotheses imply the goal.

A symbol that SymPy knows to have a sign carries that as a hypothesis; what else it is declared to
be, even or prime, no engine is told, and is refused. Divisors must be known to be positive, so that
a quotient means one thing to every engine, and to Python.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.solver.evaluation import Number, truth
from convproof.symbolic.solver.terms import both, implies, le, lt


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """For all integers (or all reals) that obey the hypotheses, the goal holds.

    Attributes:
        name: a few words, for tables and files.
        goal: what is claimed: relations of terms, joined by SymPy's And, Or, Not, Implies and
            Equivalent. Terms are integer where the symbols are, real where these are.
        hypotheses: under which.

    Raises:
        ClaimError: if its symbols are neither all integer nor all real, or two have one name, or
            one is declared to be more than its sign, or a part is no condition.

    Example:
        A kernel of ``r = 2 l + 1`` taps under padding ``l`` keeps the size:

        >>> from convproof.symbolic.solver.terms import eq
        >>> n, l = sp.symbols("n l", integer=True, positive=True)
        >>> Claim(name="same", goal=eq(n + 2 * l - (2 * l + 1) + 1, n)).fails_at({n: 5, l: 1})
        False
    """

    name: str
    goal: Boolean
    hypotheses: tuple[Boolean, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "goal", _condition(self.name, self.goal))
        if isinstance(self.hypotheses, bool | sp.Basic):
            msg = f"{self.name}: hypotheses are a tuple: write ({self.hypotheses},)."
            raise ClaimError(msg)
        given = tuple(_condition(self.name, each) for each in self.hypotheses)
        object.__setattr__(self, "hypotheses", given)
        names: dict[str, sp.Symbol] = {}
        for symbol in self.symbols:
            _check_declared(self.name, symbol)
            if names.setdefault(spelling(symbol), symbol) is not symbol:
                msg = f"{self.name}: two symbols are called {symbol}. Rename one."
                raise ClaimError(msg)

        if len({bool(symbol.is_integer) for symbol in self.symbols}) > 1:
            msg = f"{self.name} mixes integers and reals among {self.symbols}: claim one at a time."
            raise ClaimError(msg)

    @property
    def is_real(self) -> bool:
        """Whether it speaks of reals."""
        return any(not symbol.is_integer for symbol in self.symbols)

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The integers that the claim speaks of, by name."""
        return _symbols((self.goal, *self.hypotheses))

    @property
    def assumed(self) -> tuple[Boolean, ...]:
        """The hypotheses, with those that the symbols carry."""
        return (*carried(self.symbols), *self.hypotheses)

    def implications(self) -> tuple["Claim", ...]:
        """Return the claims that it falls into, none of which is a conjunction.

        ``A <=> B`` falls into two: solvers find each, and miss the whole.
        """
        parts = tuple(_parts(self.goal, self.hypotheses))
        if len(parts) == 1:
            return tuple(replace(self, goal=goal, hypotheses=given) for goal, given in parts)
        numbered = enumerate(parts, start=1)
        return tuple(
            Claim(name=f"{self.name} ({i})", goal=goal, hypotheses=given)
            for i, (goal, given) in numbered
        )

    def given(self, *more: Boolean) -> "Claim":
        """Return the claim under more hypotheses."""
        return replace(self, hypotheses=(*self.hypotheses, *more))

    def without(self, hypothesis: Boolean) -> "Claim":
        """Return the claim with one hypothesis left out.

        Raises:
            ClaimError: if it is none.
        """
        if hypothesis not in self.hypotheses:
            msg = f"{self.name}: {hypothesis} is not among its hypotheses {self.hypotheses}."
            raise ClaimError(msg)
        rest = tuple(each for each in self.hypotheses if each != hypothesis)
        return replace(self, hypotheses=rest)

    def fails_at(self, values: Mapping[sp.Symbol, Number]) -> bool:
        """Return whether numbers refute it: the hypotheses hold there, and the goal does not."""
        return all(truth(h, values) for h in self.assumed) and not truth(self.goal, values)


@lru_cache(maxsize=1 << 12)
def _symbols(parts: tuple[Boolean, ...]) -> tuple[sp.Symbol, ...]:
    return tuple(sorted(set().union(*map(_free, parts)), key=spelling))


@lru_cache(maxsize=1 << 14)
def _free(part: Boolean) -> frozenset[sp.Symbol]:
    return frozenset(sp.sympify(part).free_symbols)


def carried(symbols: Iterable[sp.Symbol]) -> tuple[Boolean, ...]:
    """Return what symbols are declared to be: their signs, as conditions."""
    found = []
    for symbol in symbols:
        if symbol.is_positive:
            found.append(le(1, symbol) if symbol.is_integer else lt(0, symbol))
        elif symbol.is_negative:
            found.append(le(symbol, -1) if symbol.is_integer else lt(symbol, 0))
        elif symbol.is_nonnegative:
            found.append(le(0, symbol))
        elif symbol.is_nonpositive:
            found.append(le(symbol, 0))
    return tuple(found)


def _condition(name: str, part: Boolean) -> Boolean:
    if isinstance(part, bool):
        msg = (
            f"{name}: Python decided one of its conditions, {part}: build relations by eq, ne, le "
            "and lt of convproof.symbolic.solver.terms, for == compares how things are written."
        )
        raise ClaimError(msg)
    if not isinstance(part, Boolean):
        msg = f"{name}: {part!r} is no condition: build one by eq, ne, le or lt."
        raise ClaimError(msg)
    return part


def _check_declared(name: str, symbol: sp.Symbol) -> None:
    if not (symbol.is_integer or symbol.is_real):
        msg = f"{name}: {symbol} is declared neither integer nor real: use Symbol(integer=True)."
        raise ClaimError(msg)
    field = "integer" if symbol.is_integer else "real"
    signs = ("positive", "negative", "nonnegative", "nonpositive")
    sign = next((each for each in signs if getattr(symbol, f"is_{each}")), None)
    plain = sp.Symbol(symbol.name, **{field: True}, **({sign: True} if sign else {}))
    more = sorted(set(symbol.assumptions0.items()) - set(plain.assumptions0.items()))
    if more:
        told = ", ".join(key if holds else f"not {key}" for key, holds in more)
        msg = (
            f"{name}: {symbol} is declared to be more than {sign or 'any'} {field} ({told}), "
            "which no engine is told: declare its sign alone, and write the rest as a hypothesis."
        )
        raise ClaimError(msg)


def spelling(symbol: sp.Symbol) -> str:
    """Return a name that no other symbol of a claim has: bound ones are numbered."""
    return f"{symbol.name}_{symbol.dummy_index}" if isinstance(symbol, sp.Dummy) else symbol.name


def _parts(
    goal: Boolean, given: tuple[Boolean, ...]
) -> Iterator[tuple[Boolean, tuple[Boolean, ...]]]:
    if isinstance(goal, sp.And):
        for part in goal.args:
            yield from _parts(part, given)
    elif isinstance(goal, sp.Implies):
        condition, consequence = goal.args
        yield from _parts(consequence, (*given, *conjuncts((condition,))))
    elif isinstance(goal, sp.Equivalent):
        first, *others = goal.args
        for other in others:
            for one, two in ((first, other), (other, first)):
                yield from _parts(implies(one, two), given)
    else:
        yield goal, given


def conjuncts(conditions: Iterable[Boolean]) -> tuple[Boolean, ...]:
    """Return conditions with conjunctions taken apart."""
    found: list[Boolean] = []
    for condition in conditions:
        parts = condition.args if isinstance(condition, sp.And) else (condition,)
        found += conjuncts(parts) if isinstance(condition, sp.And) else parts
    return tuple(found)


def conjunction(conditions: Iterable[Boolean]) -> Boolean:
    """Return one condition for several; true for none."""
    parts = tuple(conditions)
    return both(*parts) if parts else sp.true
