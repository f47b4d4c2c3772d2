"""Strided convolution is standard convolution, then down-sampling: ``a_s[o] = a_1[s o]``.

For every output ``o`` of the strided layer, ``s o`` is one of the standard layer, and::

    sum_k w[k] x[s o + t k - p_low]  =  sum_k w[k] x[1 (s o) + t k - p_low]
"""

from dataclasses import replace
from typing import Any

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, lt
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import Right, right

_AXIS = SymbolicAxis()
_o, _k, _l = index("o"), index("k"), index("k'")


def _sums() -> SameSum:
    strided, standard = _AXIS.position(_o, _k), (_AXIS.s * _o) + _AXIS.t * _l - _AXIS.low
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
        hypotheses=(*_AXIS.sizes(), *_AXIS.is_output(_o)),
    )


def _kept() -> Claim:
    """Return that ``0 <= s o < n'_1`` exactly for the outputs of the strided layer."""
    standard = size("n'_1")
    return Claim(
        name="the outputs kept are those at multiples of s",
        goal=both(*box(0, _AXIS.s * _o, standard)),
        hypotheses=(
            *_AXIS.sizes(),
            *box(standard - 1, _AXIS.slack, standard),
            *_AXIS.is_output(_o),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return _sums(), _kept()


def _twin() -> Twin:
    return without(_kept(), lt(_o, _AXIS.outputs))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    layer: Any = case.layer
    standard = replace(case, layer=replace(layer, stride=(1,) * len(layer.stride)))
    known = right(function, case, request)
    strided = answer(subject, function, case, known.arrays, request)
    whole = answer(subject, function, standard, known.arrays, request)
    expected = whole[(..., *(slice(None, None, s) for s in layer.stride))]
    allowed = None if known.allowed is None else 2 * known.allowed
    judge = Right(known.arrays, expected.astype(known.expected.dtype), allowed).judge
    place = judge(strided)
    if place is not None:
        raise Violation(
            law="a strided convolution is the standard one at every s-th output: "
            f"stride {layer.stride}",
            call=call_of(function, case, known.arrays),
            assertion=f"y[{at(place)}] == {expected[place].item()!r}",
            index=place,
            got=strided[place],
            expected=expected[place],
        )
    return Seen(known.weak or controls(judge, strided))


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
    source="lecture 7, strided convolution",
    steps=_steps,
    twin=_twin,
    asked_as=("strided",),
)
