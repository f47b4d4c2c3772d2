"""The normal form of a differentiated sum: summands, each under one sum, its deltas set apart.

::

    sum_{limits} [equations] [guards] factors
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.index_sum.differentiate import fresh
from convproof.symbolic.index_sum.iverson import Iverson

Limit = tuple[sp.Symbol, sp.Expr, sp.Expr]  # an index, its least and its greatest value
Equation = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summand:
    """``sum_{limits} [left = right for every equation] [guards] factors``.

    Attributes:
        limits: the indices summed over, inner sums first; a limit may contain the indices after it.
        equations: the deltas.
        guards: the other conditions.
        factors: what is summed.
    """

    limits: tuple[Limit, ...] = ()
    equations: tuple[Equation, ...] = ()
    guards: tuple[Boolean, ...] = ()
    factors: tuple[sp.Expr, ...] = field(default=())

    @property
    def expression(self) -> sp.Expr:
        """The summand as SymPy's Sum; factors without its indices stand before it."""
        deltas = [sp.KroneckerDelta(*equation) for equation in self.equations]
        factors = _collected(self.factors)
        if not self.limits:
            return prod((*factors, *deltas), start=Iverson(*self.guards))
        indices = {limit[0] for limit in self.limits}
        inner = [factor for factor in factors if factor.free_symbols & indices]
        outer = [factor for factor in factors if not factor.free_symbols & indices]
        function = prod((*inner, *deltas), start=Iverson(*self.guards))
        return prod(outer, start=sp.Sum(function, *self.limits))

    def times(self, other: "Summand") -> "Summand":
        """Return the product under one sum; the indices of both must be different."""
        return Summand(
            limits=self.limits + other.limits,
            equations=self.equations + other.equations,
            guards=self.guards + other.guards,
            factors=self.factors + other.factors,
        )


def summands(expression: Any) -> tuple[Summand, ...]:
    """Return the summands of a derivative. What has no delta in it stays one factor.

    Example:
        >>> x, n, c = sp.IndexedBase("x"), sp.Symbol("n"), sp.Symbol("c", integer=True)
        >>> k = sp.Dummy("k", integer=True)
        >>> (only,) = summands(sp.Sum(x[k] * sp.KroneckerDelta(k, c), (k, 0, n)) * 2)
        >>> only.factors, only.equations
        ((2, x[_k]), ((_k, c),))
    """
    if isinstance(expression, sp.Sum) and expression.has(sp.KroneckerDelta):
        return opened(expression)
    if isinstance(expression, sp.KroneckerDelta):
        return (Summand(equations=(tuple(expression.args[:2]),)),)
    if isinstance(expression, Iverson):
        return (Summand(guards=expression.args),)
    if isinstance(expression, sp.Add) and expression.has(sp.KroneckerDelta):
        return tuple(each for part in expression.args for each in summands(part))
    if isinstance(expression, sp.Mul):
        return tuple(map(_multiplied, product(*map(summands, expression.args))))
    if expression == 0:
        return ()
    # a sum inside a factor may be bound by the very index of the sum around it: S of dS/dx * S^(-2)
    return (Summand(factors=(fresh(expression),)),)


def opened(expression: sp.Expr) -> tuple[Summand, ...]:
    """Return the summands of a form: of a sum, or of a sum of sums, also without deltas."""
    if isinstance(expression, sp.Add):
        return tuple(each for part in expression.args for each in opened(part))
    if not isinstance(expression, sp.Sum):
        return summands(expression)
    own = tuple(tuple(limit) for limit in expression.limits)
    inner = summands(expression.function)
    return tuple(replace(each, limits=each.limits + own) for each in inner)


def total(parts: Iterable[Summand]) -> sp.Expr:
    """Return the sum of summands."""
    return sp.Add(*(part.expression for part in parts))


def _collected(factors: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """Return the factors with the powers of equal sums as one, which SymPy leaves apart."""
    powers: dict[sp.Expr, sp.Expr] = {}
    others = []
    for factor in factors:
        base, exponent = factor.as_base_exp()
        if base.is_Add:
            powers[base] = powers.get(base, sp.S.Zero) + exponent
        else:
            others.append(factor)
    return others + [base**exponent for base, exponent in powers.items()]


def _multiplied(parts: Iterable[Summand]) -> Summand:
    result = Summand()
    for part in parts:
        result = result.times(part)
    return result
