"""Full and valid: padding ``r̂ - 1`` gives ``n + r̂ - 1`` outputs, no padding ``n - r̂ + 1``.

At stride 1; and of an undilated kernel, full padding keeps just the outputs that read an input::

    0 <= o < n + r - 1      <=>      0 <= o + k - (r - 1) < n  for some tap  0 <= k < r

such as ``k = max(0, r - 1 - o)``, the first of them.
"""

from dataclasses import replace

import sympy as sp

from convproof.symbolic.sizes import SymbolicAxis, index
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_o, _k = index("o"), index("k")


def _sized(name: str, outputs: sp.Expr, padding: sp.Expr) -> Claim:
    return Claim(
        name=name,
        goal=eq(_AXIS.outputs, outputs),
        hypotheses=(
            eq(_AXIS.low, padding),
            eq(_AXIS.high, padding),
            eq(_AXIS.s, 1),
            *_AXIS.sizes(),
        ),
    )


def _full() -> Claim:
    return _sized("full", _AXIS.n + _AXIS.span - 1, _AXIS.span - 1)


def _steps() -> tuple[Step, ...]:
    first = sp.Max(0, _AXIS.r - 1 - _o)
    read = both(*_AXIS.is_input(_o + _k - (_AXIS.r - 1)))
    kept = box(0, _o, _AXIS.n + _AXIS.r - 1)
    return (
        _full(),
        _sized("valid", _AXIS.n - _AXIS.span + 1, sp.Integer(0)),
        Claim(
            name="every output of full padding reads an input",
            goal=both(*_AXIS.is_tap(_k), read),
            hypotheses=(*kept, eq(_k, first)),
        ),
        Claim(
            name="no other position does",
            goal=both(*kept),
            hypotheses=(*_AXIS.is_tap(_k), read),
        ),
    )


def _twin() -> Twin:
    full = _full()
    by_taps = replace(full, goal=eq(_AXIS.outputs, _AXIS.n + _AXIS.r - 1))
    return Twin(changed="r, the taps, for r̂, the span", of=full, step=by_taps)


PROOF = Proof(
    name="full_and_valid",
    statement="At stride 1, padding r̂ - 1 gives n + r̂ - 1 outputs, which for t = 1 are all that "
    "read an input, and no padding gives n - r̂ + 1.",
    latex=r"p = \hat r - 1: \ n' = n + \hat r - 1, \qquad p = 0: \ n' = n - \hat r + 1",
    source="lecture 7, standard convolution; dilated convolution (up-sampling)",
    steps=_steps,
    twin=_twin,
    asked_as=("shape", "commutative"),
)
