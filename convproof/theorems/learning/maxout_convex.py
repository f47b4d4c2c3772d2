"""A maxout unit is convex and piecewise affine: ``a(x) = max_j w_j^T x + b_j``.

::

    a(t x + (1-t) y)  <=  t a(x) + (1-t) a(y),     0 <= t <= 1

and where piece ``j`` is a largest one, ``a`` is that piece; each such region is convex.
"""

from typing import Any

import numpy as np
import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, eq, le
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    controls,
    first_difference,
)
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, broken

_LARGEST = 9  # of the data that a target is asked
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


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask units of x and y, then of sums: with any y, and with one largest in the piece of x.

    By ``t = 1/2`` and scaling, ``a(x + y) <= a(x) + a(y)``, with equality in one region.
    """
    ask = Asked(subject, function, request)
    layer: Any = case.layer
    x, y, along = _units(case)
    apart = ask(layer, np.concatenate([x, x, along, y]))
    one, other = np.split(apart.astype(np.int64), 2)
    got = ask(layer, np.concatenate([x + along, x + y]))
    most = (one + other).astype(request.dtype)
    half = len(x)

    def judge(answer: np.ndarray) -> tuple[int, ...] | None:
        """Return the first element that is another, in one region, or above the chord."""
        seen = np.where(answer[half:] <= most[half:], most[half:], answer[half:])
        return first_difference(np.concatenate([answer[:half], seen]), most)

    if judge(got) is not None:
        law = "a maxout unit is convex, and affine where one piece is the largest"
        raise broken(law, ask.answers)
    return Seen(controls(judge, got))


def _units(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return two inputs of units, and the second with its largest piece where the first's is."""
    layer: Any = case.layer
    rng = np.random.default_rng([case.seed, 9])
    images, channels, *rest = case.input_shape
    units = (images, channels // layer.pool_size, layer.pool_size, *rest)
    x, y = (rng.integers(-_LARGEST, _LARGEST + 1, units) for _ in range(2))
    along, best = y.copy(), np.expand_dims(x.argmax(axis=2), 2)
    np.put_along_axis(along, best, y.max(axis=2, keepdims=True), axis=2)
    one, two, three = (each.reshape(case.input_shape) for each in (x, y, along))
    return one, two, three


THEOREM = Theorem(
    name="maxout_convex",
    statement="A maxout unit is convex, and affine where one piece is the largest.",
    latex=r"a(x + y) \le a(x) + a(y)",
    check=_check,
    families=("maximum",),
    roles=("forward",),
    stems=("maxout",),
    share=8,
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
    asked_as=("maxout_convex",),
)
