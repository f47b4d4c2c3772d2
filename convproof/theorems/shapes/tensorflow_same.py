"""TensorFlow's ``"same"`` gives ``n' = ceil(n/s)`` for every kernel, stride and dilation.

It pads by as much as the last of ``ceil(n/s)`` windows lacks, the surplus at the high end::

    p = max((ceil(n/s) - 1) s + r̂ - n, 0)         p_low = floor(p/2)        p_high = p - p_low

At stride 1 this is ``r̂ - 1``, which torch's ``"same"`` pads; with a stride that gives the same
size (``same_padding``), from windows that lie elsewhere.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, le, quotient
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.variants.itself import Asked, drawn

_NAME = "tensorflow_same"
_AXIS = SymbolicAxis()
_WANTED, _PADDING, _TWO = index("q"), index("p"), sp.Integer(2)
_LACKING = (_WANTED - 1) * _AXIS.s + _AXIS.span - _AXIS.n


def _padding() -> tuple[Boolean, ...]:
    return (
        eq(_WANTED, sp.ceiling(_AXIS.n / _AXIS.s)),
        eq(_PADDING, sp.Max(_LACKING, 0)),
        eq(_AXIS.low, quotient(_PADDING, _TWO)),
        eq(_AXIS.high, _PADDING - quotient(_PADDING, _TWO)),
    )


def _rounded_up() -> Claim:
    return Claim(
        name="the size is divided and rounded up",
        goal=eq(_AXIS.outputs, _WANTED),
        hypotheses=(*_padding(), *_AXIS.sizes()),
    )


def _as_torch() -> Claim:
    return Claim(
        name="at stride 1 it is what torch pads",
        goal=eq(_PADDING, _AXIS.span - 1),
        hypotheses=(eq(_AXIS.s, 1), *_padding()[:2]),
    )


def _steps() -> tuple[Step, ...]:
    ends = both(*box(_AXIS.low, _AXIS.high, _AXIS.low + 2), le(_AXIS.high, _AXIS.span - 1))
    return (
        _rounded_up(),
        Claim(
            name="the high end has at most one more, and less than the window",
            goal=ends,
            hypotheses=_padding(),
        ),
        _as_torch(),
    )


def _twin() -> Twin:
    return without(_as_torch(), eq(_AXIS.s, 1))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a layer padded by the name, whatever its stride, and one of data padded already."""
    ask = Asked(subject, function, request)
    layer: Any = replace(case.layer, padding=_NAME, padding_mode="zeros", bias=False)  # type: ignore[call-arg]
    bare = replace(layer, padding=((0, 0),) * len(layer.stride))
    terms = zip(case.input_shape[2:], layer.kernel_size, layer.stride, layer.dilation, strict=True)
    more = [max((-(-n // s) - 1) * s + t * (r - 1) + 1 - n, 0) for n, r, s, t in terms]
    ends = [(each // 2, each - each // 2) for each in more]
    x, w = drawn(case, *case.input_shape, of=1), drawn(case, *layer.weight_shape, of=2)
    expected = ask(bare, np.pad(x, [(0, 0), (0, 0), *ends]), w=w)
    got = ask.in_words({"padding": _NAME}, function, layer, x, w=w)
    return ask.agree(got, expected, f"padding={_NAME!r} is zeros, {ends} of them around each axis")


THEOREM = Theorem(
    name=_NAME,
    statement='Padding by the name "tensorflow_same" is zeros around the data, as many as '
    "ceil(n/s) windows lack, an odd one at the high end.",
    latex=r"p = \max((\lceil n/s \rceil - 1)s + \hat r - n,\ 0), \quad "
    r"p_\ell = \lfloor p/2 \rfloor,\ p_h = p - p_\ell",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    needs=frozenset({"padding"}),
    offered=frozenset({_NAME}),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name=_NAME,
    statement='Padding "tensorflow_same" gives ceil(n/s) outputs for every kernel, stride and '
    'dilation, and is "same" at stride 1.',
    latex=r"p = \max((\lceil n/s \rceil - 1)s + \hat r - n,\ 0) \implies n' = \lceil n/s \rceil",
    source="lecture 7, padding preserves size; tf.nn.convolution, padding='SAME'",
    steps=_steps,
    twin=_twin,
    asked_as=(_NAME,),
)
