"""The prior that the Toeplitz penalty stands for: one Gaussian, improper, and no mixture.

::

    exp(-lambda/2 P(W)) = exp(-1/2 w^T (lambda L) w),   rank L = n' n - r
    L T = 0  for T banded Toeplitz

With ``u[o, i] = W[o, i] - W[o-1, i-1]`` in the band below the first row and ``u = W`` off the band,
``P`` is the sum of the squares of ``n' n - r`` coordinates. The ``r`` that are left, the first row
in the band, are free: the integral over them diverges. The prior is improper, flat along the
banded Toeplitz matrices, which are zero off the band.

The lecture calls it a Gaussian mixture. Its factors are *multiplied*: one for ``w_5`` is centred at
``w_1``, one for ``w_6`` at ``w_2``, and a product of Gaussians is a Gaussian. A mixture is their
sum, as in soft weight sharing (Nowlan and Hinton 1992), and no sum of finitely many different
Gaussians, two or more, is a Gaussian.
"""

import sympy as sp

from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, box, eq, lt
from convproof.theorems.proof import Proof, Twin

_n, _r, _outputs = size("n"), size("r"), size("n'")
_o, _i = index("o"), index("i")
_FITS = eq(_n, _outputs + _r - 1)
_w = sp.symbols("w_1:7", real=True)
_lambda = sp.Symbol("lambda", positive=True)


def _squares(w: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """Return the terms of the slide's penalty, for ``n' = 2, n = 3, r = 2``."""
    return w[5] - w[1], w[4] - w[0], w[2], w[3]


def _penalty(w: tuple[sp.Expr, ...]) -> sp.Expr:
    return sum((a**2 for a in _squares(w)), sp.Integer(0))


def _slide() -> tuple[Identity, ...]:
    along, other = sp.symbols("s t", real=True)
    moved = tuple(a + b for a, b in zip(_w, (along, other, 0, 0, along, other), strict=True))
    precision = sp.hessian(_lambda * _penalty(_w) / 2, _w)
    factors = [sp.exp(-_lambda * a**2 / 2, evaluate=False) for a in _squares(_w)]
    column = sp.Matrix(_w)
    return (
        Identity(
            name="the slide's four Gaussian factors multiply to one",
            left=sp.Mul(*factors, evaluate=False),
            right=sp.exp(-(column.T * precision * column)[0] / 2),
        ),
        Identity(
            name="the slide's precision has rank 4, of 6 entries",
            left=sp.Integer(precision.rank()),
            right=sp.Integer(4),
        ),
        Identity(
            name="the slide's prior is flat along its banded Toeplitz matrices",
            left=_penalty(moved),
            right=_penalty(_w),
        ),
    )


def _coordinates() -> tuple[Claim, ...]:
    """Return that links are, one to one, the entries of the band below the first row."""
    band = (_FITS, *box(0, _i - _o, _r))
    return (
        Claim(
            name="an entry of the band below the first row ends one link",
            goal=both(*box(0, _o - 1, _outputs - 1), *box(0, (_i - 1) - (_o - 1), _r)),
            hypotheses=(*band, *box(1, _o, _outputs)),
        ),
        Claim(
            name="a link ends in an entry of the band below the first row",
            goal=both(*box(1, _o + 1, _outputs), *box(0, _i + 1, _n)),
            hypotheses=(*band, *box(0, _o, _outputs - 1)),
        ),
        Claim(
            name="every row has its r entries of the band",
            goal=both(*box(0, _i, _n)),
            hypotheses=(*band, *box(0, _o, _outputs)),
        ),
    )


def _rank() -> Claim:
    """Return how many squares there are: ``r (n' - 1)`` links, ``n' n - r n'`` off the band."""
    rank, links, off = count("rank"), count("links"), count("off")
    return Claim(
        name="the squares are n' n - r",
        goal=eq(rank, _outputs * _n - _r),
        hypotheses=(
            _FITS,
            eq(links, _r * (_outputs - 1)),
            eq(off, _outputs * _n - _r * _outputs),
            eq(rank, links + off),
        ),
    )


def _no_mixture() -> tuple[Step, ...]:
    """Return that exponentials of different quadratics are independent, one less at a time."""
    x = sp.Symbol("x", real=True)
    a, p, q = (sp.Function(name) for name in ("a", "p", "q"))
    here, low = a(x), p(x) - q(x)
    degree, of_difference = count("deg_a"), size("deg_p-q")
    return (
        Identity(
            name="a derivative of a exp(p - q) has a polynomial coefficient again",
            left=sp.diff(here * sp.exp(low), x),
            right=(sp.diff(here, x) + here * sp.diff(low, x)) * sp.exp(low),
        ),
        Claim(
            name="its leading term does not cancel: a (p - q)' has a higher degree than a'",
            goal=lt(degree - 1, degree + of_difference - 1),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return *_slide(), *_coordinates(), _rank(), *_no_mixture()


def _twin() -> Twin:
    step = _rank()
    full = eq(step.goal.args[0], _outputs * _n)
    return Twin(
        changed="of full rank: without - r",
        of=step,
        step=Claim(name=step.name, goal=full, hypotheses=step.hypotheses),
    )


PROOF = Proof(
    name="prior",
    statement="The penalty stands for one Gaussian factor, whose precision has rank n' n - r: an "
    "improper prior, flat along the banded Toeplitz matrices, zero off the band, and no finite "
    "mixture of two or more different Gaussians.",
    latex=r"e^{-\frac{\lambda}{2} P(W)} = e^{-\frac12 w^\top (\lambda L) w}, \quad "
    r"\operatorname{rank} L = n' n - r, \quad \ker L = \{\text{banded Toeplitz}\}",
    source="lecture 7, convolution as Gaussian mixture prior (which it is not)",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="A triangular change of variables: row by row, each square is of a coordinate of its own, "
    "so their number is the rank, and the first row's band is free. Exponentials of quadratics, no "
    "two of which differ by a constant, are linearly independent on some line, by induction on "
    "their number: divide by one and differentiate until its polynomial coefficient is gone.",
)
