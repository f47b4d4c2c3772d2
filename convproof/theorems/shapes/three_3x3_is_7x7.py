"""Three 3x3 layers see what one 7x7 layer sees, with fewer parameters: ``27 k^2 < 49 k^2``.

Along each axis, at stride 1, the positions ``o + k_1 + k_2 + k_3`` of taps ``0 <= k_j < 3`` are
all of ``o, ..., o + 6``; those of two layers are ``o, ..., o + 4``. Parameters of layers from
``k`` channels to ``k`` with ``m <= k`` between, against one layer's, biases included::

    three    9 (k m + m m + m k) + 2 m + k    <    49 k^2 + k
    two      9 (k m + m k) + m + k            <    25 k^2 + k

and of ``L >= 2`` layers of ``k`` channels, ``9 L k^2 < (2 L + 1)^2 k^2``.
"""

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.proof import Proof, Twin, without

_k, _m, _L = size("k"), size("m"), size("L")
_TAPS = (index("k_1"), index("k_2"), index("k_3"))
_d = index("d")  # the position, from o


def _reach(layers: int) -> tuple[Step, ...]:
    """Return that as many layers see ``2 layers + 1`` positions, all and no other."""
    taps = _TAPS[:layers]
    words = {2: "two", 3: "three"}[layers]
    rest, witnesses = _d, []
    for tap in taps:
        witnesses.append(eq(tap, sp.Min(2, rest)))
        rest = rest - tap
    are_taps = [part for tap in taps for part in box(0, tap, 3)]
    seen = box(0, _d, 2 * layers + 1)
    return (
        Claim(
            name=f"{words} layers see no other position",
            goal=both(*seen),
            hypotheses=(*are_taps, eq(_d, sum(taps))),
        ),
        Claim(
            name=f"{words} layers see each",
            goal=both(*are_taps, eq(_d, sum(taps))),
            hypotheses=(*seen, *witnesses),
        ),
    )


def _fewer() -> Claim:
    three = 9 * (_k * _m + _m * _m + _m * _k) + 2 * _m + _k
    return Claim(
        name="three 3x3 have fewer parameters than 7x7",
        goal=lt(three, 49 * _k**2 + _k),
        hypotheses=(le(_m, _k),),
    )


def _steps() -> tuple[Step, ...]:
    return (
        *_reach(3),
        *_reach(2),
        _fewer(),
        Claim(
            name="two 3x3 have fewer parameters than 5x5",
            goal=lt(9 * (_k * _m + _m * _k) + _m + _k, 25 * _k**2 + _k),
            hypotheses=(le(_m, _k),),
        ),
        Claim(
            name="at any depth",
            goal=lt(9 * _L * _k**2, (2 * _L + 1) ** 2 * _k**2),
            hypotheses=(le(2, _L),),
        ),
    )


def _twin() -> Twin:
    return without(_fewer(), le(_m, _k))


PROOF = Proof(
    name="three_3x3_is_7x7",
    statement="Three 3x3 layers of stride 1 see exactly the positions of one 7x7 layer, and two "
    "those of one 5x5 layer, with fewer parameters if no wider between.",
    latex=r"\{k_1 + k_2 + k_3 : 0 \le k_j < 3\} = \{0, \dots, 6\}, \qquad "
    r"3 \cdot 9 k^2 + 3k < 49 k^2 + k",
    source="lecture 7, effective receptive field",
    steps=_steps,
    twin=_twin,
    asked_as=("depth",),
)
