"""A convolution has ``(r_1 r_2 k/G + 1) k'`` parameters: ``k'`` biases beside its weights.

A weight belongs to an output channel ``m``, to one of the ``k/G`` input channels ``c`` in the group
of ``m``, and to a tap ``(k_1, k_2)``; counted by pairs, these are ``k' (k/G) r_1 r_2``::

    floor(c/(k/G)) = floor(m/(k'/G))                  m and c are of the same group

Groups divide the weights by ``G``, and leave the biases. What a parameter is, a weight per triple
or a bias per output channel, is the definition of the count, which the arithmetic starts from.
"""

from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, quotient
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.shapes.counting import pairs

_K, _M, _G = size("k"), size("k'"), size("G")
_K_GROUP, _M_GROUP = size("k_G"), size("k'_G")  # channels in a group
_R1, _R2 = size("r_1"), size("r_2")
_CHANNELS, _TAPS, _WEIGHTS = size("channels"), size("taps"), size("weights")
_PARAMETERS = size("parameters")
_m, _c, _e = index("m"), index("c"), index("e")
_SAME_GROUP = eq(quotient(_c, _K_GROUP), quotient(_m, _M_GROUP))


def _grouped() -> SameSum:
    """Return that an output channel reads ``k/G`` input channels, ``e`` counted in its group."""
    start = _K_GROUP * quotient(_m, _M_GROUP)
    return SameSum(
        name="the channels of a group",
        left=GuardedSum(
            indices=(_m, _c),
            guard=(*box(0, _m, _M), *box(0, _c, _K), _SAME_GROUP),
            entries=(("w", (_m, _c - start)),),
        ),
        right=GuardedSum(
            indices=(_m, _e),
            guard=(*box(0, _m, _M), *box(0, _e, _K_GROUP)),
            entries=(("w", (_m, _e)),),
        ),
        to_right={_m: _m, _e: _c - start},
        to_left={_m: _m, _c: start + _e},
        hypotheses=(eq(_K, _G * _K_GROUP), eq(_M, _G * _M_GROUP)),
    )


def _by_pairs(read: sp.Symbol = _K_GROUP) -> tuple[Boolean, ...]:
    """Return the count of weights, of output channels that read as many channels."""
    return (
        eq(_CHANNELS, _M * read),
        eq(_TAPS, _R1 * _R2),
        eq(_WEIGHTS, _CHANNELS * _TAPS),
    )


def _total() -> Claim:
    return Claim(
        name="with a bias per output channel",
        goal=eq(_PARAMETERS, (_R1 * _R2 * _K_GROUP + 1) * _M),
        hypotheses=(*_by_pairs(), eq(_K, _G * _K_GROUP), eq(_PARAMETERS, _WEIGHTS + _M)),
    )


def _steps() -> tuple[Step, ...]:
    return (
        _grouped(),
        pairs(),
        _total(),
        Claim(
            name="groups divide the weights",
            goal=eq(_G * _WEIGHTS, _R1 * _R2 * _K * _M),
            hypotheses=(*_by_pairs(), eq(_K, _G * _K_GROUP)),
        ),
    )


def _twin() -> Twin:
    total = _total()
    return Twin(
        changed="every output channel reads all k input channels: the groups forgotten",
        of=total,
        step=replace(total, hypotheses=(*_by_pairs(_K), *total.hypotheses[3:])),
    )


PROOF = Proof(
    name="parameter_count",
    statement="A convolution has r_1 r_2 (k/G) k' weights, a G-th of those without groups, and k' "
    "biases: (r_1 r_2 k/G + 1) k' parameters.",
    latex=r"\#\theta = (r_1 r_2\, k/G + 1)\, k'",
    source="lecture 7, convolutional layer arithmetic",
    steps=_steps,
    twin=_twin,
    asked_as=("shape",),
)
