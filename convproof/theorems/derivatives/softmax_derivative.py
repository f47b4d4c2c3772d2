"""Softmax and cross-entropy: ``dx = y (da - <da, y>)``, and ``dx = y - target``.

::

    y[c]  = e^x[c] / Z                             Z = sum_l e^x[l]
    dx[c] = y[c] (da[c] - sum_j da[j] y[j])

    L     = - sum_j target[j] log y[j]             sum_j target[j] = 1
    dx[c] = y[c] - target[c]

What SymPy derives for all sizes are these formulas, with ``log y[j] = x[j] - log Z``. A second
derivation has one channel apart from the rest ``R`` of ``Z = e^x[c] + R``.
"""

from functools import cache

import sympy as sp

from convproof.symbolic.index_sum import Form, derived, softmax_input
from convproof.symbolic.index_sum.normalisation import CHANNEL, CHANNELS
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Identity, Step
from convproof.theorems.proof import Proof, Twin

_j, _l = index("j"), index("l")
_x, _da, _target = (sp.IndexedBase(letter) for letter in ("x", "da", "target"))
_ALL = (_j, 0, CHANNELS - 1)
_Z = sp.Sum(sp.exp(_x[_l]), (_l, 0, CHANNELS - 1))
_Y = sp.exp(_x[CHANNEL]) / _Z


@cache
def _cross_entropy() -> Form:
    loss = sp.Sum(_target[_j] * (sp.log(_Z) - _x[_j]), _ALL)
    shapes = (("x", (CHANNELS,)), ("target", (CHANNELS,)))
    return derived("cross-entropy, input derivative", loss, _x[CHANNEL], shapes, (_l.name,))


def _formulas() -> tuple[Identity, Identity]:
    """Return that what is derived are the formulas; ``1 / Z`` stands before the sum over ``j``."""
    inner = sp.Sum(sp.exp(_x[_j]) * _da[_j], _ALL) / _Z
    total = sp.Sum(_target[_j], _ALL)
    return (
        Identity(
            name="what is derived of softmax",
            left=softmax_input().expression,
            right=_Y * _da[CHANNEL] - _Y * inner,
        ),
        Identity(
            name="what is derived of cross-entropy, where the target's sum is 1",
            left=_cross_entropy().expression.xreplace({total: sp.S.One}),
            right=_Y - _target[CHANNEL],
        ),
    )


def _of_channel() -> tuple[Identity, ...]:
    """Return the derivatives of ``y[j]``, of ``y[c]`` and of the loss by ``x[c]``."""
    x, other, aim, others = sp.symbols("x_c x_j target_c K", real=True)  # K: target_j x_j of others
    rest = sp.Symbol("R", positive=True)  # e^x_j of all other channels
    z = sp.exp(x) + rest
    y, of_other = sp.exp(x) / z, sp.exp(other) / z
    return (
        Identity(name="of another channel", left=sp.diff(of_other, x), right=-of_other * y),
        Identity(name="of the channel itself", left=sp.diff(y, x), right=y - y**2),
        Identity(
            name="of the loss, whose target sums to 1",
            left=sp.diff(aim * (sp.log(z) - x) + (1 - aim) * sp.log(z) - others, x),
            right=y - aim,
        ),
        Identity(name="log y = x - log Z", left=sp.log(sp.exp(x) / z), right=x - sp.log(z)),
    )


def _steps() -> tuple[Step, ...]:
    obligations = (*softmax_input().obligations, *_cross_entropy().obligations)
    return *obligations, *_formulas(), *_of_channel()


def _twin() -> Twin:
    """Return the derivative of a logistic unit for that of another channel."""
    given, *_ = _of_channel()
    return Twin(
        changed="+ for - before y[j] y[c]",
        of=given,
        step=Identity(name=given.name, left=given.left, right=-given.right),
    )


PROOF = Proof(
    name="softmax_derivative",
    statement="The derivative of softmax is its output times the cotangent less their inner "
    "product, and with cross-entropy it is the output less a target that sums to 1.",
    latex=r"dx_c = y_c \Bigl( da_c - \sum_j da_j y_j \Bigr), \quad "
    r"d\Bigl( -\sum_j t_j \log y_j \Bigr) = y - t",
    source='lecture 7, "LeNet-5", "AlexNet" and others: softmax; Bishop 2006, (4.106) and (4.109)',
    steps=_steps,
    twin=_twin,
    asked_as=("rounding",),
)
