"""A convolution has ``(r_1 r_2 k/G + 1) k'`` parameters: ``k'`` biases beside its weights.

A weight belongs to an output channel ``m``, to one of the ``k/G`` input channels ``c`` in the group
of ``m``, and to a tap ``(k_1, k_2)``; counted by pairs, these are ``k' (k/G) r_1 r_2``::

    floor(c/(k/G)) = floor(m/(k'/G))                  m and c are of the same group

Groups divide the weights by ``G``, and leave the biases. What a parameter is, a weight per triple
or a bias per output channel, is the definition of the count, which the arithmetic starts from.
"""

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, quotient
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.shapes.counting import pairs

_K, _M, _G = size("k"), size("k'"), size("G")
_K_GROUP, _M_GROUP = size("k_G"), size("k'_G")  # channels in a group
_R1, _R2 = size("r_1"), size("r_2")
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


def _steps() -> tuple[Step, ...]:
    channels, taps, weights, parameters = map(size, ("channels", "taps", "weights", "parameters"))
    by_pairs = (
        eq(channels, _M * _K_GROUP),
        eq(taps, _R1 * _R2),
        eq(weights, channels * taps),
    )
    return (
        _grouped(),
        pairs(),
        Claim(
            name="with a bias per output channel",
            goal=eq(parameters, (_R1 * _R2 * _K_GROUP + 1) * _M),
            hypotheses=(*by_pairs, eq(parameters, weights + _M)),
        ),
        Claim(
            name="groups divide the weights",
            goal=eq(_G * weights, _R1 * _R2 * _K * _M),
            hypotheses=(*by_pairs, eq(_K, _G * _K_GROUP)),
        ),
    )


def _twin() -> Twin:
    return without(_grouped(), _SAME_GROUP)


PROOF = Proof(
    name="parameter_count",
    statement="A convolution has r_1 r_2 (k/G) k' weights, a G-th of those without groups, and k' "
    "biases: (r_1 r_2 k/G + 1) k' parameters.",
    latex=r"\#\theta = (r_1 r_2\, k/G + 1)\, k'",
    source="lecture 7, convolutional layer arithmetic",
    steps=_steps,
    twin=_twin,
)
