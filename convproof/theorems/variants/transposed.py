"""Transposed convolution is the adjoint of convolution: it runs every arrow backwards.

A convolution takes ``n`` inputs to ``n'`` outputs; its transpose takes ``y`` of ``n'`` back to
``n``, with the same taps::

    (T y)[j] = sum of w[k] y[o] over all (o, k) with s o + t k - p_low = j
    <z, T y> = <w ⋆ z, y>

It is also a standard convolution, of ``y`` with ``s - 1`` zeros between neighbours (``y↑s``), with
the up-sampled kernel flipped and padding ``r̂ - 1 - p_low`` (negative: cropped)::

    (T y)[j] = sum_{0 <= l < r̂} w↑t[r̂ - 1 - l] y↑s[j + l - (r̂ - 1 - p_low)]

and the transposed convolution of stride 1 of ``y↑s``: this is how an implementation is asked, with
``output_padding`` more zeros at the end of ``y↑s`` in the place of that option, which stride 1 does
not allow. Sizes: ``n = s (n' - 1) + r̂ - p_low - p_high + output_padding``, which a convolution
takes to ``n'`` for every ``0 <= output_padding < s``. Axes share no letter, so that the law holds
along each by itself.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import ConvTranspose
from convproof.symbolic.sizes import SymbolicAxis, count, index
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, divides, eq, lt, quotient
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.right import right
from convproof.theorems.variants.itself import same

_AXIS = SymbolicAxis()
_o, _k, _j, _l, _i, _q = (index(name) for name in ("o", "k", "j", "l", "i", "k'"))
_more = count("more")  # output_padding
_LAST = _AXIS.s * (_AXIS.outputs - 1)  # the last place of y↑s
_FLIPPED = _AXIS.span - 1 - _l
_SIZE = _LAST + _AXIS.span - _AXIS.low - _AXIS.high + _more


def _transposed() -> GuardedSum:
    """Return output ``j``."""
    return GuardedSum(
        indices=(_o, _k),
        guard=(*_AXIS.is_output(_o), *_AXIS.is_tap(_k), eq(_AXIS.position(_o, _k), _j)),
        entries=(("w", (_k,)), ("y", (_o,))),
    )


def _adjoint() -> SameSum:
    reads = _AXIS.position(_i, _q)
    backwards = _transposed()
    return SameSum(
        name="the adjoint of convolution",
        left=GuardedSum(
            indices=(_j, *backwards.indices),
            guard=(*_AXIS.is_input(_j), *backwards.guard),
            entries=(*backwards.entries, ("z", (_j,))),
        ),
        right=GuardedSum(
            indices=(_i, _q),
            guard=(*_AXIS.is_output(_i), *_AXIS.is_tap(_q), *_AXIS.is_input(reads)),
            entries=(("w", (_q,)), ("y", (_i,)), ("z", (reads,))),
        ),
        to_right={_i: _o, _q: _k},
        to_left={_j: reads, _o: _i, _k: _q},
    )


def _flipped() -> SameSum:
    reads = _j + _l - (_AXIS.span - 1 - _AXIS.low)
    return SameSum(
        name="a convolution of y↑s with the flipped kernel",
        left=_transposed(),
        right=GuardedSum(
            indices=(_l,),
            guard=(
                *box(0, _l, _AXIS.span),
                divides(_AXIS.t, _FLIPPED),
                *box(0, reads, _LAST + 1),
                divides(_AXIS.s, reads),
            ),
            entries=(
                ("w", (quotient(_FLIPPED, _AXIS.t),)),
                ("y", (quotient(reads, _AXIS.s),)),
            ),
        ),
        to_right={_l: _AXIS.span - 1 - _AXIS.t * _k},
        to_left={_o: quotient(reads, _AXIS.s), _k: quotient(_FLIPPED, _AXIS.t)},
    )


def _stuffed() -> SameSum:
    """Return that output ``j`` is that of stride 1, of ``y↑s`` and ``more`` zeros."""
    return SameSum(
        name="the transposed convolution of stride 1 of y↑s",
        left=_transposed(),
        right=GuardedSum(
            indices=(_i, _q),
            guard=(
                *box(0, _i, _LAST + 1 + _more),
                divides(_AXIS.s, _i),
                lt(quotient(_i, _AXIS.s), _AXIS.outputs),
                *_AXIS.is_tap(_q),
                eq(_i + _AXIS.t * _q - _AXIS.low, _j),
            ),
            entries=(("w", (_q,)), ("y", (quotient(_i, _AXIS.s),))),
        ),
        to_right={_i: _AXIS.s * _o, _q: _k},
        to_left={_o: quotient(_i, _AXIS.s), _k: _q},
    )


def _goes_back() -> Claim:
    return Claim(
        name="a convolution takes the size n back to n'",
        goal=both(*_AXIS.sizes()),
        hypotheses=(eq(_AXIS.n, _SIZE), lt(_more, _AXIS.s)),
    )


def _sizes() -> tuple[Claim, Claim]:
    """Return that both convolutions of ``y↑s`` give ``n`` positions."""
    places, low, high = index("z"), index("P_low"), index("P_high")
    of_convolution = Claim(
        name="the size of the convolution of y↑s",
        goal=eq(places + low + high - _AXIS.span + 1, _SIZE),
        hypotheses=(
            eq(places, _LAST + 1),
            eq(low, _AXIS.span - 1 - _AXIS.low),
            eq(high, _AXIS.span - 1 - _AXIS.high + _more),
        ),
    )
    of_stride_1 = Claim(
        name="the size that stride 1 gives",
        goal=eq(1 * (places - 1) + _AXIS.span - _AXIS.low - _AXIS.high + 0, _SIZE),
        hypotheses=(eq(places, _LAST + 1 + _more),),
    )
    return of_convolution, of_stride_1


def _steps() -> tuple[Step, ...]:
    return _adjoint(), _flipped(), _stuffed(), _goes_back(), *_sizes()


def _twin() -> Twin:
    """Return the convolution of ``y↑s`` with the kernel as it is."""
    given = _flipped()
    _, y = given.right.entries
    as_it_is = ("w", (quotient(_l, _AXIS.t),))
    return Twin(
        changed="the kernel is not flipped, w[l / t]",
        of=given,
        step=replace(given, right=replace(given.right, entries=(as_it_is, y))),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    layer: Any = case.layer
    ones, none = (1,) * len(layer.stride), (0,) * len(layer.stride)
    known = right(function, case, request)
    x = known.arrays["x"]
    ends = [s * (n - 1) + 1 for n, s in zip(x.shape[2:], layer.stride, strict=True)]
    sizes = (end + more for end, more in zip(ends, layer.output_padding, strict=True))
    stuffed = np.zeros((*x.shape[:2], *sizes), x.dtype)
    places: Any = (slice(0, end, s) for end, s in zip(ends, layer.stride, strict=True))
    stuffed[(..., *places)] = x
    dense = replace(
        case,
        layer=replace(layer, stride=ones, output_padding=none),
        input_shape=stuffed.shape,
    )
    strided = answer(subject, function, case, known.arrays, request)
    standard = answer(subject, function, dense, known.arrays.but(x=stuffed), request)
    return same(
        known,
        strided,
        standard,
        law="a transposed convolution is that of stride 1 of the data with s - 1 zeros between: "
        f"stride {layer.stride}, output_padding {layer.output_padding}",
        call=call_of(function, case, known.arrays),
    )


def _is_strided(function: Function, case: Case, request: Request) -> bool:
    del function, request
    layer = case.layer
    return isinstance(layer, ConvTranspose) and max(*layer.stride, *layer.output_padding, 1) > 1


THEOREM = Theorem(
    name="transposed",
    statement="A transposed convolution is that of stride 1 of data with zeros between.",
    latex=r"T_s y = T_1 (y {\uparrow}^s)",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    share=8,
    wants=_is_strided,
)
PROOF = Proof(
    name="transposed",
    statement="Transposed convolution is the adjoint of convolution, and the convolution of its "
    "zero-stuffed input with the flipped kernel and padding r̂ - 1 - p.",
    latex=r"\langle z, T y \rangle = \langle w \star z, y \rangle, \quad (T y)_j = "
    r"\sum_l (w{\uparrow}^t)_{\hat r - 1 - l} (y{\uparrow}^s)_{j + l - (\hat r - 1 - p)}",
    source='lecture 7, "strided convolution: input derivative"; '
    "Dumoulin and Visin, A guide to convolution arithmetic, 2016, relationship 14",
    steps=_steps,
    twin=_twin,
    asked_as=("transposed",),
)
