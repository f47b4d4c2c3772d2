"""Strided convolution is standard convolution, then down-sampling: ``a_s[o] = a_1[s o]``.

Output ``o`` of the strided layer is output ``m = s o`` of the standard one, zeros of the padding
included, and exactly these are kept::

    sum_{c,k} w[f,c,k] x[c, s o + t k - p_low]  =  sum_{c,k} w[f,c,k] x[c, 1 m + t k - p_low]
    0 <= s o < n'_1   <=>   0 <= o < n'

The sums are proved along one axis and over a plane; which outputs are kept, along an axis.
"""

from dataclasses import replace
from typing import Any

from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, iff
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.right import right
from convproof.theorems.variants.itself import answered, same

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_maps, _c, _d, _f = size("C"), index("c"), index("c'"), index("f")
_o, _m = index("o"), index("m")
_KEPT = eq(_m, _AXIS.s * _o)


def _sums(*axes: SymbolicAxis) -> SameSum:
    """Return that output ``o`` of feature map ``f`` is output ``m`` of the standard layer."""
    letters = (
        [index(f"{letter}{axis.suffix}") for axis in axes] for letter in ("o", "m", "k", "l")
    )
    rows = tuple(zip(axes, *letters, strict=True))
    taps, others = tuple(k for *_, k, _ in rows), tuple(l for *_, l in rows)
    strided = tuple(axis.position(o, k) for axis, o, _, k, _ in rows)
    standard = tuple(m + axis.t * l - axis.low for axis, _, m, _, l in rows)
    return SameSum(
        name="each strided output is a standard one, axes: " + str(len(axes)),
        left=_layer(axes, _c, taps, strided),
        right=_layer(axes, _d, others, standard),
        to_right={_d: _c, **dict(zip(others, taps, strict=True))},
        to_left={_c: _d, **dict(zip(taps, others, strict=True))},
        hypotheses=tuple(
            part for axis, o, m, *_ in rows for part in (*axis.is_output(o), eq(m, axis.s * o))
        ),
    )


def _layer(axes: tuple[SymbolicAxis, ...], channel: Any, taps: Any, reads: Any) -> GuardedSum:
    rows = zip(axes, taps, reads, strict=True)
    return GuardedSum(
        indices=(channel, *taps),
        guard=(
            *box(0, channel, _maps),
            *(part for axis, k, i in rows for part in (*axis.is_tap(k), *axis.is_input(i))),
        ),
        entries=(("w", (_f, channel, *taps)), ("x", (channel, *reads))),
    )


def _kept() -> Claim:
    """Return that ``0 <= s o < n'_1`` exactly for the outputs of the strided layer."""
    standard = size("n'_1")
    return Claim(
        name="the outputs kept are those at multiples of s",
        goal=iff(both(*box(0, _m, standard)), both(*_AXIS.is_output(_o))),
        hypotheses=(*_AXIS.sizes(), eq(standard, _AXIS.slack + 1), _KEPT),
    )


def _steps() -> tuple[Step, ...]:
    return _sums(_AXIS), _sums(*_PLANE), _kept()


def _twin() -> Twin:
    given = _sums(_AXIS)
    last = eq(_m, _AXIS.s * _o + _AXIS.s - 1)
    hypotheses = tuple(last if h == _KEPT else h for h in given.hypotheses)
    return Twin(
        changed="the last of every s outputs is kept, m = s o + s - 1",
        of=given,
        step=replace(given, hypotheses=hypotheses),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    layer: Any = case.layer
    padding = tuple(axis.padding for axis in layer.axes(case.input_shape[2:]))  # a name reads s
    ones = (1,) * len(layer.stride)
    standard = replace(case, layer=replace(layer, stride=ones, padding=padding))
    known = right(function, case, request)
    strided = answered(subject, function, case, known.arrays, request)
    whole = answered(subject, function, standard, known.arrays, request)
    kept: Any = (..., *(slice(None, None, s) for s in layer.stride))
    return same(
        strided.y,
        whole.y[kept],
        weak=known.weak,
        law="a strided convolution is the standard one at every s-th output: "
        f"stride {layer.stride}",
        answers=(strided, whole),
    )


def _is_strided(function: Function, case: Case, request: Request) -> bool:
    del function, request
    return isinstance(case.layer, Conv) and max(case.layer.stride) > 1


THEOREM = Theorem(
    name="strided",
    statement="A strided convolution is the standard one, then down-sampled.",
    latex=r"a_s[o] = a_1[s o]",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=_is_strided,
)
PROOF = Proof(
    name="strided",
    statement="Strided convolution is standard convolution, then down-sampling by the stride.",
    latex=r"\sum_{c,k} w_{fck}\, x_c[so + tk - p] = a_1[so]_f, \quad "
    r"0 \le so < n'_1 \iff 0 \le o < n'",
    source='lecture 7, "strided convolution (down-sampling)"',
    steps=_steps,
    twin=_twin,
    asked_as=("strided",),
)
