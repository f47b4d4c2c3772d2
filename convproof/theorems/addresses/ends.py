"""Below which products of sizes the numbers lie that a computation makes, and why.

::

    a + b x -> v,   A b -> E        with   v = b u + y,  E = b F,   0 <= u < F,  0 <= y < b

A number that is ``flat`` of others, or a quotient or a remainder, has an end that follows from
theirs by a lemma. Each number and each end is given a name: what a solver is asked then has no
product of more than two names, and is the more general for it. Two numbers that SymPy expands to
one have one name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from convproof.symbolic.integers import Divided, Flattened, Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, box, eq
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, every, upper

_AT_ONCE = 3  # numbers of a claim
_ZERO = sp.Integer(0)


class Ends:
    """Numbers with their ends.

    Args:
        trace: of the computation.
        ends: of its indices.
        inside: conditions under which its last numbers are computed.
    """

    def __init__(
        self, trace: Trace, ends: Mapping[Any, Term], inside: Sequence[Boolean] = ()
    ) -> None:
        self._ends: dict[Any, Any] = {}
        self._why: dict[Any, tuple[tuple[Boolean, ...], tuple[Any, ...]]] = {}
        self._names: dict[Any, Any] = {}
        for place, end in ends.items():
            self._put(place, end, ())
        for place, end in upper(inside).items():
            used = [s for s in trace.divisions if s.quotient == place]
            facts = [eq(self._name(a), b * q + r) for a, b, q, r in used]
            facts += [fact for _, b, q, r in used for fact in (*box(0, r, b), BELOW.at(q, r, b))]
            self._put(place, end, (*map(self._named, inside), *facts))
        before = -1
        while before < len(self._ends):
            before = len(self._ends)
            for step in trace.steps:
                self._step(step)
            for one, other in trace.products:
                self._flattened(one, other, _ZERO)
                self._flattened(other, one, _ZERO)

    def end(self, number: Term) -> Any:
        """Return the end of a number; of one that is not known None."""
        return self._ends.get(sp.expand(number))

    def bounds(self, numbers: Iterable[Term]) -> tuple[Boolean, ...]:
        """Return that numbers are at least 0 and below their ends, by their names."""
        return tuple(
            part for n in numbers for part in box(0, self._name(n), self._size(self.end(n)))
        )

    def facts(self, numbers: Iterable[Term], shown: Iterable[Term] = ()) -> tuple[Boolean, ...]:
        """Return all that the bounds of numbers follow from, where those of others are shown."""
        found: dict[Boolean, None] = {}
        known = {sp.expand(n) for n in shown}
        left, seen = [sp.expand(n) for n in numbers], set[Any]()
        while left:
            key = left.pop()
            if key in known:
                found |= dict.fromkeys(self.bounds([key]))
            elif key in self._why and key not in seen:
                seen.add(key)
                facts, of = self._why[key]
                found |= dict.fromkeys(facts)
                left += map(sp.expand, of)
        return tuple(found)

    def _put(self, number: Any, end: Any, facts: Iterable[Boolean], *of: Any) -> None:
        key = sp.expand(number)
        if key not in self._ends:
            self._ends[key] = end
            held = tuple(facts) or box(0, self._name(key), self._size(end))
            self._why[key] = held, of

    def _step(self, step: Divided | Flattened) -> None:
        if isinstance(step, Flattened):
            self._flattened(*step)
            return
        a, b, q, r = step
        self._put(r, b, ())
        end = self.end(a)
        rest = None if end is None else sp.cancel(end / b)
        if rest is not None and sp.denom(rest) == 1:
            by, most = self._size(b), self._size(rest)
            self._put(
                q,
                rest,
                (
                    eq(self._name(a), by * q + r),
                    *box(0, r, by),
                    eq(self._size(end), most * by),
                    BELOW.at(q, r, by),
                    ABOVE.at(q, most, r, by),
                ),
                a,
            )

    def _flattened(self, number: sp.Expr, by: sp.Expr, place: sp.Expr) -> None:
        end = self.end(number)
        if end is None or not (place == 0 or self.end(place) == by) or not is_size(by):
            return
        if self.end(number * by + place) is None:
            named = self._name(number), self._size(end), self._name(place), self._size(by)
            facts = (
                eq(self._name(number * by + place), named[0] * named[3] + named[2]),
                eq(self._size(end * by), named[1] * named[3]),
                FLATTEN.at(*named),
            )
            self._put(number * by + place, end * by, facts, number, place)

    def _name(self, number: Any) -> Any:
        key = sp.expand(number)
        if key.is_Symbol or key.is_Integer:
            return key
        return self._names.setdefault(key, index(f"v_{len(self._names)}"))

    def _size(self, product: Any) -> Any:
        key = sp.expand(product)
        if key.is_Symbol or key.is_Integer:
            return key
        return self._names.setdefault(key, size(f"E_{len(self._names)}"))

    def _named(self, fact: Boolean) -> Boolean:
        """Return a condition, its sides by their names if they have some; the sums they are."""
        if not isinstance(fact, Relational):
            return fact
        sides = (each if each.is_Number else self._side(each) for each in fact.args)
        return type(fact)(*sides, evaluate=False)

    def _side(self, term: Any) -> Any:
        return term if term.has(sp.Mod, sp.floor) else self._name(term)


def below(
    name: str, numbers: Iterable[sp.Expr], known: Ends, arrays: Iterable[Term]
) -> tuple[list[Claim], list[sp.Expr]]:
    """Return that numbers are below products of an array's sizes, and the numbers that are not.

    Args:
        name: of the claims.
        numbers: in the order in which they are computed.
        known: their ends.
        arrays: how many elements each array has.
    """
    distinct = [n for n in dict.fromkeys(numbers) if n.free_symbols and not n.is_Symbol]
    ends = {n: n if is_size(n) else known.end(n) for n in distinct}
    held = {n: end for n, end in ends.items() if end is not None and _is_part(end, arrays)}
    shown = [n for n, end in held.items() if n != end]
    claims = [
        Claim(
            name=name if i == 0 else f"{name}, part {1 + i // _AT_ONCE}",
            goal=every(*known.bounds(shown[i : i + _AT_ONCE])),
            hypotheses=known.facts(shown[i : i + _AT_ONCE], shown[:i]),
        )
        for i in range(0, len(shown), _AT_ONCE)
    ]
    return claims, [n for n in distinct if n not in held]


def _is_part(end: sp.Expr, arrays: Iterable[Term]) -> bool:
    """Return whether a product of sizes is one of some sizes of an array."""
    return any(sp.denom(sp.cancel(each / end)) == 1 for each in arrays)


def is_size(term: sp.Expr) -> bool:
    """Return whether a formula is one of sizes alone."""
    return bool(term.free_symbols) and all(s.is_positive for s in term.free_symbols)
