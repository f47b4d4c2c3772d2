"""The output size counts the windows that fit: ``n' = floor((n + p_low + p_high - r̂)/s) + 1``.

The window of output ``o`` reaches from ``i(o, 0) = s o - p_low`` to ``i(o, r - 1)``::

    -p_low <= i(o, 0)  and  i(o, r - 1) < n + p_high      <=>      0 <= o < n'

Read backwards, the input sizes ``n >= 1`` that have ``n'`` outputs are those of::

    s (n' - 1) + r̂ - p_low - p_high  <=  n  <  s n' + r̂ - p_low - p_high
"""

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.sizes import SymbolicAxis, index
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, iff, le, lt, quotient
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_OUTPUTS = index("n'")  # any integer: 0 or less where no window fits
_PADDED = _AXIS.n + _AXIS.low + _AXIS.high
_o, _k = index("o"), index("k")


def _law(outputs: sp.Expr) -> Boolean:
    return eq(_OUTPUTS, outputs + 1)


def _inside() -> Claim:
    return Claim(
        name="the window of an output lies in the padded input",
        goal=both(
            le(-_AXIS.low, _AXIS.position(_o, 0)),
            lt(_AXIS.position(_o, _AXIS.r - 1), _AXIS.n + _AXIS.high),
        ),
        hypotheses=(_law(quotient(_AXIS.slack, _AXIS.s)), *box(0, _o, _OUTPUTS)),
    )


def _no_more() -> Claim:
    return Claim(
        name="a window that lies in the padded input is an output's",
        goal=both(*box(0, _o, _OUTPUTS)),
        hypotheses=(
            _law(quotient(_AXIS.slack, _AXIS.s)),
            le(-_AXIS.low, _AXIS.position(_o, 0)),
            lt(_AXIS.position(_o, _AXIS.r - 1), _AXIS.n + _AXIS.high),
        ),
    )


def _steps() -> tuple[Step, ...]:
    law = _law(quotient(_AXIS.slack, _AXIS.s))
    least = _AXIS.s * (_OUTPUTS - 1) + _AXIS.span - _AXIS.low - _AXIS.high
    first, tap, last = (_AXIS.position(_o, k) for k in (0, _k, _AXIS.r - 1))
    return (
        Claim(
            name="the taps lie between the first and the last",
            goal=both(le(first, tap), le(tap, last)),
            hypotheses=_AXIS.is_tap(_k),
        ),
        _inside(),
        _no_more(),
        Claim(
            name="there is an output exactly when the dilated kernel fits",
            goal=iff(le(1, _OUTPUTS), le(_AXIS.span, _PADDED)),
            hypotheses=(law,),
        ),
        Claim(
            name="the input sizes of n' outputs",
            goal=iff(law, both(*box(least, _AXIS.n, least + _AXIS.s))),
        ),
    )


def _twin() -> Twin:
    up = _law(sp.ceiling(_AXIS.slack / _AXIS.s))
    inside = _inside()
    return Twin(
        changed="rounded up instead of down",
        of=inside,
        step=Claim(name=inside.name, goal=inside.goal, hypotheses=(up, *inside.hypotheses[1:])),
    )


PROOF = Proof(
    name="output_size",
    statement="The output size is the number of windows that lie in the padded input, and the "
    "input sizes that give n' are those from s (n' - 1) + r̂ - p_low - p_high to below s more.",
    latex=r"n' = \left\lfloor \frac{n + p_\ell + p_h - \hat r}{s} \right\rfloor + 1, \quad "
    r"s(n' - 1) \le n + p_\ell + p_h - \hat r < s n'",
    source="lecture 7, convolutional layer arithmetic",
    steps=_steps,
    twin=_twin,
    asked_as=("shape",),
)
