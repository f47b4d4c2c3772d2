"""A transposed convolution recovers the size: ``n = s (n' - 1) + r̂ - p_low - p_high + p_out``.

``n' = floor(N/s) + 1`` of ``N = n + p_low + p_high - r̂`` forgets the remainder of ``N``, which
the output padding has to say::

    p_out = N mod s            0 <= p_out < s

Each of these ``s`` paddings gives a size that has ``n'`` outputs, and no larger one does.
"""

from dataclasses import replace

import sympy as sp

from convproof.symbolic.sizes import SymbolicAxis, count
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, iff, lt, quotient, remainder
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_EXTRA = count("p_out")
_SIZE = _AXIS.s * (_AXIS.outputs - 1) + _AXIS.span - _AXIS.low - _AXIS.high + _EXTRA


def _recovered() -> Claim:
    return Claim(
        name="the size comes back",
        goal=eq(_SIZE, _AXIS.n),
        hypotheses=(_AXIS.size_law(), eq(_EXTRA, remainder(_AXIS.slack, _AXIS.s))),
    )


def _steps() -> tuple[Step, ...]:
    again = quotient(_AXIS.slack, _AXIS.s) + 1
    return (
        _recovered(),
        Claim(
            name="by one output padding below the stride",
            goal=both(*box(0, _EXTRA, _AXIS.s), eq(_EXTRA, remainder(_AXIS.slack, _AXIS.s))),
            hypotheses=(_AXIS.size_law(), eq(_SIZE, _AXIS.n)),
        ),
        Claim(
            name="which paddings lead back to n'",
            goal=iff(eq(again, _AXIS.outputs), lt(_EXTRA, _AXIS.s)),
            hypotheses=(eq(_AXIS.n, _SIZE),),
        ),
    )


def _twin() -> Twin:
    recovered = _recovered()
    law, _ = recovered.hypotheses
    none = replace(recovered, hypotheses=(law, eq(_EXTRA, sp.Integer(0))))
    return Twin(changed="p_out = 0, without output padding", of=recovered, step=none)


PROOF = Proof(
    name="transposed_size",
    statement="A transposed convolution gives back the size n for one output padding, the "
    "remainder of the slack by s, and a size with n' outputs exactly for those below s.",
    latex=r"n = s(n' - 1) + \hat r - p_\ell - p_h + p_o, \quad "
    r"p_o = (n + p_\ell + p_h - \hat r) \bmod s",
    source="lecture 7, strided convolution: input derivative; "
    "Dumoulin and Visin 2016, relationship 14",
    steps=_steps,
    twin=_twin,
    asked_as=("shape",),
)
