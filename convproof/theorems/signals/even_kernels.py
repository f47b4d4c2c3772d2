"""Convolution equals cross-correlation, for every signal, exactly for even kernels.

An even kernel, ``h[-k] = h[k]``, is one that depends on ``|k|``. For it, by ``m = -k``::

    sum_k h[|k|] x[n - k]  =  sum_m h[|m|] x[n + m]

and if the two are equal for every ``x``, they are for the unit impulse, which gives ``h[n]`` and
``h[-n]``. A kernel that is symmetric about another centre ``c`` depends on ``|k - c|``: its
convolution at ``n`` is its cross-correlation at ``n - 2 c``.
"""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import count, index
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, either, eq, iff
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.signals.signal import Signal
from convproof.theorems.variants.itself import Asked, drawn, flipped, paddings, plain

_H, _X = Signal("h"), Signal("x")
_n, _k, _m, _c, _half = index("n"), index("k"), index("m"), index("c"), count("l")


def _about(k: sp.Expr) -> tuple[sp.Expr, tuple[sp.Basic, ...]]:
    """Return ``|k - c|`` and that the tap lies in a support symmetric about ``c``."""
    return sp.Abs(k - _c), box(-_half, k - _c, _half + 1)


def _symmetric(name: str, moved: sp.Expr, *given: sp.Basic) -> SameSum:
    """Return that convolution at ``n`` is cross-correlation at ``moved``."""
    (of_k, tap), (of_m, other) = _about(_k), _about(_m)
    one, two = _n - _k, moved + _m
    return SameSum(
        name=name,
        left=GuardedSum(
            indices=(_k,),
            guard=(*tap, *_X.inside(one)),
            entries=(("h", (of_k,)), _X.at(one)),
        ),
        right=GuardedSum(
            indices=(_m,),
            guard=(*other, *_X.inside(two)),
            entries=(("h", (of_m,)), _X.at(two)),
        ),
        to_right={_m: 2 * _c - _k},
        to_left={_k: 2 * _c - _m},
        hypotheses=given,
    )


def _even() -> SameSum:
    return _symmetric("even kernels", _n, eq(_c, 0))


def _is_even() -> Claim:
    """Return that to depend on ``|k|`` is to have the same tap at ``k`` and ``-k``, no more."""
    return Claim(
        name="|k| = |m| exactly for m = k and m = -k",
        goal=iff(eq(sp.Abs(_k), sp.Abs(_m)), either(eq(_m, _k), eq(_m, -_k))),
    )


def _impulse(name: str, position: sp.Expr, tap: sp.Expr) -> SameSum:
    """Return that a sum against the unit impulse, which is 1 at 0, is one tap of the kernel."""
    return SameSum(
        name=name,
        left=GuardedSum(
            indices=(_k,), guard=(*_H.inside(_k), eq(position, 0)), entries=(_H.at(_k),)
        ),
        right=GuardedSum(indices=(), guard=_H.inside(tap), entries=(_H.at(tap),)),
        to_right={},
        to_left={_k: tap},
    )


def _steps() -> tuple[Step, ...]:
    return (
        _even(),
        _is_even(),
        _impulse("the convolution of the impulse is h[n]", _n - _k, _n),
        _impulse("its cross-correlation is h[-n]", _n + _k, -_n),
        _symmetric("symmetric about c", _n - 2 * _c),
    )


def _twin() -> Twin:
    return without(_even(), eq(_c, 0))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask both directions: an even kernel, and of a kernel that is not the unit impulse."""
    even = _of_even(subject, function, case, request)
    taps = prod(case.layer.kernel_size)  # type: ignore[attr-defined]
    return even if even.weak or taps == 1 else _of_uneven(subject, function, case, request)


def _of_even(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask data and reversed data of a layer with an even kernel, stride 1 and equal paddings.

    Reversed data are cross-correlated as data are convolved: with reversed output.
    """
    ask = Asked(subject, function, request)
    given: Any = case.layer
    layer = replace(
        given,
        stride=(1,) * len(given.stride),
        padding=tuple((max(ends), max(ends)) for ends in paddings(case)),
        bias=False,
    )
    x, w = drawn(case, *case.input_shape, of=1), _made_even(drawn(case, *layer.weight_shape))
    expected = flipped(ask(layer, x, w=w))
    got = ask(layer, flipped(x), w=w)
    return ask.agree(got, expected, "an even kernel answers reversed data by the reversed output")


def _of_uneven(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a layer of two taps or more of the unit impulse, which is its own reverse.

    Its cross-correlation is the reversed kernel, so its convolution the kernel: they differ as
    these do. The first tap is unlike the last, so the kernel is not even.
    """
    ask = Asked(subject, function, request)
    given: Any = case.layer
    layer = plain((1, given.out_channels), given.kernel_size)
    w = drawn(case, *layer.weight_shape, of=3)
    ends = w.reshape(len(w), -1)
    ends[:, 0] = -ends[:, -1]
    impulse = np.zeros((1, 1, *(2 * r - 1 for r in given.kernel_size)), np.int64)
    impulse[(0, 0, *(r - 1 for r in given.kernel_size))] = 1
    y = ask(layer, impulse, w=w)
    law = "convolution and cross-correlation of the unit impulse differ as kernel and reversed do"
    return ask.agree(flipped(y) - y, (w - flipped(w)).swapaxes(0, 1), law)


def _made_even(w: np.ndarray) -> np.ndarray:
    """Return weights with the second half of each kernel that of the first, reversed."""
    taps = w.reshape(*w.shape[:2], -1)
    half = taps.shape[-1] // 2
    whole = np.concatenate([taps[..., : taps.shape[-1] - half], taps[..., :half][..., ::-1]], -1)
    return whole.reshape(w.shape)


THEOREM = Theorem(
    name="even_kernel",
    statement="An even kernel convolves as it cross-correlates: reversed data, reversed output; "
    "and another does not, by as much as it is uneven, the unit impulse.",
    latex=r"h_{-k} = h_k \implies h \star x_{-\cdot} = (h \star x)_{-\cdot}, \qquad "
    r"h * \delta - h \star \delta = h - h_{-\cdot}",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="even_kernels",
    statement="Convolution equals cross-correlation for every signal exactly if the kernel is "
    "even.",
    latex=r"h * x = h \star x \ \forall x \iff h_{-k} = h_k",
    source="lecture 7, cross-correlation",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Instantiation: what is equal for every signal is equal for the unit impulse, for which "
    "the steps compute both sides, h[n] and h[-n].",
    asked_as=("even_kernel",),
)
