"""Equivariant is not invariant: ``f(x moved by c)`` is ``f(x)`` moved by ``c``, not ``f(x)``.

A convolution of signals of finite support on the integers, with taps ``b <= k < b + r``::

    (h * x_c)[o]  =  (h * x)[o - c]                     equivariant, x_c[i] = x[i - c]
    (h * x_c)[o]  =  (h * x)[o] for all x, c            invariant: only if h = 0
    sum_o (h * x)[o - c]  =  sum_o (h * x)[o]           the total of its output is invariant

If it were invariant, then for the unit impulse, moved by ``c = r``: ``h[o] = h[o - r]``, and the
tap ``o - r`` lies below the kernel. On a circle of ``n`` positions the total is invariant too.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, lt, remainder
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    controls,
    first_difference,
    not_rounded,
)
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.signals.signal import Signal
from convproof.theorems.variants.itself import Asked, broken, drawn, few, of_one_group, turn

_H, _X, _Y = Signal("h"), Signal("x"), Signal("y")
_o, _k, _l, _c, _p = index("o"), index("k"), index("l"), index("c"), index("o'")
_n = size("n")


def _equivariant() -> SameSum:
    """Return ``(h * x_c)[o] = (h * x)[o']``, for ``o' = o - c``."""
    read, tap = _o - _k - _c, _p - _l
    return SameSum(
        name="a convolution is equivariant",
        left=GuardedSum(
            indices=(_k,),
            guard=(*_H.inside(_k), *_X.inside(read)),
            entries=(_H.at(_k), _X.at(read)),
        ),
        right=GuardedSum(
            indices=(_l,),
            guard=(*_X.inside(_l), *_H.inside(tap)),
            entries=(_X.at(_l), _H.at(tap)),
        ),
        to_right={_l: read},
        to_left={_k: tap},
        hypotheses=(eq(_p, _o - _c),),
    )


def _total() -> SameSum:
    return SameSum(
        name="the total of a moved output",
        left=GuardedSum(indices=(_o,), guard=_Y.inside(_o - _c), entries=(_Y.at(_o - _c),)),
        right=GuardedSum(indices=(_p,), guard=_Y.inside(_p), entries=(_Y.at(_p),)),
        to_right={_p: _o - _c},
        to_left={_o: _p + _c},
    )


def _total_on_a_circle() -> SameSum:
    moved = remainder(_o - _c, _n)
    return SameSum(
        name="the total on a circle",
        left=GuardedSum(indices=(_o,), guard=box(0, _o, _n), entries=(_Y.at(moved),)),
        right=GuardedSum(indices=(_p,), guard=box(0, _p, _n), entries=(_Y.at(_p),)),
        to_right={_p: moved},
        to_left={_o: remainder(_p + _c, _n)},
    )


def _moved_impulse() -> SameSum:
    """Return that the impulse at ``c`` is answered by ``h[o - c]``."""
    return SameSum(
        name="the answer to a moved impulse",
        left=GuardedSum(
            indices=(_k,), guard=(*_H.inside(_k), eq(_o - _k, _c)), entries=(_H.at(_k),)
        ),
        right=GuardedSum(indices=(), guard=_H.inside(_o - _c), entries=(_H.at(_o - _c),)),
        to_right={},
        to_left={_k: _o - _c},
    )


def _below_the_kernel() -> Claim:
    return Claim(
        name="moved by r, every tap falls below the kernel",
        goal=lt(_o - _H.size, _H.begin),
        hypotheses=_H.inside(_o),
    )


def _steps() -> tuple[Step, ...]:
    return (
        _equivariant(),
        _moved_impulse(),
        _below_the_kernel(),
        _total(),
        _total_on_a_circle(),
    )


def _twin() -> Twin:
    step = _equivariant()
    return Twin(
        changed="o' = o in place of o' = o - c: the output is not moved",
        of=step,
        step=replace(step, hypotheses=(eq(_p, _o),)),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask the totals of two answers: to data, and to data moved over zeros, both of full size."""
    ask = Asked(subject, function, request)
    given: Any = case.layer
    spans = (t * (r - 1) + 1 for r, t in zip(given.kernel_size, given.dilation, strict=True))
    layer = of_one_group(
        case,
        stride=(1,) * len(given.stride),
        padding=tuple((span - 1, span - 1) for span in spans),
        padding_mode="zeros",
    )
    sizes, w = few(case), drawn(case, *layer.weight_shape)
    x = drawn(case, case.input_shape[0], layer.in_channels, *sizes, of=1)
    axis = turn(case, len(sizes)) + 2
    none = np.zeros_like(x)
    moved = ask(layer, np.concatenate([none, x], axis), w=w)
    got = ask(layer, np.concatenate([x, none], axis), w=w)
    if ask.weak:
        return Seen(ask.weak)
    total, expected = _sum(got), _sum(moved)
    if first_difference(total, expected) is None:
        return Seen(controls(lambda y: first_difference(y, expected), total))
    law = f"the total of the output is invariant to moving data over zeros along axis {axis - 2}"
    raise broken(law, ask.answers)


def _sum(y: np.ndarray) -> np.ndarray:
    """Return the sum over all positions, exact for integers."""
    wide = np.int64 if y.dtype.kind == "i" else np.float64
    return np.asarray(y.sum(axis=tuple(range(2, y.ndim)), dtype=wide))


THEOREM = Theorem(
    name="total",
    statement="The total of a full output is invariant to moving data over zeros.",
    latex=r"\sum_o (h * s_c x)_o = \sum_o (h * x)_o",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    needs=frozenset({"padding"}),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="invariance",
    statement="A convolution moves its output with its data: it is equivariant, invariant only if "
    "its kernel is zero, and the total of its output is invariant.",
    latex=r"h * s_c x = s_c (h * x), \quad \textstyle\sum_o (s_c y)_o = \sum_o y_o, \quad "
    r"h * s_c x = h * x\ \forall x, c \implies h = 0",
    source="lecture 7, invariance vs. equivariance",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Instantiation: an invariance that holds for all signals and shifts holds for the unit "
    "impulse and the shift by r, for which the steps compute both sides: h[o] = h[o - r] = 0.",
    asked_as=("total", "equivariance"),
)
