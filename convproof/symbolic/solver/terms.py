"""Relations between integers, kept as they are written: SymPy decides none of them.

SymPy's own relations evaluate, ``0 <= s`` to true for a positive ``s``: a solver would then be
asked less than the theorem says. These stay, and print, as they were built.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanFunction

Term = Any  # a SymPy expression or an int


def eq(a: Term, b: Term) -> Boolean:
    """Return ``a = b``."""
    return sp.Eq(sp.sympify(a), sp.sympify(b), evaluate=False)


def ne(a: Term, b: Term) -> Boolean:
    """Return ``a != b``."""
    return sp.Ne(sp.sympify(a), sp.sympify(b), evaluate=False)


def le(a: Term, b: Term) -> Boolean:
    """Return ``a <= b``."""
    return sp.Le(sp.sympify(a), sp.sympify(b), evaluate=False)


def lt(a: Term, b: Term) -> Boolean:
    """Return ``a < b``."""
    return sp.Lt(sp.sympify(a), sp.sympify(b), evaluate=False)


def divides(divisor: Term, a: Term) -> Boolean:
    """Return ``divisor | a``, for a positive divisor."""
    return eq(sp.Mod(a, divisor, evaluate=False), 0)


def box(low: Term, a: Term, end: Term) -> tuple[Boolean, Boolean]:
    """Return ``low <= a`` and ``a < end``."""
    return le(low, a), lt(a, end)


def both(*parts: Boolean) -> Boolean:
    """Return the conjunction."""
    return parts[0] if len(parts) == 1 else sp.And(*parts, evaluate=False)


def either(*parts: Boolean) -> Boolean:
    """Return the disjunction."""
    return parts[0] if len(parts) == 1 else sp.Or(*parts, evaluate=False)


def negation(part: Boolean) -> Boolean:
    """Return what holds where the part does not."""
    return sp.Not(part, evaluate=False)


def implies(a: Boolean, b: Boolean) -> Boolean:
    """Return that ``b`` holds wherever ``a`` does."""
    return sp.Implies(a, b, evaluate=False)


def iff(a: Boolean, b: Boolean) -> Boolean:
    """Return that two sides hold together."""
    return sp.Equivalent(a, b, evaluate=False)


def quotient(a: Term, divisor: Term) -> sp.Expr:
    """Return the quotient rounded down, for a positive divisor."""
    return sp.floor(sp.sympify(a) / sp.sympify(divisor), evaluate=False)


def remainder(a: Term, divisor: Term) -> sp.Expr:
    """Return ``a - divisor * quotient``, for a positive divisor."""
    return sp.Mod(sp.sympify(a), sp.sympify(divisor), evaluate=False)


@lru_cache(maxsize=1 << 14)
def shown(part: Any) -> str:
    """Return an expression as SymPy prints it, which takes it longer than a proof."""
    return str(part)


def put(expression: Any, values: Mapping[Any, Term]) -> Any:
    """Return an expression with symbols replaced, all at once; relations stay relations."""
    if isinstance(expression, Relational):
        sides = (put(side, values) for side in expression.args)
        return type(expression)(*sides, evaluate=False)
    if isinstance(expression, BooleanFunction):
        return expression.func(*(put(a, values) for a in expression.args), evaluate=False)
    return sp.sympify(expression).xreplace({k: sp.sympify(v) for k, v in values.items()})
