"""What the proofs of addresses rest on: facts about ``b x + y``, each proved where it is used.

::

    flatten   0 <= x < A,  0 <= y < b          =>   0 <= b x + y < A b
    below     0 <= b x + y,  0 <= y < b        =>   0 <= x
    above     b x + y < A b,  0 <= y < b       =>   x < A
    unique    b x + y = b x' + y',  0 <= y, y' < b   =>   x = x',  y = y'
    congruent x = x',  y = y'                  =>   b x + y = b x' + y'

A solver that is asked of an address at once finds no answer: its products are too many. So a proof
has a lemma among its steps and, among the hypotheses of the other steps, instances of that lemma:
the lemma with terms in the place of its variables, which hold because the lemma does. What remains
to be found is which follows from which.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.integers import Divided, Flattened, Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import (
    Term,
    both,
    box,
    either,
    eq,
    implies,
    le,
    lt,
    negation,
    put,
    quotient,
    remainder,
)

_A, _b, _x, _y, _x2, _y2 = map(index, ("A", "b", "x", "y", "x'", "y'"))


@dataclass(frozen=True, slots=True)
class Lemma:
    """A claim about any integers, and what it says of others.

    Attributes:
        claim: to be proved.
        variables: of which it holds for all values.
    """

    claim: Claim
    variables: tuple[sp.Symbol, ...]

    def at(self, *values: Term) -> Boolean:
        """Return an instance: that the hypotheses imply the goal, of these values."""
        whole = implies(both(*self.claim.hypotheses), self.claim.goal)
        return put(whole, dict(zip(self.variables, values, strict=True)))


FLATTEN = Lemma(
    Claim(
        name="flatten",
        goal=both(*box(0, _x * _b + _y, _A * _b)),
        hypotheses=(*box(0, _x, _A), *box(0, _y, _b)),
    ),
    (_x, _A, _y, _b),
)
BELOW = Lemma(
    Claim(
        name="a quotient is not negative",
        goal=le(0, _x),
        hypotheses=(le(0, _x * _b + _y), *box(0, _y, _b)),
    ),
    (_x, _y, _b),
)
ABOVE = Lemma(
    Claim(
        name="a quotient is below",
        goal=lt(_x, _A),
        hypotheses=(lt(_x * _b + _y, _A * _b), *box(0, _y, _b)),
    ),
    (_x, _A, _y, _b),
)
UNIQUE = Lemma(
    Claim(
        name="a quotient and its remainder are unique",
        goal=both(eq(_x, _x2), eq(_y, _y2)),
        hypotheses=(
            eq(_x * _b + _y, _x2 * _b + _y2),
            *box(0, _y, _b),
            *box(0, _y2, _b),
        ),
    ),
    (_x, _y, _x2, _y2, _b),
)


CONGRUENT = Lemma(
    Claim(
        name="equal quotients give equal numbers",
        goal=eq(_x * _b + _y, _x2 * _b + _y2),
        hypotheses=(eq(_x, _x2), eq(_y, _y2)),
    ),
    (_x, _y, _x2, _y2, _b),
)


_d = size("b")
QUOTIENT = Claim(
    name="a number is taken apart",
    goal=both(eq(quotient(_x * _d + _y, _d), _x), eq(remainder(_x * _d + _y, _d), _y)),
    hypotheses=box(0, _y, _d),
)


def every(*parts: Boolean) -> Boolean:
    """Return that all parts hold, as one question: that it is not so that one of them fails."""
    return negation(either(*(negation(part) for part in parts)))


def ranges(ends: Mapping[Any, Term]) -> tuple[Boolean, ...]:
    """Return that each index is at least 0 and below its end."""
    return tuple(part for place, end in ends.items() for part in box(0, place, end))


def upper(conditions: Iterable[Boolean]) -> dict[Any, Term]:
    """Return the ends that conditions state."""
    return {part.args[0]: part.args[1] for part in conditions if isinstance(part, sp.Lt)}


def instances(trace: Trace, ends: Mapping[Any, Term]) -> tuple[Boolean, ...]:
    """Return instances of ``LEMMAS`` for what was computed of indices that have these ends.

    Which ends are tried is a guess, and a wrong one makes an instance useless, never false.
    """
    known: dict[Any, Any] = {sp.sympify(k): sp.sympify(v) for k, v in ends.items()}
    found: list[Boolean] = []
    for step in trace.steps:
        if isinstance(step, Divided):
            a, b, q, r = step
            found.append(BELOW.at(q, r, b))
            known[r] = b
            end = sp.cancel(known[a] / b) if a in known else None
            if end is not None and end.is_polynomial(*end.free_symbols):
                found.append(ABOVE.at(q, end, r, b))
                known.setdefault(q, end)
        elif step.number in known and step.value not in known:
            found.append(FLATTEN.at(step.number, known[step.number], step.place, step.size))
            known[step.value] = known[step.number] * step.size
    return tuple(found)


def unique(pairs: Iterable[tuple[Divided | Flattened, Divided | Flattened]]) -> tuple[Boolean, ...]:
    """Return, of two sums ``b x + y`` with one ``b``, that equal ones have equal parts."""
    return tuple(UNIQUE.at(*one.parts, *other.parts, one.step) for one, other in pairs)


LEMMAS = (FLATTEN.claim, BELOW.claim, ABOVE.claim)
