"""A maxout unit is convex and piecewise affine: ``a(x) = max_j w_j^T x + b_j``.

::

    a(t x + (1-t) y)  <=  t a(x) + (1-t) a(y),     0 <= t <= 1

and where piece ``j`` is a largest one, ``a`` is that piece; each such region is convex.
"""

import sympy as sp

from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, eq, le
from convproof.theorems.proof import Proof, Twin

_t = sp.Symbol("t", real=True)
_BETWEEN = (le(0, _t), le(_t, 1))
_fx, _fy, _fz, _gx, _gy, _gz = sp.symbols("f_x f_y f_z g_x g_y g_z", real=True)


def _affine() -> Identity:
    """Return that a piece is affine: ``w`` a row, ``x`` and ``y`` columns of any length."""
    w, x, y = sp.symbols("w^T x y", commutative=False)
    b = sp.Symbol("b", real=True)
    return Identity(
        name="a piece between two points is between its values",
        left=w * (_t * x + (1 - _t) * y) + b,
        right=_t * (w * x + b) + (1 - _t) * (w * y + b),
    )


def _two_pieces() -> Claim:
    return Claim(
        name="the larger of two pieces lies below its chords",
        goal=le(
            sp.Max(_fz, _gz),
            _t * sp.Max(_fx, _gx) + (1 - _t) * sp.Max(_fy, _gy),
        ),
        hypotheses=(
            *_BETWEEN,
            eq(_fz, _t * _fx + (1 - _t) * _fy),
            eq(_gz, _t * _gx + (1 - _t) * _gy),
        ),
    )


def _larger_of_two() -> Claim:
    return Claim(
        name="the larger of two convex functions is convex",
        goal=le(
            sp.Max(_fz, _gz),
            _t * sp.Max(_fx, _gx) + (1 - _t) * sp.Max(_fy, _gy),
        ),
        hypotheses=(
            *_BETWEEN,
            le(_fz, _t * _fx + (1 - _t) * _fy),
            le(_gz, _t * _gx + (1 - _t) * _gy),
        ),
    )


def _region() -> Claim:
    return Claim(
        name="a piece that is a largest one at two points is one between them",
        goal=both(le(_gz, _fz), eq(sp.Max(_fz, _gz), _fz)),
        hypotheses=(
            *_BETWEEN,
            le(_gx, _fx),
            le(_gy, _fy),
            eq(_fz, _t * _fx + (1 - _t) * _fy),
            eq(_gz, _t * _gx + (1 - _t) * _gy),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return _affine(), _two_pieces(), _larger_of_two(), _region()


def _twin() -> Twin:
    step = _two_pieces()
    larger, bound = step.goal.args
    return Twin(
        changed="= for <=: the maximum of two affine pieces is affine",
        of=step,
        step=Claim(name=step.name, goal=eq(larger, bound), hypotheses=step.hypotheses),
    )


PROOF = Proof(
    name="maxout_convex",
    statement="A maxout unit, the maximum of k affine functions, is convex and piecewise affine, "
    "each piece on a convex region.",
    latex=r"\max_j p_j(tx + (1-t)y) \le t \max_j p_j(x) + (1-t) \max_j p_j(y), "
    r"\quad p_j(x) = w_j^\top x + b_j",
    source="lecture 7, feature pooling e.g. maxout",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Induction on the number of pieces: an affine piece is convex, with equality, and the "
    "maximum of k + 1 pieces is the larger of that of k and the last. A region is the "
    "intersection of those of pairs.",
)
