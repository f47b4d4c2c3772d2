"""Three 3x3 layers see what one 7x7 layer sees, with fewer parameters: ``27 k^2 < 49 k^2``.

Along each axis, at stride 1, the positions ``o + k_1 + k_2 + k_3`` of taps ``0 <= k_j < 3`` are
all of ``o, ..., o + 6``; those of two layers are ``o, ..., o + 4``. Parameters of layers from
``k`` channels to ``k`` with ``m <= k`` between, against one layer's, biases included::

    three    9 (k m + m m + m k) + 2 m + k    <    49 k^2 + k
    two      9 (k m + m k) + m + k            <    25 k^2 + k

and of ``L >= 2`` layers of ``k`` channels, ``9 L k^2 < (2 L + 1)^2 k^2``.
"""

from math import prod
from typing import Any

import numpy as np
import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.variants.itself import Asked, drawn, plain, turn

_PLANE = 2
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


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask a stack of 3x3 layers, and the one layer, of unit vectors from within and without.

    Over three axes the layers lie in a plane of two. The weights are positive, so that the kernel
    of the one, the others convolved, is positive at every tap: what it reads is the whole of it.
    """
    ask = Asked(subject, function, request)
    dims = len(case.input_shape) - 2
    flat = turn(case, dims, of=1) if dims > _PLANE else -1

    def wide(size: int) -> tuple[int, ...]:
        return tuple(1 if axis == flat else size for axis in range(dims))

    layers = 2 + turn(case, 2)
    field = 2 * layers + 1
    sizes = wide(field + 2)
    y = x = np.eye(prod(sizes), dtype=np.int64).reshape(-1, 1, *sizes)
    whole = np.ones((1,) * dims, np.int64)
    for number in range(layers):
        w = np.abs(drawn(case, 1, 1, *wide(3), of=number))
        y = ask(plain((1, 1), wide(3)), y, w=w)
        whole = _convolved(whole, w[0, 0])
    once = ask(plain((1, 1), wide(field)), x, w=whole[None, None])
    law = f"{layers} layers of 3 taps an axis see the positions that one of {field} sees, each"
    return ask.agree(y, once, f"{law}: its kernel is theirs, convolved")


def _convolved(one: Any, other: Any) -> Any:
    """Return the full convolution of two kernels."""
    sizes = tuple(a + b - 1 for a, b in zip(one.shape, other.shape, strict=True))
    found = np.zeros(sizes, np.int64)
    for place, tap in np.ndenumerate(other):
        found[tuple(slice(k, k + r) for k, r in zip(place, one.shape, strict=True))] += tap * one
    return found


THEOREM = Theorem(
    name="three_by_three",
    statement="Three layers of 3x3 taps are one of 7x7, by the positions that they see and by "
    "what they answer, and two are one of 5x5.",
    latex=r"w_3 \star (w_2 \star (w_1 \star x)) = (w_1 * w_2 * w_3) \star x, \quad "
    r"3 + 2 + 2 = 7",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="three_3x3_is_7x7",
    statement="Three 3x3 layers of stride 1 see exactly the positions of one 7x7 layer, and two "
    "those of one 5x5 layer, with fewer parameters if no wider between.",
    latex=r"\{k_1 + k_2 + k_3 : 0 \le k_j < 3\} = \{0, \dots, 6\}, \qquad "
    r"3 \cdot 9 k^2 + 3k < 49 k^2 + k",
    source="lecture 7, effective receptive field",
    steps=_steps,
    twin=_twin,
    asked_as=("three_by_three", "depth"),
)
