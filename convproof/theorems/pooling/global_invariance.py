"""A mean over all positions is invariant to circular shifts: ``mean(x) = mean(x[. - c mod n])``.

The shift maps the positions to themselves, one to one, on every axis::

    sum_{i, j} x[(i - c) mod n_1, (j - d) mod n_2]  =  sum_{i, j} x[i, j]

and the divisor ``n_1 n_2`` does not change. Data that are moved with zeros behind them, as over a
background of zeros, keep their mean as long as none of them leaves.
"""

from typing import Any

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import AdaptiveAvgPool, AdaptiveMaxPool, GlobalMaxPool
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, le, remainder
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import Right, right
from convproof.theorems.signals.signal import Signal

_X = Signal("x")
_n, _n1, _n2 = size("n"), size("n_1"), size("n_2")
_i, _j, _k, _l = index("i"), index("j"), index("i'"), index("j'")
_c, _d = index("c"), index("d")


def _circular() -> SameSum:
    moved = remainder(_i - _c, _n1), remainder(_j - _d, _n2)
    return SameSum(
        name="a circular shift of both axes",
        left=GuardedSum(
            indices=(_i, _j),
            guard=(*box(0, _i, _n1), *box(0, _j, _n2)),
            entries=(("x", moved),),
        ),
        right=GuardedSum(
            indices=(_k, _l),
            guard=(*box(0, _k, _n1), *box(0, _l, _n2)),
            entries=(("x", (_k, _l)),),
        ),
        to_right={_k: moved[0], _l: moved[1]},
        to_left={_i: remainder(_k + _c, _n1), _j: remainder(_l + _d, _n2)},
    )


def _stays() -> tuple[Any, Any]:
    """Return that the support of ``x`` lies in ``0 <= i < n`` after it was moved by ``c``."""
    return le(0, _X.begin + _c), le(_X.begin + _X.size + _c, _n)


def _over_zeros() -> SameSum:
    return SameSum(
        name="a shift over zeros that no datum leaves by",
        left=GuardedSum(
            indices=(_i,),
            guard=(*box(0, _i, _n), *_X.inside(_i - _c)),
            entries=(_X.at(_i - _c),),
        ),
        right=GuardedSum(indices=(_k,), guard=_X.inside(_k), entries=(_X.at(_k),)),
        to_right={_k: _i - _c},
        to_left={_i: _k + _c},
        hypotheses=_stays(),
    )


def _steps() -> tuple[Step, ...]:
    return _circular(), _over_zeros()


def _twin() -> Twin:
    return without(_over_zeros(), _stays()[1])


def check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Compare the answers on the data and on the data moved around by about a third."""
    known = right(function, case, request)
    axes = tuple(range(2, len(case.input_shape)))
    shift = tuple(-(-case.input_shape[axis] // 3) for axis in axes)
    moved = known.arrays.but(x=np.roll(known.arrays["x"], shift, axes))
    before = answer(subject, function, case, known.arrays, request)
    after = answer(subject, function, case, moved, request)
    allowed = None if known.allowed is None else 2 * known.allowed
    judge = Right(moved, before.astype(known.expected.dtype), allowed).judge
    place = judge(after)
    if place is not None:
        raise Violation(
            law=f"pooled over all positions, data moved around by {shift} give the same",
            call=call_of(function, case, moved),
            assertion=f"y[{at(place)}] == {before[place].item()!r}",
            index=place,
            got=after[place],
            expected=before[place],
        )
    return Seen(known.weak or controls(judge, after))


def over_all_positions(function: Function, case: Case, request: Request) -> bool:
    """Return whether the case pools all of several positions."""
    del function, request
    layer, sizes = case.layer, case.input_shape[2:]
    if isinstance(layer, AdaptiveAvgPool | AdaptiveMaxPool):
        return max(layer.sizes(sizes)) == 1 < max(sizes)
    return isinstance(layer, GlobalMaxPool) and max(sizes) > 1


THEOREM = Theorem(
    name="global_mean",
    statement="A mean over all positions is invariant to circular shifts.",
    latex=r"\bar{x} = \overline{x_{(\cdot - c) \bmod n}}",
    check=check,
    families=("mean",),
    roles=("forward",),
    integer_too=False,
    share=8,
    wants=over_all_positions,
)
PROOF = Proof(
    name="global_invariance",
    statement="A mean over all positions is invariant to circular shifts, and to shifts over zeros "
    "by which no datum leaves.",
    latex=r"\sum_i x_{(i - c) \bmod n} = \sum_i x_i",
    source="lecture 7, invariance vs. equivariance",
    steps=_steps,
    twin=_twin,
    asked_as=("global_mean",),
)
