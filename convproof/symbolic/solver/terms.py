"""Relations between integers, kept as they are written: SymPy decides none of them.

It does simplify the terms between which they stand, ``Mod(2 k, 2)`` to 0.

SymPy's own relations evaluate, ``0 <= s`` to true for a positive ``s``: a solver would then be
asked less than the theorem says. These stay, and print, as they were built.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.core.sorting import ordered
from sympy.logic.boolalg import Boolean, BooleanFunction

from convproof.symbolic.solver.evaluation import truth

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
    return _joined(sp.And, parts)


def either(*parts: Boolean) -> Boolean:
    """Return the disjunction."""
    return _joined(sp.Or, parts)


def negation(part: Boolean) -> Boolean:
    """Return what holds where the part does not."""
    return sp.Not(part, evaluate=False)


def implies(a: Boolean, b: Boolean) -> Boolean:
    """Return that ``b`` holds wherever ``a`` does."""
    return sp.Implies(a, b, evaluate=False)


def iff(a: Boolean, b: Boolean) -> Boolean:
    """Return that two sides hold together."""
    return sp.true if a == b else _joined(sp.Equivalent, (a, b))


def quotient(a: Term, divisor: Term) -> sp.Expr:
    """Return the quotient rounded down, for a positive divisor."""
    return sp.floor(sp.sympify(a) / sp.sympify(divisor), evaluate=False)


def remainder(a: Term, divisor: Term) -> sp.Expr:
    """Return ``a - divisor * quotient``, for a positive divisor."""
    a, divisor = sp.sympify(a), sp.sympify(divisor)
    return sp.Mod(a, divisor, evaluate=a.is_Integer and divisor.is_Integer)


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
        parts = tuple(put(a, values) for a in expression.args)
        if isinstance(expression, sp.And | sp.Or | sp.Equivalent):
            return _joined(type(expression), parts)
        return expression.func(*parts, evaluate=False)
    term = sp.sympify(expression)
    if isinstance(term, sp.Piecewise):
        return _cases((put(then, values), put(when, values)) for then, when in term.args)
    if isinstance(term, sp.Expr) and term.args and term.has(sp.Piecewise):
        return term.func(*(put(arg, values) for arg in term.args))
    return term.xreplace({k: sp.sympify(v) for k, v in values.items()})


def _cases(cases: Iterable[tuple[sp.Expr, Boolean]]) -> sp.Expr:
    """Return a Piecewise without the cases that are decided: SymPy cannot build ``0 <= 1`` in."""
    kept = []
    for then, when in cases:
        if not when.free_symbols:
            if not truth(when, {}):
                continue
            kept.append((then, sp.true))
            break
        kept.append((then, when))
    if not kept:
        return sp.nan
    return kept[0][0] if kept[0][1] is sp.true else sp.Piecewise(*kept, evaluate=False)


def _joined(kind: Any, parts: Iterable[Boolean]) -> Boolean:
    """Return And, Or or Equivalent of parts as they are, but for repetitions.

    ``sp.And(x <= y, y >= x, evaluate=False)`` drops a part, and ``sp.Equivalent`` both: it takes
    ``(x < y, y > x, z)`` for ``z``.
    """
    different = frozenset(map(sp.sympify, parts))
    if not different:
        return sp.false if kind is sp.Or else sp.true
    if len(different) == 1:
        return next(iter(different)) if kind is not sp.Equivalent else sp.true
    held = (different,) if kind is sp.Equivalent else tuple(ordered(different))
    made = sp.Basic.__new__(kind, *held)
    made._argset = different  # noqa: SLF001  # as SymPy's own constructors do
    return made
