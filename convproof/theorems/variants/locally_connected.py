"""A locally connected layer has a kernel at every position; sharing it adds the derivatives.

::

    a[b,m,o]    = sum_{c,k} w[m,c,o,k] x[b, c, s o + t k - p_low]           b counts images
    dw[m,c,o,k] = sum_b da[b,m,o] x[b, c, s o + t k - p_low]

A convolution is the layer with ``w[m,c,o,k] = v[m,c,k]`` at every ``o``. By the chain rule, with
``d w[m,c,o,k] / d v[m',c',l] = 1`` where ``(m, c, k) = (m', c', l)`` and else 0, the derivatives of
what is shared are added::

    dv[m,c,l] = sum_o dw[m,c,o,l] = sum_{b, o} da[b,m,o] x[b, c, s o + t l - p_low]

The sum over all indices with ``(m, c, k) = (m', c', l)`` is at once the chain rule's and the
coefficient of ``v[m',c',l]`` in ``<da, a>`` for the convolution: sharing in the forward is adding
in the backward. Both are proved along one axis and over a plane.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import right
from convproof.theorems.variants.itself import answered, paddings, same, windows

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_batch, _maps, _channels = size("N"), size("M"), size("C")
_b, _d, _m, _c, _f, _g = (index(name) for name in ("b", "b'", "m", "c", "m'", "c'"))


def _letters(letter: str, axes: tuple[SymbolicAxis, ...]) -> tuple[Any, ...]:
    return tuple(index(f"{letter}{axis.suffix}") for axis in axes)


def _equal(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(map(eq, one, other))


def _boxed(
    axes: tuple[SymbolicAxis, ...], places: tuple[Any, ...], taps: tuple[Any, ...]
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """Return where ``o`` and ``k`` meet the input, and that output, tap and input exist."""
    rows = tuple(zip(axes, places, taps, strict=True))
    reads = tuple(axis.position(o, k) for axis, o, k in rows)
    return (
        reads,
        tuple(part for axis, o, _ in rows for part in axis.is_output(o)),
        tuple(part for axis, _, k in rows for part in axis.is_tap(k)),
        tuple(part for axis, i in zip(axes, reads, strict=True) for part in axis.is_input(i)),
    )


def _pairing(axes: tuple[SymbolicAxis, ...], *more: Any) -> GuardedSum:
    """Return what is left of ``<da, a>`` under more conditions, ``w`` taken out."""
    places, taps = _letters("o", axes), _letters("k", axes)
    reads, *inside = _boxed(axes, places, taps)
    maps = *box(0, _m, _maps), *box(0, _c, _channels), eq(_m, _f), eq(_c, _g)
    return GuardedSum(
        indices=(_b, _m, _c, *places, *taps),
        guard=(*box(0, _b, _batch), *maps, *(part for parts in inside for part in parts), *more),
        entries=(("da", (_b, _m, *places)), ("x", (_b, _c, *reads))),
    )


def _of_each(*axes: SymbolicAxis) -> SameSum:
    """Return that the coefficient of ``w[m',c',o',k']`` in ``<da, a>`` is its derivative."""
    places, taps = _letters("o", axes), _letters("k", axes)
    place, tap = _letters("o'", axes), _letters("k'", axes)
    reads, outputs, exists, inside = _boxed(axes, place, tap)
    return SameSum(
        name="the derivative of the kernel of one position, axes: " + str(len(axes)),
        left=_pairing(axes, *_equal(places, place), *_equal(taps, tap)),
        right=GuardedSum(
            indices=(_d,),
            guard=(*box(0, _d, _batch), *inside),
            entries=(("da", (_d, _f, *place)), ("x", (_d, _g, *reads))),
        ),
        to_right={_d: _b},
        to_left={_b: _d, _m: _f, _c: _g, **dict(zip(places + taps, place + tap, strict=True))},
        hypotheses=(*box(0, _f, _maps), *box(0, _g, _channels), *outputs, *exists),
    )


def _chain_rule(*axes: SymbolicAxis) -> SameSum:
    """Return that ``sum_{o,k} dw[o,k] d w[o,k] / d v[l]`` is the sum over positions."""
    places, taps = _letters("o", axes), _letters("k", axes)
    others, shared = _letters("p", axes), _letters("l", axes)
    reads, outputs, exists, inside = _boxed(axes, others, shared)
    return SameSum(
        name="sharing adds the derivatives of all positions, axes: " + str(len(axes)),
        left=_pairing(axes, *_equal(taps, shared)),
        right=GuardedSum(
            indices=(_d, *others),
            guard=(*box(0, _d, _batch), *outputs, *inside),
            entries=(("da", (_d, _f, *others)), ("x", (_d, _g, *reads))),
        ),
        to_right={_d: _b, **dict(zip(others, places, strict=True))},
        to_left={_b: _d, _m: _f, _c: _g, **dict(zip(places + taps, others + shared, strict=True))},
        hypotheses=(*box(0, _f, _maps), *box(0, _g, _channels), *exists),
    )


def _steps() -> tuple[Step, ...]:
    return tuple(law(*axes) for axes in ((_AXIS,), _PLANE) for law in (_of_each, _chain_rule))


def _twin() -> Twin:
    """Return the chain rule without its Kronecker delta."""
    return without(_chain_rule(_AXIS), eq(index("k"), index("l")))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask the derivative, and the sum of those of all windows, each an image with one output."""
    layer: Any = case.layer
    known = right(function, case, request)
    x, y_bar = known.arrays["x"], known.arrays["y_bar"]
    ends = ((0, 0), (0, 0), *paddings(case))
    padded = np.pad(x, ends, mode="constant" if layer.padding_mode == "zeros" else "wrap")
    dims = len(layer.stride)
    read = windows(padded, layer.kernel_size, layer.stride, layer.dilation)
    images = np.moveaxis(read, 1, dims + 1).reshape(-1, layer.in_channels, *layer.kernel_size)
    ones = (1,) * dims
    places = np.moveaxis(y_bar, 1, -1).reshape(-1, layer.out_channels, *ones)
    one = replace(layer, stride=ones, padding=((0, 0),) * dims, dilation=ones)
    alone = replace(case, layer=one, input_shape=images.shape)
    together = answered(subject, function, case, known.arrays, request)
    apart = answered(subject, function, alone, known.arrays.but(x=images, y_bar=places), request)
    return same(
        together.y,
        apart.y,
        weak=known.weak,
        law="the kernel is shared, so its derivative adds those of all windows, as of images",
        answers=(together, apart),
    )


THEOREM = Theorem(
    name="shared",
    statement="The weight derivative adds up those of the windows: the kernel is shared.",
    latex=r"dv_l = \sum_o dw_{o,l}",
    check=_check,
    families=("bilinear",),
    roles=("weight",),
    stems=("conv",),
    share=8,
    wants=not_rounded,  # many images: a half that is rounded after each is another
)
PROOF = Proof(
    name="locally_connected",
    statement="Where the positions of a locally connected layer share one kernel, which makes it a "
    "convolution, the weight derivative is the sum over positions of theirs.",
    latex=r"w_{mcok} = v_{mck} \ \Rightarrow\ dv_{mcl} = \sum_o dw_{mcol} = "
    r"\sum_{b,o} da_{bmo}\, x_{bc}[so + tl - p]",
    source='lecture 7, "standard convolution: weight derivative": sharing in forward, adding in '
    "backward",
    steps=_steps,
    twin=_twin,
    asked_as=("shared",),
)
