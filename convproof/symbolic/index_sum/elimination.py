r"""Sound elimination of a delta from a sum, and the unwrapping of a circular one.

For ``alpha >= 1`` an affine equation has one solution, and it is an integer only sometimes::

    sum_{v=lo}^{hi} [alpha v = u] f(v)  =  [alpha | u] [lo <= z <= hi] f(z)      z = floor(u/alpha)

SymPy's own ``Sum.doit`` leaves out ``alpha | u`` and so is wrong. An equation with a remainder
becomes one without, by a sum over how often the index has gone around, of which just one counts::

    [i = e mod n]  =  sum_v [i + n v = e]                 0 <= i < n,   v = floor(e/n)

Every rewrite returns claims with it, to be proved for all integers.
"""

from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.index_sum.differentiate import replaced
from convproof.symbolic.index_sum.summand import Equation, Limit, Summand
from convproof.symbolic.solver.claim import Claim
from convproof.symbolic.solver.terms import box, divides, eq, le, put, quotient

Rewritten = tuple[Summand, tuple[Claim, ...]]


def eliminate(
    summand: Summand, equation: Equation, index: sp.Symbol, known: tuple[Boolean, ...]
) -> Rewritten:
    """Return the summand without one of its deltas and one of its indices.

    Args:
        summand: in which they are.
        equation: the delta, affine in the index with a coefficient known to be positive.
        index: what it is solved for.
        known: conditions on free indices; guards that are among them, be it by the equation, go.

    Raises:
        ClaimError: if the equation is not affine in the index.

    Example:
        >>> v, u = sp.symbols("v u", integer=True)
        >>> s, n = sp.symbols("s n", integer=True, positive=True)
        >>> x = sp.IndexedBase("x")
        >>> delta = (s * v, u)
        >>> before = Summand(limits=((v, sp.S(0), n - 1),), equations=(delta,), factors=(x[v],))
        >>> after, claims = eliminate(before, delta, v, ())
        >>> after.expression
        [s | u][0 <= floor(u/s) < n]*x[floor(u/s)]
        >>> for claim in claims:
        ...     print(claim.hypotheses, "=>", claim.goal)
        (Eq(s*v, u),) => Eq(Mod(u, s), 0)
        (Eq(s*v, u),) => Eq(v, floor(u/s))
        (Eq(Mod(u, s), 0), Eq(v, floor(u/s))) => Eq(s*v, u)
    """
    alpha, u = _solved(equation, index)
    ((_, low, high),) = [limit for limit in summand.limits if limit[0] == index]
    solution = u if alpha == 1 else quotient(u, alpha)
    divided = () if alpha == 1 else (divides(alpha, u),)

    kept, absorbed = _absorbed(summand.guards, equation, known)
    ranges = (guard for guard in box(low, solution, high + 1) if guard not in known)
    values = {index: solution}
    after = Summand(
        limits=tuple(
            (v, replaced(a, values), replaced(b, values))
            for v, a, b in summand.limits
            if v != index
        ),
        equations=tuple(
            (replaced(a, values), replaced(b, values))
            for a, b in summand.equations
            if (a, b) != equation
        ),
        guards=(*(put(guard, values) for guard in kept), *divided, *ranges),
        factors=tuple(replaced(factor, values) for factor in summand.factors),
    )
    return after, (*absorbed, *_solution_claims(equation, index, alpha, u))


def unwrap(summand: Summand, equation: Equation, known: tuple[Boolean, ...]) -> Rewritten:
    """Return the summand with ``[i = e mod n]`` as a sum over ``v`` of ``[i + n v = e]``.

    ``v`` runs from ``floor(min e / n)`` to ``floor(max e / n)``, with the least and the greatest
    value that ``e`` takes over the indices summed.

    Args:
        summand: in which the delta is.
        equation: the delta, with a remainder on one side.
        known: conditions on free indices, with ``0 <= i < n``.
    """
    i, wrapped = sorted(equation, key=lambda side: isinstance(side, sp.Mod))
    e, n = wrapped.args
    within = box(0, i, n)
    if not set(within) <= set(known):
        msg = f"{i} = {wrapped} can be unwrapped only where {i} is known to be in [0, {n})."
        raise ClaimError(msg)
    v = sp.Dummy("v" + i.name.removeprefix("i"), integer=True)
    least, greatest, below, above = _extremes(e, summand.limits)
    limit = (v, *(end if end == 0 else quotient(end, n) for end in (least, greatest)))
    unwrapped = (i + n * v, e)
    after = replace(
        summand,
        limits=(*summand.limits, limit),
        equations=tuple(unwrapped if each == equation else each for each in summand.equations),
    )
    remainder, turns = eq(i, wrapped), eq(v, quotient(e, n))
    unique = (*within, eq(*unwrapped))
    claims = (
        Claim(name="some turn", goal=eq(*unwrapped), hypotheses=(remainder, turns)),
        Claim(name="only one turn", goal=turns, hypotheses=unique),
        Claim(name="a turn is a remainder", goal=remainder, hypotheses=(eq(*unwrapped), turns)),
        *below,
        *above,
        Claim(
            name="the first turn", goal=le(limit[1], quotient(e, n)),
            hypotheses=tuple(claim.goal for claim in below),
        ),
        Claim(
            name="the last turn", goal=le(quotient(e, n), limit[2]),
            hypotheses=tuple(claim.goal for claim in above),
        ),
    )  # fmt: skip
    return after, claims


def _solved(equation: Equation, index: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Return ``alpha`` and ``u`` of the equation written ``alpha index = u``."""
    difference = sp.expand(equation[0] - equation[1])
    alpha = difference.coeff(index, 1)
    u = sp.expand(alpha * index - difference)
    if alpha.could_extract_minus_sign():
        alpha, u = -alpha, -u
    if u.has(index) or alpha.has(index) or not alpha.is_positive:
        msg = (
            f"{equation[0]} = {equation[1]} cannot be solved for {index}: it must be affine in it, "
            "with a coefficient that is known to be positive."
        )
        raise ClaimError(msg)
    return alpha, u


def _absorbed(
    guards: tuple[Boolean, ...], equation: Equation, known: tuple[Boolean, ...]
) -> tuple[tuple[Boolean, ...], tuple[Claim, ...]]:
    """Return the guards that remain, and claims that the others follow from the equation."""
    kept, claims = [], []
    for guard in guards:
        forms = [put(guard, {a: b}) for a, b in (equation, equation[::-1]) if not a.is_number]
        implying = next((form for form in (guard, *forms) if form in known), None)
        if implying is None:
            kept.append(guard)
        elif implying != guard:
            given = (eq(*equation), implying)
            claims.append(Claim(name="a guard is known", goal=guard, hypotheses=given))
    return tuple(kept), tuple(claims)


def _solution_claims(
    equation: Equation, index: sp.Symbol, alpha: sp.Expr, u: sp.Expr
) -> tuple[Claim, ...]:
    """Return that the equation holds just where its solution is an integer, and is that."""
    delta, solved = eq(*equation), eq(alpha * index, u)
    claims = []
    if delta not in (solved, eq(u, alpha * index)):
        claims += [
            Claim(name=f"solved for {index.name}", goal=solved, hypotheses=(delta,)),
            Claim(name=f"unsolved for {index.name}", goal=delta, hypotheses=(solved,)),
        ]
    if alpha != 1:
        divided, value = divides(alpha, u), eq(index, quotient(u, alpha))
        claims += [
            Claim(name=f"{alpha} divides", goal=divided, hypotheses=(solved,)),
            Claim(name=f"{index.name} is the quotient", goal=value, hypotheses=(solved,)),
            Claim(name=f"the quotient is {index.name}", goal=solved, hypotheses=(divided, value)),
        ]
    return tuple(claims)


def _extremes(
    e: sp.Expr, limits: tuple[Limit, ...]
) -> tuple[sp.Expr, sp.Expr, tuple[Claim, ...], tuple[Claim, ...]]:
    """Return the least and the greatest value of ``e``, and that no index's part goes beyond."""
    least, greatest, below, above = e, e, [], []
    for v, low, high in limits:
        alpha = sp.expand(e).coeff(v, 1)
        if alpha == 0:
            continue
        floor, ceiling = sp.expand(alpha * low), sp.expand(alpha * high)
        first, last = box(low, v, high + 1)
        below.append(Claim(name=f"least {v.name}", goal=le(floor, alpha * v), hypotheses=(first,)))
        above.append(
            Claim(name=f"greatest {v.name}", goal=le(alpha * v, ceiling), hypotheses=(last,))
        )
        least, greatest = least.xreplace({v: low}), greatest.xreplace({v: high})
    if (least.free_symbols | greatest.free_symbols) & {limit[0] for limit in limits}:
        msg = f"the least and the greatest value of {e} are not known from {limits}."
        raise ClaimError(msg)
    return sp.expand(least), sp.expand(greatest), tuple(below), tuple(above)
