"""Between which integers the indices of a sum go, at given sizes.

Affine conditions bound each index by the bounds of the others, until nothing changes::

    c v + rest >= 0,  c > 0   =>   v >= ceil(-max(rest) / c)
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, inf
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.solver.claim import Claim
from convproof.symbolic.solver.engines import ask_z3
from convproof.symbolic.solver.evaluation import truth, value
from convproof.symbolic.solver.smtlib import script
from convproof.symbolic.solver.terms import both, eq, le

Sizes = Mapping[sp.Symbol, int]
_Row = tuple[Fraction, dict[sp.Symbol, Fraction]]  # constant + sum of coefficient * index >= 0
_ROUNDS = 64
_REACHES = (8, 64, 512, 4096)


def ranges(
    indices: Sequence[sp.Symbol], guard: Sequence[Boolean], sizes: Sizes
) -> list[range | None]:
    """Return a range per index outside of which the guard does not hold; None if none is found."""
    rows = [row for condition in guard for row in _rows(condition, indices, sizes)]
    low: dict[sp.Symbol, float] = dict.fromkeys(indices, -inf)
    high: dict[sp.Symbol, float] = dict.fromkeys(indices, inf)
    for _ in range(_ROUNDS):
        before = {**low}, {**high}
        for constant, coefficients in rows:
            if not coefficients and constant < 0:
                return [range(0)] * len(indices)
            for v, c in coefficients.items():
                rest = constant + sum(
                    b * (high[u] if b > 0 else low[u]) for u, b in coefficients.items() if u != v
                )
                if rest == inf:
                    continue
                if c > 0:
                    low[v] = max(low[v], ceil(-rest / c))
                else:
                    high[v] = min(high[v], floor(rest / -c))
        if any(low[v] > high[v] for v in indices):
            return [range(0)] * len(indices)
        if before == (low, high):
            break
    return [
        None if inf in (-low[v], high[v]) else range(int(low[v]), int(high[v]) + 1) for v in indices
    ]


def bounded(indices: Sequence[sp.Symbol], guard: Sequence[Boolean], sizes: Sizes) -> list[range]:
    """Return the ranges, by Z3 where the inequalities one by one do not give them.

    Raises:
        ClaimError: if an index is not seen to be bounded.
    """
    found = ranges(indices, guard, sizes)
    open_ = [v for v, each in zip(indices, found, strict=True) if each is None]
    if not open_:
        return [each for each in found if each is not None]
    at = (*guard, *(eq(symbol, number) for symbol, number in sizes.items()))
    for reach in _REACHES:
        goal = both(*(each for v in open_ for each in (le(-reach, v), le(v, reach))))
        claim = Claim(name="bounded", goal=goal, hypotheses=at)
        if ask_z3(script(claim, "native")).said == "unsat":
            within = range(-reach, reach + 1)
            return [within if each is None else each for each in found]
    named = ", ".join(map(str, open_))
    msg = f"a sum over {named} is not finite: bound it by the guard {tuple(guard)}."
    raise ClaimError(msg)


def points(
    indices: Sequence[sp.Symbol],
    places: Sequence[range],
    guard: Sequence[Boolean],
    sizes: Sizes,
) -> Iterator[dict[sp.Symbol, int]]:
    """Yield the indices that obey the guard: each condition is asked as soon as it can be."""
    due: list[list[Boolean]] = [[] for _ in range(len(indices) + 1)]
    for condition in guard:
        last = max((i + 1 for i, v in enumerate(indices) if v in condition.free_symbols), default=0)
        due[last].append(condition)

    def extended(values: dict[sp.Symbol, int], place: int) -> Iterator[dict[sp.Symbol, int]]:
        if not all(truth(condition, values) for condition in due[place]):
            return
        if place == len(indices):
            yield {v: values[v] for v in indices}
            return
        for number in places[place]:
            yield from extended({**values, indices[place]: number}, place + 1)

    yield from extended({**sizes}, 0)


def _rows(condition: Boolean, indices: Sequence[sp.Symbol], sizes: Sizes) -> Iterator[_Row]:
    if not isinstance(condition, Relational) or isinstance(condition, sp.Ne):
        return
    if not all(_is_affine(side, {*indices}) for side in condition.args):
        return
    nowhere = {**sizes, **dict.fromkeys(indices, 0)}

    def difference(at: Sizes) -> Fraction:
        return value(condition.rhs, at) - value(condition.lhs, at)

    constant = difference(nowhere)
    slopes = {v: difference({**nowhere, v: 1}) - constant for v in indices}
    slopes = {v: c for v, c in slopes.items() if c}
    whole = all(number.denominator == 1 for number in (constant, *slopes.values()))
    less = 1 if isinstance(condition, sp.Lt | sp.Gt) and whole else 0
    if isinstance(condition, sp.Le | sp.Lt | sp.Eq):
        yield constant - less, slopes
    if isinstance(condition, sp.Ge | sp.Gt | sp.Eq):
        yield -constant - less, {v: -c for v, c in slopes.items()}


def _is_affine(term: Any, indices: set[sp.Symbol]) -> bool:
    used = term.free_symbols & indices
    if not used or isinstance(term, sp.Symbol):
        return True
    if isinstance(term, sp.Add):
        return all(_is_affine(arg, indices) for arg in term.args)
    if isinstance(term, sp.Mul):
        moving = [arg for arg in term.args if arg.free_symbols & indices]
        return len(moving) == 1 and _is_affine(moving[0], indices)
    return False
