"""What terms and relations are at numbers: Python's own arithmetic, apart from every engine.

A counterexample that a solver finds is believed when it fails here too.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Any

import sympy as sp

from convproof.errors import ClaimError

Number = int | Fraction
_RELATIONS = {
    sp.Eq: lambda a, b: a == b,
    sp.Ne: lambda a, b: a != b,
    sp.Le: lambda a, b: a <= b,
    sp.Lt: lambda a, b: a < b,
    sp.Ge: lambda a, b: a >= b,
    sp.Gt: lambda a, b: a > b,
}


def value(term: Any, at: Mapping[sp.Symbol, Number]) -> Fraction:
    """Return a term at numbers.

    Raises:
        ClaimError: if the term has no meaning in integers and their quotients.
        ZeroDivisionError: if it divides by zero.
    """
    term = sp.sympify(term)
    if isinstance(term, sp.Symbol):
        return Fraction(at[term])
    if isinstance(term, sp.Rational):
        return Fraction(int(term.p), int(term.q))
    if isinstance(term, sp.Piecewise):
        for then, condition in term.args:
            if truth(condition, at):
                return value(then, at)
    parts = [value(arg, at) for arg in term.args] if not isinstance(term, sp.Piecewise) else []
    if isinstance(term, sp.Add):
        return sum(parts, Fraction(0))
    if isinstance(term, sp.Mul):
        return prod(parts, start=Fraction(1))
    if isinstance(term, sp.Pow) and parts[1].denominator == 1:
        return Fraction(parts[0] ** int(parts[1]))
    if isinstance(term, sp.Mod):
        return Fraction(parts[0] % parts[1])
    if isinstance(term, sp.floor):
        return Fraction(parts[0] // 1)
    if isinstance(term, sp.ceiling):
        return Fraction(-(-parts[0] // 1))
    if isinstance(term, sp.Max):
        return max(parts)
    if isinstance(term, sp.Min):
        return min(parts)
    if isinstance(term, sp.Abs):
        return abs(parts[0])
    raise ClaimError(unknown(term))


def truth(condition: Any, at: Mapping[sp.Symbol, Number]) -> bool:
    """Return whether a condition holds at numbers."""
    condition = sp.sympify(condition)
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.And):
        return all(truth(arg, at) for arg in condition.args)
    if isinstance(condition, sp.Or):
        return any(truth(arg, at) for arg in condition.args)
    if isinstance(condition, sp.Not):
        return not truth(condition.args[0], at)
    if isinstance(condition, sp.Implies):
        return not truth(condition.args[0], at) or truth(condition.args[1], at)
    if isinstance(condition, sp.ITE):
        return truth(condition.args[1 if truth(condition.args[0], at) else 2], at)
    if isinstance(condition, sp.Equivalent):
        return len({truth(arg, at) for arg in condition.args}) == 1
    relation = _RELATIONS.get(type(condition))
    if relation is None:
        raise ClaimError(unknown(condition))
    return bool(relation(value(condition.args[0], at), value(condition.args[1], at)))


def unknown(part: Any) -> str:
    """Return what is said of a term or condition that claims cannot have."""
    return (
        f"{part} ({type(part).__name__}) is nothing that a claim about integers can say: use +, *, "
        "positive powers, floor, ceiling, Mod, Max, Min, Abs, Piecewise and relations of them."
    )
