"""Pooling with ``r = s`` divides the size: ``n' = floor((n - r)/s) + 1 = floor(n/s)``.

Its windows tile the input up to a rest of ``n mod s``, and pooling twice is dividing once::

    i < s n'  is in the window  o = floor(i/s)  alone
    floor(floor(n/s)/s_2) = floor(n/(s s_2))

VGG halves five times: ``floor(n/32)``, which is 7 for 224.
"""

from dataclasses import replace

import sympy as sp

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, iff, quotient, remainder
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_POOLED = quotient(_AXIS.n - _AXIS.r, _AXIS.s) + 1
_o, _i = index("o"), index("i")


def _divided() -> Claim:
    return Claim(
        name="the size is divided",
        goal=eq(_POOLED, quotient(_AXIS.n, _AXIS.s)),
        hypotheses=(eq(_AXIS.r, _AXIS.s),),
    )


def _halved(n: sp.Expr) -> sp.Expr:
    return quotient(n - 2, sp.Integer(2)) + 1


def _steps() -> tuple[Step, ...]:
    n, s, outputs = _AXIS.n, _AXIS.s, index("n'")
    second, whole = size("s_2"), size("s_1 s_2")
    five = n
    for _ in range(5):
        five = _halved(five)
    return (
        _divided(),
        Claim(
            name="the windows tile the input",
            goal=iff(both(*box(s * _o, _i, s * (_o + 1))), eq(_o, quotient(_i, s))),
            hypotheses=box(0, _i, n),
        ),
        Claim(
            name="up to a rest",
            goal=both(eq(n - s * outputs, remainder(n, s)), *box(0, n - s * outputs, s)),
            hypotheses=(eq(outputs, quotient(n, s)),),
        ),
        Claim(
            name="twice is once",
            goal=both(*box(whole * outputs, n, whole * (outputs + 1))),
            hypotheses=(eq(whole, s * second), eq(outputs, quotient(quotient(n, s), second))),
        ),
        Claim(
            name="such bounds are the quotient",
            goal=eq(outputs, quotient(n, whole)),
            hypotheses=box(whole * outputs, n, whole * (outputs + 1)),
        ),
        Claim(name="five halvings", goal=eq(five, quotient(n, sp.Integer(32)))),
    )


def _twin() -> Twin:
    divided = _divided()
    overlapping = replace(divided, hypotheses=(eq(_AXIS.r, _AXIS.s + 1),))
    return Twin(changed="r = s + 1, as AlexNet's pool(3, 2)", of=divided, step=overlapping)


PROOF = Proof(
    name="pooling_size",
    statement="Pooling with r = s and no padding has floor(n/s) windows, which tile the input up "
    "to a rest of n mod s; five halvings give floor(n/32).",
    latex=r"r = s \implies n' = \lfloor (n - r)/s \rfloor + 1 = \lfloor n/s \rfloor",
    source="lecture 7, spatial pooling; VGG-16",
    steps=_steps,
    twin=_twin,
    asked_as=("shape",),
)
