"""Two maxout units approximate any smooth function: it is a difference of convex ones.

With ``c >= max |f''|`` on an interval that is cut into ``N`` pieces of length ``h``::

    f(x) = (f(x) + c x^2 / 2) - c x^2 / 2,         0 <= f'' + c <= 2 c

Each part is convex, and the largest of its ``N`` tangents lies below it, within ``2 c h^2 / 8`` and
``c h^2 / 8``; the difference of the two units is within ``c h^2 / 4``, which tends to 0 with ``h``.
"""

import sympy as sp

from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, eq, le
from convproof.theorems.proof import Proof, Twin

_c, _h = sp.Symbol("c", nonnegative=True), sp.Symbol("h", positive=True)
_second = sp.Symbol("f''", real=True)
_LOW, _HIGH = le(-_c, _second), le(_second, _c)


def _parts() -> tuple[Identity, ...]:
    x = sp.Symbol("x", real=True)
    f = sp.Function("f")(x)
    square = _c * x**2 / 2
    return (
        Identity(name="their difference is f", left=(f + square) - square, right=f),
        Identity(
            name="the second derivatives are f'' + c and c",
            left=sp.Matrix([sp.diff(f + square, x, 2), sp.diff(square, x, 2)]),
            right=sp.Matrix([sp.diff(f, x, 2) + _c, _c]),
        ),
    )


def _convex() -> Claim:
    return Claim(
        name="both are convex, of curvature at most 2 c and c",
        goal=both(le(0, _second + _c), le(_second + _c, 2 * _c), le(0, _c)),
        hypotheses=(_LOW, _HIGH),
    )


def _error(part: int = 4) -> Claim:
    one, other, f, units = sp.symbols("e_1 e_2 f units", real=True)
    a, b = sp.symbols("p q", real=True)
    bound = _c * _h**2
    return Claim(
        name="the difference of the two units is within c h^2 / 4",
        goal=le(sp.Abs(f - units), bound / part),
        hypotheses=(
            eq(f, a - b),
            eq(units, (a - one) - (b - other)),
            le(0, one),
            le(one, 2 * bound / 8),
            le(0, other),
            le(other, bound / 8),
        ),
    )


def _enough() -> Claim:
    length, wanted, pieces = sp.symbols("L epsilon N", positive=True)
    return Claim(
        name="N pieces of L / N suffice for an error epsilon if c L^2 <= 4 epsilon N^2",
        goal=le(_c * _h**2, 4 * wanted),
        hypotheses=(eq(_h * pieces, length), le(_c * length**2, 4 * wanted * pieces**2)),
    )


def _steps() -> tuple[Step, ...]:
    return *_parts(), _convex(), _error(), _enough()


def _twin() -> Twin:
    return Twin(
        changed="8 for 4: as if one part were of curvature c, and the other exact",
        of=_error(),
        step=_error(8),
    )


PROOF = Proof(
    name="difference_of_maxouts",
    statement="On an interval cut into N pieces of length h, the difference of two maxout units of "
    "N pieces each is within max |f''| h^2 / 4 of any twice continuously differentiable f.",
    latex=r"f = \big( f + \tfrac{c}{2} x^2 \big) - \tfrac{c}{2} x^2, \quad "
    r"|f - (a_1 - a_2)| \le \tfrac{c h^2}{4}, \quad c = \max |f''|",
    source="lecture 7, feature pooling e.g. maxout: two such units can approximate any smooth "
    "function",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="The proof called tangents, of f + c x^2 / 2 and of c x^2 / 2; f'' is bounded, being "
    "continuous on a closed interval.",
)
