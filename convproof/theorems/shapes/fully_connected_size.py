"""A fully connected layer is a convolution with ``r = n``: one output, and more of a larger input.

The single window is the input, ``sum_k w[k] x[k] = sum_i w[i] x[i]``. Given ``N >= n`` inputs, the
same weights have an output for each crop of ``n`` that fits, which begins at ``s o``::

    n' = floor((N - n)/s) + 1

LeNet-5, whose last convolution covers all that is left of 32 positions: ``floor((N - 32)/4) + 1``.
"""

import sympy as sp

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, quotient
from convproof.theorems.proof import Proof, Twin, without

_AXIS = SymbolicAxis()
_N = size("N")
_o, _k, _i = index("o"), index("k"), index("i")
_UNPADDED = eq(_AXIS.low + _AXIS.high, 0)


def _one_output() -> Claim:
    return Claim(
        name="one output",
        goal=eq(_AXIS.outputs, 1),
        hypotheses=(eq(_AXIS.span, _AXIS.n), _UNPADDED, *_AXIS.sizes()),
    )


def _same_sum() -> SameSum:
    read = _k - _AXIS.low  # of output 0, undilated
    return SameSum(
        name="it is the product with the whole input",
        left=GuardedSum(
            indices=(_k,),
            guard=(*_AXIS.is_tap(_k), *_AXIS.is_input(read)),
            entries=(("w", (_k,)), ("x", (read,))),
        ),
        right=GuardedSum(
            indices=(_i,), guard=_AXIS.is_input(_i), entries=(("w", (_i,)), ("x", (_i,)))
        ),
        to_right={_i: _k},
        to_left={_k: _i},
        hypotheses=(eq(_AXIS.r, _AXIS.n), _UNPADDED),
    )


def _lenet(n: sp.Expr) -> sp.Expr:
    def halved(size: sp.Expr) -> sp.Expr:
        return quotient(size - 2, sp.Integer(2)) + 1

    return halved(halved(n - 4) - 4) - 4


def _steps() -> tuple[Step, ...]:
    n, s = _AXIS.n, _AXIS.s
    outputs = quotient(_N - n, s) + 1
    return (
        _one_output(),
        _same_sum(),
        Claim(
            name="an output of a larger input is that of a crop",
            goal=both(*box(0, s * _o + _k, _N)),
            hypotheses=(
                eq(_AXIS.outputs, outputs),
                *_AXIS.is_output(_o),
                *_AXIS.is_input(_k),
            ),
        ),
        Claim(
            name="there is one for each that fits",
            goal=both(*_AXIS.is_output(_o)),
            hypotheses=(eq(_AXIS.outputs, outputs), le(0, _o), le(s * _o + n, _N)),
        ),
        Claim(
            name="LeNet-5 of a larger input",
            goal=eq(_lenet(_N), quotient(_N - 32, sp.Integer(4)) + 1),
        ),
    )


def _twin() -> Twin:
    return without(_one_output(), _UNPADDED)


PROOF = Proof(
    name="fully_connected_size",
    statement="A convolution with r = n and no padding is a fully connected layer, and of an input "
    "of N >= n positions gives one output for each of floor((N - n)/s) + 1 crops.",
    latex=r"r = n,\ p = 0 \implies n' = 1, \qquad n'(N) = \lfloor (N - n)/s \rfloor + 1",
    source="lecture 7, LeNet-5: last convolutional layer allows variable-sized input",
    steps=_steps,
    twin=_twin,
    asked_as=("shape", "fully_connected"),
)
