"""Activations: ReLU away from 0, and tanh, also a scaled one as in LeNet-5.

::

    max(x + h, 0) - max(x, 0) = [x > 0] h                  |h| < |x|
    y = tanh x:        dx = (1 - y^2) da
    y = A tanh(B x):   dx = A B (1 - (y / A)^2) da

ReLU is affine around every ``x != 0``; at 0 the slopes to the left and right are 0 and 1, there is
no derivative, and 0 is the convention.
"""

import sympy as sp

from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import eq, le, lt
from convproof.theorems.proof import Proof, Twin

_x, _h = sp.symbols("x h", real=True)
_A, _B = sp.symbols("A B", positive=True)


def _moved(x: sp.Expr) -> sp.Expr:
    return sp.Max(x + _h, 0) - sp.Max(x, 0)


def _relu() -> tuple[Claim, ...]:
    def near(x: sp.Expr) -> tuple[sp.Basic, sp.Basic]:
        return lt(-x, _h), lt(_h, x)

    return (
        Claim(name="slope 1 above 0", goal=eq(_moved(_x), _h), hypotheses=near(_x)),
        Claim(name="slope 0 below 0", goal=eq(_moved(_x), 0), hypotheses=near(-_x)),
        Claim(name="at 0, to the right", goal=eq(_moved(sp.S.Zero), _h), hypotheses=(le(0, _h),)),
        Claim(name="at 0, to the left", goal=eq(_moved(sp.S.Zero), 0), hypotheses=(le(_h, 0),)),
    )


def _tanh() -> Identity:
    above, below = sp.exp(_x), sp.exp(-_x)
    y = (above - below) / (above + below)
    return Identity(name="tanh, by exponentials", left=sp.diff(y, _x), right=1 - y**2)


def _scaled() -> Identity:
    y = _A * sp.tanh(_B * _x)
    return Identity(name="A tanh(B x)", left=sp.diff(y, _x), right=_A * _B * (1 - (y / _A) ** 2))


def _steps() -> tuple[Step, ...]:
    return *_relu(), _tanh(), _scaled()


def _twin() -> Twin:
    """Return the derivative of the scaled tanh as if it were not scaled inside."""
    given = _scaled()
    y = _A * sp.tanh(_B * _x)
    return Twin(
        changed="A for A B: the inner factor is forgotten",
        of=given,
        step=Identity(name=given.name, left=given.left, right=_A * (1 - (y / _A) ** 2)),
    )


PROOF = Proof(
    name="activation_derivative",
    statement="ReLU passes the cotangent on above 0 and stops it below; tanh, scaled by A and B, "
    "multiplies it by A B (1 - (y / A)^2).",
    latex=r"\mathrm{relu}'(x) = [x > 0] \text{ for } x \ne 0, \quad "
    r"(A \tanh Bx)' = AB \bigl( 1 - (y / A)^2 \bigr)",
    source='lecture 7, "LeNet-5": scaled tanh; "AlexNet": ReLU',
    steps=_steps,
    twin=_twin,
    asked_as=("exact", "ties", "rounding"),
)
