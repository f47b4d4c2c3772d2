"""Strided convolution is standard convolution, then down-sampling: ``a_s[o] = a_1[s o]``.

Output ``o`` of the strided layer is output ``m = s o`` of the standard one, zeros of the padding
included, and exactly these are kept::

    sum_k w[k] x[s o + t k - p_low]  =  sum_k w[k] x[1 m + t k - p_low]
    0 <= s o < n'_1   <=>   0 <= o < n'

Axes share no letter, so that the law holds along each by itself.
"""

from dataclasses import replace
from typing import Any

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, iff
from convproof.theorems.base import Request, Seen, Subject, Theorem
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.right import right
from convproof.theorems.variants.itself import same

_AXIS = SymbolicAxis()
_o, _m, _k, _l = index("o"), index("m"), index("k"), index("k'")
_KEPT = eq(_m, _AXIS.s * _o)


def _sums() -> SameSum:
    strided, standard = _AXIS.position(_o, _k), _m + _AXIS.t * _l - _AXIS.low
    return SameSum(
        name="each strided output is a standard one",
        left=GuardedSum(
            indices=(_k,),
            guard=(*_AXIS.is_tap(_k), *_AXIS.is_input(strided)),
            entries=(("w", (_k,)), ("x", (strided,))),
        ),
        right=GuardedSum(
            indices=(_l,),
            guard=(*_AXIS.is_tap(_l), *_AXIS.is_input(standard)),
            entries=(("w", (_l,)), ("x", (standard,))),
        ),
        to_right={_l: _k},
        to_left={_k: _l},
        hypotheses=(*_AXIS.is_output(_o), _KEPT),
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
    return _sums(), _kept()


def _twin() -> Twin:
    given = _sums()
    last = eq(_m, _AXIS.s * _o + _AXIS.s - 1)
    hypotheses = tuple(last if h == _KEPT else h for h in given.hypotheses)
    return Twin(
        changed="the last of every s outputs is kept, m = s o + s - 1",
        of=given,
        step=replace(given, hypotheses=hypotheses),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    layer: Any = case.layer
    standard = replace(case, layer=replace(layer, stride=(1,) * len(layer.stride)))
    known = right(function, case, request)
    strided = answer(subject, function, case, known.arrays, request)
    whole = answer(subject, function, standard, known.arrays, request)
    kept: Any = (..., *(slice(None, None, s) for s in layer.stride))
    return same(
        known,
        strided,
        whole[kept],
        law="a strided convolution is the standard one at every s-th output: "
        f"stride {layer.stride}",
        call=call_of(function, case, known.arrays),
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
    share=8,
    wants=_is_strided,
)
PROOF = Proof(
    name="strided",
    statement="Strided convolution is standard convolution, then down-sampling by the stride.",
    latex=r"\sum_k w_k x_{so + tk - p} = a_1[so], \quad 0 \le so < n'_1 \iff 0 \le o < n'",
    source='lecture 7, "strided convolution (down-sampling)"',
    steps=_steps,
    twin=_twin,
    asked_as=("strided",),
)
