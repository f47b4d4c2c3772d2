"""Tangents approximate a convex function from below: a maxout unit of ``N`` pieces.

On ``[a, b]`` cut into ``N`` pieces of length ``h``, with the tangents at their midpoints ``c_j``::

    0  <=  f(x) - max_j ( f(c_j) + f'(c_j) (x - c_j) )  <=  M h^2 / 8,      0 <= f'' <= M

with equality for ``M x^2 / 2`` where pieces meet: the 8 cannot be a 16. Every ``x`` is within
``h/2`` of a midpoint, and Taylor's remainder there is ``f''(xi) (x - c)^2 / 2``.
"""

import sympy as sp

from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, eq, le
from convproof.theorems.proof import Proof, Twin

_M, _h = sp.Symbol("M", nonnegative=True), sp.Symbol("h", positive=True)
_R, _second, _d = sp.symbols("R f'' d", real=True)
_NEAR = (le(-_h, 2 * _d), le(2 * _d, _h))


def _midpoint() -> Claim:
    low, x, c = sp.symbols("l x c", real=True)
    return Claim(
        name="a point of a piece is within h/2 of its midpoint",
        goal=both(le(-_h, 2 * (x - c)), le(2 * (x - c), _h)),
        hypotheses=(le(low, x), le(x, low + _h), eq(2 * c, 2 * low + _h)),
    )


def _below() -> Claim:
    return Claim(
        name="a tangent lies below",
        goal=le(0, _R),
        hypotheses=(eq(2 * _R, _second * _d**2), le(0, _second)),
    )


def _remainder() -> Claim:
    return Claim(
        name="the tangent at the midpoint is within M h^2 / 8",
        goal=le(_R, _M * _h**2 / 8),
        hypotheses=(eq(2 * _R, _second * _d**2), le(0, _second), le(_second, _M), *_NEAR),
    )


def _largest() -> tuple[Claim, ...]:
    f, near, best, one, other, bound = sp.symbols("f near best p q bound", real=True)
    return (
        Claim(
            name="the larger of two tangents lies below",
            goal=le(sp.Max(one, other), f),
            hypotheses=(le(one, f), le(other, f)),
        ),
        Claim(
            name="the largest tangent is as near as the one at the midpoint",
            goal=both(le(0, f - best), le(f - best, bound)),
            hypotheses=(le(best, f), le(near, best), le(f - near, bound)),
        ),
    )


def _attained() -> tuple[Identity, ...]:
    x, c = sp.symbols("x c", real=True)
    f = _M * x**2 / 2
    for_centre = [f.subs(x, p) + sp.diff(f, x).subs(x, p) * (x - p) for p in (c, c + _h)]
    meeting = {x: c + _h / 2}
    return tuple(
        Identity(
            name=f"M x^2 / 2 attains it where pieces meet: the tangent {side}",
            left=(f - tangent).subs(meeting),
            right=_M * _h**2 / 8,
        )
        for side, tangent in zip(("before", "after"), for_centre, strict=True)
    )


def _steps() -> tuple[Step, ...]:
    return _midpoint(), _below(), _remainder(), *_largest(), *_attained()


def _twin() -> Twin:
    step = _remainder()
    return Twin(
        changed="16 for 8",
        of=step,
        step=Claim(name=step.name, goal=le(_R, _M * _h**2 / 16), hypotheses=step.hypotheses),
    )


PROOF = Proof(
    name="tangents",
    statement="The largest of the tangents at the midpoints of N equal pieces, each of length h, "
    "of a twice differentiable f with 0 <= f'' <= M lies below f and within M h^2 / 8 of it.",
    latex=r"0 \le f(x) - \max_j \big( f(c_j) + f'(c_j)(x - c_j) \big) \le "
    r"\tfrac{M h^2}{8}, \quad 0 \le f'' \le M",
    source="lecture 7, feature pooling e.g. maxout: can approximate any convex function",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Taylor's theorem with Lagrange's remainder, f(x) = f(c) + f'(c) d + f''(xi) d^2 / 2 with "
    "d = x - c; and induction on the number of tangents.",
)
