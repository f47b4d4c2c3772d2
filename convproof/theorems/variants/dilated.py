"""Dilated convolution is standard convolution with the kernel up-sampled: ``a = w↑t ⋆ x``.

``w↑t`` has the ``r`` taps of ``w`` and ``t - 1`` zeros between neighbours, ``r̂`` places in all::

    sum_k w[k] x[b + t k]  =  sum_{0 <= l < r̂, t | l} w[l / t] x[b + l]
    r̂ = r + (r - 1)(t - 1) = t (r - 1) + 1

wherever a window begins, ``b = s o - p_low`` for output ``o`` of either layer. The places that
``t`` does not divide hold zeros, so that no product with them is written. Both layers have as many
outputs. With two axes the kernel is up-sampled along both.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, divides, eq, quotient
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import right
from convproof.theorems.variants.itself import answered, same

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))


def _letters(letter: str, axes: tuple[SymbolicAxis, ...]) -> tuple[Any, ...]:
    return tuple(index(f"{letter}{axis.suffix}") for axis in axes)


def _sums(*axes: SymbolicAxis) -> SameSum:
    rows = tuple(zip(axes, *(_letters(letter, axes) for letter in "bkl"), strict=True))
    reads = tuple(b + axis.t * k for axis, b, k, _ in rows)
    places = tuple(b + l for _, b, _, l in rows)
    taps = tuple(quotient(l, axis.t) for axis, _, _, l in rows)
    return SameSum(
        name="dilated = standard with the kernel up-sampled, axes: " + str(len(axes)),
        left=GuardedSum(
            indices=_letters("k", axes),
            guard=tuple(
                condition
                for (axis, _, k, _), i in zip(rows, reads, strict=True)
                for condition in (*axis.is_tap(k), *axis.is_input(i))
            ),
            entries=(("w", _letters("k", axes)), ("x", reads)),
        ),
        right=GuardedSum(
            indices=_letters("l", axes),
            guard=tuple(
                condition
                for (axis, _, _, l), i in zip(rows, places, strict=True)
                for condition in (*box(0, l, axis.span), divides(axis.t, l), *axis.is_input(i))
            ),
            entries=(("w", taps), ("x", places)),
        ),
        to_right={l: axis.t * k for axis, _, k, l in rows},
        to_left={k: tap for (_, _, k, _), tap in zip(rows, taps, strict=True)},
    )


def _as_many() -> Claim:
    """Return that a standard layer of ``r̂`` taps can move as far: the law of ``n'`` is the same."""
    taps = size("r̂")
    return Claim(
        name="n + p_low + p_high - r̂, which the sizes follow from, is that of both layers",
        goal=eq(_AXIS.n + _AXIS.low + _AXIS.high - (1 * (taps - 1) + 1), _AXIS.slack),
        hypotheses=(eq(taps, _AXIS.span),),
    )


def _steps() -> tuple[Step, ...]:
    r, t = _AXIS.r, _AXIS.t
    span = Claim(name="the span", goal=eq(r + (r - 1) * (t - 1), _AXIS.span))
    return span, _sums(_AXIS), _sums(*_PLANE), _as_many()


def _twin() -> Twin:
    """Return the law with taps repeated where the zeros are."""
    return without(_sums(_AXIS), divides(_AXIS.t, index("l")))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    layer: Any = case.layer
    spans = tuple(t * (r - 1) + 1 for r, t in zip(layer.kernel_size, layer.dilation, strict=True))
    dense = replace(layer, kernel_size=spans, dilation=(1,) * len(spans))
    known = right(function, case, request)
    w = known.arrays["w"]
    stuffed = np.zeros((*w.shape[:2], *spans), w.dtype)
    taps: Any = (..., *(slice(None, None, t) for t in layer.dilation))
    stuffed[taps] = w
    dilated = answered(subject, function, case, known.arrays, request)
    arrays = known.arrays.but(w=stuffed)
    standard = answered(subject, function, replace(case, layer=dense), arrays, request)
    return same(
        dilated.y,
        standard.y,
        weak=known.weak,
        law="a dilated layer is the standard one with t - 1 zeros between the taps: "
        f"dilation {layer.dilation}",
        answers=(dilated, standard),
    )


def _is_dilated(function: Function, case: Case, request: Request) -> bool:
    """Return whether there are zeros to put in, and the standard layer is a legal one."""
    del function, request
    layer = case.layer
    if not isinstance(layer, Conv | ConvTranspose):
        return False
    if isinstance(layer, ConvTranspose) and any(
        more >= s for more, s in zip(layer.output_padding, layer.stride, strict=True)
    ):
        return False  # output_padding < max(stride, dilation)
    return any(r > 1 < t for r, t in zip(layer.kernel_size, layer.dilation, strict=True))


THEOREM = Theorem(
    name="dilated",
    statement="A dilated layer is the standard one with zeros between the taps.",
    latex=r"a = w{\uparrow}^t \star x",
    check=_check,
    families=("bilinear",),
    roles=("forward", "input"),
    stems=("conv", "conv_transpose"),
    share=8,
    wants=_is_dilated,
)
PROOF = Proof(
    name="dilated",
    statement="Dilated convolution is standard convolution with t - 1 zeros put between the taps.",
    latex=r"\sum_k w_k x_{b + tk} = \sum_{0 \le l < \hat r,\, t \mid l} "
    r"w_{l/t} x_{b + l}, \quad b = so - p, \  \hat r = r + (r - 1)(t - 1)",
    source='lecture 7, "dilated convolution (up-sampling)"',
    steps=_steps,
    twin=_twin,
    asked_as=("dilated",),
)
