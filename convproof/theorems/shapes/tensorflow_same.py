"""TensorFlow's ``"same"`` gives ``n' = ceil(n/s)`` for every kernel, stride and dilation.

It pads by as much as the last of ``ceil(n/s)`` windows lacks, the surplus at the high end::

    p = max((ceil(n/s) - 1) s + r̂ - n, 0)         p_low = floor(p/2)        p_high = p - p_low

At stride 1 this is ``r̂ - 1``, which torch's ``"same"`` pads; with a stride that gives the same
size (``same_padding``), from windows that lie elsewhere.
"""

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.sizes import SymbolicAxis, index
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, le, quotient
from convproof.theorems.proof import Proof, Twin, without

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


PROOF = Proof(
    name="tensorflow_same",
    statement='Padding "tensorflow_same" gives ceil(n/s) outputs for every kernel, stride and '
    'dilation, and is "same" at stride 1.',
    latex=r"p = \max((\lceil n/s \rceil - 1)s + \hat r - n,\ 0) \implies n' = \lceil n/s \rceil",
    source="lecture 7, padding preserves size; tf.nn.convolution, padding='SAME'",
    steps=_steps,
    twin=_twin,
)
