"""A claim in which every product has a name: what follows of all integers follows of products.

::

    P(x y, x z)  for all x, y, z        if        P(u, v)  for all u, v

What an engine is then asked is linear, and decided at once. A lemma's instance says of the names
what has to be known of the products; a name has the sign that the letters give its product.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, either, iff, implies, negation

_BUILT = {
    sp.And: both, sp.Or: either, sp.Not: negation, sp.Implies: implies, sp.Equivalent: iff
}  # fmt: skip


def named(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield the more general claims, each with names of its own."""
    for claim in claims:
        names: dict[Any, sp.Symbol] = {}
        goal, *hypotheses = (_put(part, names) for part in (claim.goal, *claim.hypotheses))
        yield Claim(name=claim.name, goal=goal, hypotheses=tuple(hypotheses))


def _put(part: Any, names: dict[Any, sp.Symbol]) -> Any:
    if isinstance(part, Relational):
        sides = (_linear(side, names) for side in part.args)
        return type(part)(*sides, evaluate=False)
    if not part.args:
        return part
    return _BUILT[type(part)](*(_put(each, names) for each in part.args))


def _linear(term: Any, names: dict[Any, sp.Symbol]) -> Any:
    """Return a sum with its products by their names."""
    whole = sp.Integer(0)
    for summand in sp.Add.make_args(sp.expand(term)):
        factor, product = summand.as_coeff_Mul()
        if product.is_Mul or product.is_Pow:
            letter = size if product.is_positive else count if product.is_nonnegative else index
            product = names.setdefault(product, letter(f"v_{len(names) + 1}"))
        whole += factor * product
    return whole
