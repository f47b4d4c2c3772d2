"""Convolution is commutative: ``(h * x)[o] = sum_k h[k] x[o - k] = sum_j x[j] h[o - j]``.

On the integers for signals of finite support, and on a circle of ``n`` positions. The map of the
indices is ``j = o - k``. Written with a sign, ``sum_k h[k] x[o - e k]``, convolution is ``e = 1``
and cross-correlation ``e = -1``, for which the law is false.

A layer cross-correlates, so an implementation is asked for full layers of one channel with flipped
kernels: the layer on ``x`` with ``h`` flipped, against that on ``h`` with ``x`` flipped.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, remainder
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.signals.signal import Signal
from convproof.theorems.variants.itself import Asked, drawn, few, flipped, plain

_H, _X = Signal("h"), Signal("x")
_o, _k, _j, _e = index("o"), index("k"), index("j"), index("e")
_n = size("n")


def _on_the_integers(sign: int = 1) -> SameSum:
    """Return ``sum_k h[k] x[o - e k] = sum_j x[j] h[o - e j]`` for one sign ``e``."""
    i, l = _o - _e * _k, _o - _e * _j
    return SameSum(
        name="on the integers, finite supports",
        left=GuardedSum(
            indices=(_k,),
            guard=(*_H.inside(_k), *_X.inside(i)),
            entries=(_H.at(_k), _X.at(i)),
        ),
        right=GuardedSum(
            indices=(_j,),
            guard=(*_X.inside(_j), *_H.inside(l)),
            entries=(_X.at(_j), _H.at(l)),
        ),
        to_right={_j: _o - _k},
        to_left={_k: _o - _j},
        hypotheses=(eq(_e, sign),),
    )


def _on_a_circle() -> SameSum:
    i, l = remainder(_o - _k, _n), remainder(_o - _j, _n)
    return SameSum(
        name="on a circle of n positions",
        left=GuardedSum(indices=(_k,), guard=box(0, _k, _n), entries=(_H.at(_k), _X.at(i))),
        right=GuardedSum(indices=(_j,), guard=box(0, _j, _n), entries=(_X.at(_j), _H.at(l))),
        to_right={_j: i},
        to_left={_k: l},
        hypotheses=box(0, _o, _n),
    )


def _steps() -> tuple[Step, ...]:
    return _on_the_integers(), _on_a_circle()


def _twin() -> Twin:
    step = _on_the_integers()
    return Twin(
        changed="e = -1, a cross-correlation, in place of e = 1",
        of=step,
        step=replace(step, hypotheses=_on_the_integers(-1).hypotheses),
    )


def full(ask: Asked, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the target's layer of one channel, padded so that every overlap is an output."""
    sizes = w.shape[2:]
    layer = plain((1, 1), sizes, padding=tuple((r - 1, r - 1) for r in sizes))
    return ask(layer, x, w=w)


def kernel_and_signal(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays of one channel, about the sizes of the case's kernel and data."""
    layer: Any = case.layer
    return (
        drawn(case, 1, 1, *layer.kernel_size, of=1),
        drawn(case, 1, 1, *few(case), of=2),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask ``h * x`` and ``x * h``: a layer convolves with its kernel flipped."""
    ask = Asked(subject, function, request)
    h, x = kernel_and_signal(case)
    expected = full(ask, h, flipped(x))
    got = full(ask, x, flipped(h))
    return ask.agree(got, expected, "convolution is commutative: h * x = x * h, of full size")


THEOREM = Theorem(
    name="commutative",
    statement="Full convolution, that is with a flipped kernel, is commutative.",
    latex=r"h * x = x * h",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    needs=frozenset({"padding"}),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="commutativity",
    statement="Convolution is commutative: on the integers for signals of finite support, and on "
    "a circle.",
    latex=r"\sum_k h_k x_{o-k} = \sum_j x_j h_{o-j}",
    source="lecture 7, cross-correlation",
    steps=_steps,
    twin=_twin,
    asked_as=("commutative",),
)
