"""From a loss to a closed form: differentiate, eliminate every delta, name the indices."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.index_sum.differentiate import derivative, replaced
from convproof.symbolic.index_sum.elimination import Rewritten, eliminate, unwrap
from convproof.symbolic.index_sum.form import Form, Shapes, ranges, rename
from convproof.symbolic.index_sum.summand import Equation, Summand, summands, total
from convproof.symbolic.solver.claim import Claim


def derived(
    name: str, loss: sp.Expr, by: sp.Indexed, shapes: Shapes, eliminated: tuple[str, ...] = ()
) -> Form:
    """Return the form of ``d loss / d by``, the entry ``dx[i]`` of the gradient for ``x[i]``.

    Args:
        name: of the form.
        loss: a sum of sums, ``sum_o da[o] a[o]``.
        by: an entry with a symbol for every index.
        shapes: of each array in the loss; that of the gradient is added.
        eliminated: which index goes where a delta has several: the output's for a gather, the
            tap's for a scatter.

    Raises:
        ClaimError: if some delta cannot be eliminated.

    Example:
        >>> n, s = sp.symbols("n s", integer=True, positive=True)
        >>> i, o = sp.symbols("i o", integer=True)
        >>> da, x = sp.IndexedBase("da"), sp.IndexedBase("x")
        >>> sampled = sp.Sum(da[o] * x[s * o], (o, 0, n - 1))
        >>> print(derived("sampled", sampled, x[i], (("x", (n * s,)), ("da", (n,)))))
        dx[i] = [s | i][0 <= floor(i/s) < n]*da[floor(i/s)]
    """
    shape = dict(shapes)[str(by.base)]
    known = ranges(by.indices, shape)
    left = sp.IndexedBase(f"d{by.base}")[by.indices]
    free = loss.free_symbols | by.free_symbols  # has the arrays and their entries, too
    taken = {symbol.name for symbol in free if isinstance(symbol, sp.Symbol)}
    parts: list[Summand] = []
    claims: dict[tuple[Boolean, ...], Claim] = {}
    for raw in summands(derivative(loss, by)):
        part, obligations = _collapsed(raw, by, eliminated, known)
        names = _names(raw, part, taken)
        parts.append(_renamed(part, names))
        for claim in obligations:
            named = rename(replace(claim, name=f"{name}: {claim.name}"), names)
            claims.setdefault((named.goal, *named.hypotheses), named)
    return Form(
        name=name,
        left=left,
        expression=total(parts),
        shapes=(*shapes, (str(left.base), shape)),
        obligations=tuple(claims.values()),
    )


def _collapsed(
    summand: Summand, by: sp.Indexed, eliminated: tuple[str, ...], known: tuple[Boolean, ...]
) -> Rewritten:
    """Return the summand without deltas."""
    claims: tuple[Claim, ...] = ()
    while summand.equations:
        equation = min(summand.equations, key=lambda each: _place(each, by))
        if any(isinstance(side, sp.Mod) for side in equation):
            summand, more = unwrap(summand, equation, known)
        else:
            index = _chosen(summand, equation, eliminated)
            summand, more = eliminate(summand, equation, index, known)
        claims += more
    return summand, claims


def _place(equation: Equation, by: sp.Indexed) -> int:
    """Return which index of the entry a delta is about."""
    symbols = equation[0].free_symbols | equation[1].free_symbols
    return next(place for place, index in enumerate(by.indices) if index in symbols)


def _chosen(summand: Summand, equation: Equation, eliminated: tuple[str, ...]) -> sp.Symbol:
    symbols = equation[0].free_symbols | equation[1].free_symbols
    bound = [limit[0] for limit in summand.limits if limit[0] in symbols]
    preferred = [index for index in bound if index.name in eliminated] or bound
    if len(preferred) != 1:
        msg = (
            f"{equation[0]} = {equation[1]} has {bound} to be solved for, not one of {eliminated}."
        )
        raise ClaimError(msg)
    return preferred[0]


def _names(raw: Summand, part: Summand, taken: set[str]) -> Mapping[sp.Symbol, sp.Symbol]:
    """Return a letter for every Dummy: of the sum, of sums in its factors, of those eliminated."""
    used = set(taken)
    names: dict[sp.Symbol, sp.Symbol] = {}
    for group in (
        [limit[0] for limit in part.limits],
        _nested(part),
        [v for v, _, _ in raw.limits],
    ):
        chosen = {v: _unused(v.name, used) for v in group if v not in names}
        names |= {v: sp.Symbol(name, integer=True) for v, name in chosen.items()}
        used |= set(chosen.values())
    return names


def _nested(part: Summand) -> Iterator[sp.Symbol]:
    """Yield the bound variables of the sums in the factors."""
    for factor in part.factors:
        for inner in sorted(factor.atoms(sp.Sum), key=str):
            yield from inner.variables


def _unused(name: str, used: set[str]) -> str:
    while name in used:
        name += "'"
    return name


def _renamed(part: Summand, names: Mapping[sp.Symbol, sp.Symbol]) -> Summand:
    return Summand(
        limits=tuple(
            (names[v], replaced(low, names), replaced(high, names)) for v, low, high in part.limits
        ),
        guards=tuple(replaced(guard, names) for guard in part.guards),
        factors=tuple(replaced(factor, names) for factor in part.factors),
    )
