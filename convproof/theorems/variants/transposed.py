"""Transposed convolution is the adjoint of convolution: it runs every arrow backwards.

A convolution takes ``n`` inputs to ``n'`` outputs; its transpose takes ``y`` of ``n'`` back to
``n``, with the same taps::

    (T y)[c,j] = sum of w[m,c,k] y[m,o] over all m and all (o, k) with s o + t k - p_low = j
    <z, T y> = <w ⋆ z, y>

It is also a standard convolution, of ``y`` with ``s - 1`` zeros between neighbours (``y↑s``), with
the up-sampled kernel flipped and padding ``r̂ - 1 - p_low`` (negative: cropped)::

    (T y)[c,j] = sum_{m, 0 <= l < r̂} w↑t[m,c,r̂ - 1 - l] y↑s[m,j + l - (r̂ - 1 - p_low)]

and the transposed convolution of stride 1 of ``y↑s``: this is how an implementation is asked, with
``output_padding`` more zeros at the end of ``y↑s`` in the place of that option, which stride 1 does
not allow. Sizes: ``n = s (n' - 1) + r̂ - p_low - p_high + output_padding``, which a convolution
takes to ``n'`` for every ``0 <= output_padding < s``. The sums are proved along one axis and over a
plane, with channels; the sizes along an axis.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import ConvTranspose
from convproof.symbolic.sizes import SymbolicAxis, count, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, divides, eq, lt, quotient
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.right import right
from convproof.theorems.variants.itself import answered, same

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_maps, _channels = size("M"), size("C")  # of y, and of T y
_m, _c, _d, _e = (index(name) for name in ("m", "c", "m'", "c'"))
_more = count("more")  # output_padding
_Axes = tuple[SymbolicAxis, ...]


def _letters(letter: str, axes: _Axes) -> tuple[Any, ...]:
    return tuple(index(f"{letter}{axis.suffix}") for axis in axes)


def _last(axis: SymbolicAxis) -> Any:
    """Return the last place of ``y↑s``."""
    return axis.s * (axis.outputs - 1)


_SIZE = _last(_AXIS) + _AXIS.span - _AXIS.low - _AXIS.high + _more


def _transposed(axes: _Axes) -> GuardedSum:
    """Return output ``j`` of channel ``c``."""
    places, taps = _letters("o", axes), _letters("k", axes)
    rows = zip(axes, places, taps, _letters("j", axes), strict=True)
    meets = (
        (*axis.is_output(o), *axis.is_tap(k), eq(axis.position(o, k), j)) for axis, o, k, j in rows
    )
    return GuardedSum(
        indices=(_m, *places, *taps),
        guard=(*box(0, _m, _maps), *(part for parts in meets for part in parts)),
        entries=(("w", (_m, _c, *taps)), ("y", (_m, *places))),
    )


def _adjoint(*axes: SymbolicAxis) -> SameSum:
    ends, backwards = _letters("j", axes), _transposed(axes)
    places, taps = _letters("i", axes), _letters("q", axes)
    rows = tuple(zip(axes, places, taps, strict=True))
    reads = tuple(axis.position(i, q) for axis, i, q in rows)
    inside = (
        (*axis.is_output(i), *axis.is_tap(q), *axis.is_input(read))
        for (axis, i, q), read in zip(rows, reads, strict=True)
    )
    return SameSum(
        name="the adjoint of convolution, axes: " + str(len(axes)),
        left=GuardedSum(
            indices=(_c, *ends, *backwards.indices),
            guard=(
                *box(0, _c, _channels),
                *(part for axis, j in zip(axes, ends, strict=True) for part in axis.is_input(j)),
                *backwards.guard,
            ),
            entries=(*backwards.entries, ("z", (_c, *ends))),
        ),
        right=GuardedSum(
            indices=(_d, _e, *places, *taps),
            guard=(
                *box(0, _d, _maps),
                *box(0, _e, _channels),
                *(part for parts in inside for part in parts),
            ),
            entries=(("w", (_d, _e, *taps)), ("y", (_d, *places)), ("z", (_e, *reads))),
        ),
        to_right=dict(zip((_d, _e, *places, *taps), (_m, _c, *backwards.indices[1:]), strict=True)),
        to_left=dict(
            zip((_c, *ends, *backwards.indices), (_e, *reads, _d, *places, *taps), strict=True)
        ),
    )


def _flipped(*axes: SymbolicAxis) -> SameSum:
    taps = _letters("l", axes)
    rows = tuple(zip(axes, _letters("j", axes), taps, strict=True))
    reads = tuple(j + l - (axis.span - 1 - axis.low) for axis, j, l in rows)
    flipped = tuple(axis.span - 1 - l for axis, _, l in rows)
    of_kernel = tuple(quotient(k, axis.t) for axis, k in zip(axes, flipped, strict=True))
    of_data = tuple(quotient(read, axis.s) for axis, read in zip(axes, reads, strict=True))
    guards = (
        (
            *box(0, l, axis.span),
            divides(axis.t, k),
            *box(0, read, _last(axis) + 1),
            divides(axis.s, read),
        )
        for axis, l, k, read in zip(axes, taps, flipped, reads, strict=True)
    )
    return SameSum(
        name="a convolution of y↑s with the flipped kernel, axes: " + str(len(axes)),
        left=_transposed(axes),
        right=GuardedSum(
            indices=(_d, *taps),
            guard=(*box(0, _d, _maps), *(part for parts in guards for part in parts)),
            entries=(("w", (_d, _c, *of_kernel)), ("y", (_d, *of_data))),
        ),
        to_right={
            _d: _m,
            **{l: a.span - 1 - a.t * index(f"k{a.suffix}") for a, _, l in rows},
        },
        to_left=dict(zip(_transposed(axes).indices, (_d, *of_data, *of_kernel), strict=True)),
    )


def _stuffed(*axes: SymbolicAxis) -> SameSum:
    """Return that output ``j`` is that of stride 1, of ``y↑s`` and ``more`` zeros."""
    places, taps = _letters("i", axes), _letters("q", axes)
    rows = tuple(zip(axes, places, taps, _letters("j", axes), strict=True))
    of_data = tuple(quotient(i, axis.s) for axis, i, _, _ in rows)
    guards = (
        (
            *box(0, i, _last(axis) + 1 + count(f"more{axis.suffix}")),
            divides(axis.s, i),
            lt(quotient(i, axis.s), axis.outputs),
            *axis.is_tap(q),
            eq(i + axis.t * q - axis.low, j),
        )
        for axis, i, q, j in rows
    )
    return SameSum(
        name="the transposed convolution of stride 1 of y↑s, axes: " + str(len(axes)),
        left=_transposed(axes),
        right=GuardedSum(
            indices=(_d, *places, *taps),
            guard=(*box(0, _d, _maps), *(part for parts in guards for part in parts)),
            entries=(("w", (_d, _c, *taps)), ("y", (_d, *of_data))),
        ),
        to_right={
            _d: _m,
            **{i: axis.s * index(f"o{axis.suffix}") for axis, i, _, _ in rows},
            **dict(zip(taps, _letters("k", axes), strict=True)),
        },
        to_left=dict(zip(_transposed(axes).indices, (_d, *of_data, *taps), strict=True)),
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
            eq(places, _last(_AXIS) + 1),
            eq(low, _AXIS.span - 1 - _AXIS.low),
            eq(high, _AXIS.span - 1 - _AXIS.high + _more),
        ),
    )
    of_stride_1 = Claim(
        name="the size that stride 1 gives",
        goal=eq(1 * (places - 1) + _AXIS.span - _AXIS.low - _AXIS.high + 0, _SIZE),
        hypotheses=(eq(places, _last(_AXIS) + 1 + _more),),
    )
    return of_convolution, of_stride_1


def _steps() -> tuple[Step, ...]:
    sums = (law(*axes) for axes in ((_AXIS,), _PLANE) for law in (_adjoint, _flipped, _stuffed))
    return *sums, _goes_back(), *_sizes()


def _twin() -> Twin:
    """Return the convolution of ``y↑s`` with the kernel as it is."""
    given = _flipped(_AXIS)
    _, y = given.right.entries
    as_it_is = ("w", (_d, _c, quotient(index("l"), _AXIS.t)))
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
    strided = answered(subject, function, case, known.arrays, request)
    standard = answered(subject, function, dense, known.arrays.but(x=stuffed), request)
    return same(
        strided.y,
        standard.y,
        weak=known.weak,
        law="a transposed convolution is that of stride 1 of the data with s - 1 zeros between: "
        f"stride {layer.stride}, output_padding {layer.output_padding}",
        answers=(strided, standard),
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
    stems=("conv_transpose",),
    share=8,
    wants=_is_strided,
)
PROOF = Proof(
    name="transposed",
    statement="Transposed convolution is the adjoint of convolution, and the convolution of its "
    "zero-stuffed input with the flipped kernel and padding r̂ - 1 - p.",
    latex=r"\langle z, T y \rangle = \langle w \star z, y \rangle, \quad (T y)_c[j] = "
    r"\sum_{m,l} (w{\uparrow}^t)_{mc}[\hat r - 1 - l]\, "
    r"(y{\uparrow}^s)_m[j + l - (\hat r - 1 - p)]",
    source='lecture 7, "strided convolution: input derivative"; '
    "Dumoulin and Visin, A guide to convolution arithmetic, 2016, relationship 14",
    steps=_steps,
    twin=_twin,
    asked_as=("transposed",),
)
