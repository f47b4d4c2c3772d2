"""Padding preserves size: ``r = 2 l + 1`` and ``p = t l`` at both ends give ``n' = n`` at stride 1.

Exactly those paddings do which are, in all, what the window covers beside one position; with a
stride they give ``ceil(n/s)``::

    n' = n + p_low + p_high - r̂ + 1 = n       <=>       p_low + p_high = r̂ - 1 = t (r - 1)

An even kernel, undilated, has no equal paddings that do.
"""

from dataclasses import replace

import sympy as sp

from convproof.symbolic.sizes import SymbolicAxis, count
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, eq, iff
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_l = count("l")
_HALF = eq(_AXIS.low + _AXIS.high, _AXIS.span - 1)


def _preserved(kernel: sp.Expr) -> Claim:
    return Claim(
        name="half the kernel on either side preserves the size",
        goal=both(eq(_AXIS.outputs, _AXIS.n), _HALF),
        hypotheses=(
            eq(_AXIS.r, kernel),
            eq(_AXIS.low, _AXIS.t * _l),
            eq(_AXIS.high, _AXIS.t * _l),
            eq(_AXIS.s, 1),
            *_AXIS.sizes(),
        ),
    )


def _steps() -> tuple[Step, ...]:
    strided = Claim(
        name="with a stride, the size is divided and rounded up",
        goal=eq(_AXIS.outputs, sp.ceiling(_AXIS.n / _AXIS.s)),
        hypotheses=(_HALF, *_AXIS.sizes()),
    )
    exactly = Claim(
        name="which paddings preserve the size",
        goal=iff(eq(_AXIS.outputs, _AXIS.n), _HALF),
        hypotheses=(eq(_AXIS.s, 1), *_AXIS.sizes()),
    )
    return _preserved(2 * _l + 1), strided, exactly


def _twin() -> Twin:
    odd = _preserved(2 * _l + 1)
    even = replace(odd, hypotheses=_preserved(2 * _l).hypotheses)
    return Twin(changed="r = 2 l, an even kernel", of=odd, step=even)


PROOF = Proof(
    name="same_padding",
    statement="A kernel of 2 l + 1 taps with padding t l at both ends preserves the size at "
    "stride 1, as do just those with p_low + p_high = r̂ - 1; at stride s these give ceil(n/s).",
    latex=r"n' = n \iff p_\ell + p_h = \hat r - 1 \quad (s = 1), \qquad "
    r"p_\ell + p_h = \hat r - 1 \implies n' = \lceil n/s \rceil",
    source="lecture 7, padding preserves size",
    steps=_steps,
    twin=_twin,
    asked_as=("shape",),
)
