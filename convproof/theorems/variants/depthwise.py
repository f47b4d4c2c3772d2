"""Depthwise convolution, ``groups = channels``: every channel is convolved by itself.

With ``M = C q`` output channels, ``q`` to each input channel, output channel ``m`` reads input
channel ``m // q`` alone. From the grouped layer, whose groups have ``C/G = 1`` input channels::

    sum_{c < 1, k} w[m,c,k] x[(m // q) 1 + c, s o + t k - p]  =  sum_k w[m,0,k] x[m // q, ...]

and as one with all channels: its matrix of kernels is zero except at ``c = m // q``, for ``q = 1``
on the diagonal. Both are proved along one axis and over a plane.
"""

from dataclasses import replace
from typing import Any

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, quotient, remainder
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_maps, _of_group, _multiplier = size("C"), size("C_g"), size("q")
_m, _c, _d = (index(name) for name in ("m", "c", "c'"))
_channel = quotient(_m, _multiplier)


def _letters(letter: str, axes: tuple[SymbolicAxis, ...]) -> tuple[Any, ...]:
    return tuple(index(f"{letter}{axis.suffix}") for axis in axes)


def _windows(axes: tuple[SymbolicAxis, ...], taps: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return where output ``o`` reads along each axis, and that these taps and inputs exist."""
    rows = tuple(zip(axes, _letters("o", axes), taps, strict=True))
    reads = tuple(axis.position(o, k) for axis, o, k in rows)
    inside = (
        (*axis.is_tap(k), *axis.is_input(i)) for (axis, _, k), i in zip(rows, reads, strict=True)
    )
    return reads, tuple(part for parts in inside for part in parts)


def _by_itself(axes: tuple[SymbolicAxis, ...]) -> GuardedSum:
    taps = _letters("l", axes)
    reads, inside = _windows(axes, taps)
    return GuardedSum(
        indices=taps,
        guard=inside,
        entries=(("w", (_m, 0, *taps)), ("x", (_channel, *reads))),
    )


def _of_groups(*axes: SymbolicAxis) -> SameSum:
    taps, others = _letters("k", axes), _letters("l", axes)
    reads, inside = _windows(axes, taps)
    return SameSum(
        name="a group of one channel is that channel by itself, axes: " + str(len(axes)),
        left=GuardedSum(
            indices=(_c, *taps),
            guard=(*box(0, _c, _of_group), *inside),
            entries=(("w", (_m, _c, *taps)), ("x", (_channel * _of_group + _c, *reads))),
        ),
        right=_by_itself(axes),
        to_right=dict(zip(others, taps, strict=True)),
        to_left={_c: 0, **dict(zip(taps, others, strict=True))},
        hypotheses=(eq(_of_group, 1), *box(0, _m, _maps * _multiplier)),
    )


def _of_all(*axes: SymbolicAxis) -> SameSum:
    """Return that a layer with all channels is the same, if its other kernels are zero."""
    taps, others = _letters("k", axes), _letters("l", axes)
    reads, inside = _windows(axes, taps)
    return SameSum(
        name="and a layer whose kernels are zero except at c = m // q, axes: " + str(len(axes)),
        left=GuardedSum(
            indices=(_d, *taps),
            guard=(*box(0, _d, _maps), eq(_d, _channel), *inside),
            entries=(("w", (_m, 0, *taps)), ("x", (_d, *reads))),
        ),
        right=_by_itself(axes),
        to_right=dict(zip(others, taps, strict=True)),
        to_left={_d: _channel, **dict(zip(taps, others, strict=True))},
        hypotheses=box(0, _m, _maps * _multiplier),
    )


def _exists() -> Claim:
    return Claim(
        name="the channel read exists",
        goal=both(*box(0, _channel, _maps)),
        hypotheses=box(0, _m, _maps * _multiplier),
    )


def _diagonal() -> Claim:
    return Claim(
        name="with as many outputs as channels it is the output's own",
        goal=eq(_channel, _m),
        hypotheses=(eq(_multiplier, 1),),
    )


def _steps() -> tuple[Step, ...]:
    sums = (law(*axes) for axes in ((_AXIS,), _PLANE) for law in (_of_groups, _of_all))
    return _exists(), *sums, _diagonal()


def _twin() -> Twin:
    """Return the law with output channels dealt out in turn."""
    given = _of_groups(_AXIS)
    w, (letter, (_, *reads)) = given.right.entries
    in_turn: Any = (letter, (remainder(_m, _maps), *reads))
    return Twin(
        changed="output channel m reads channel m mod C, not m // q",
        of=given,
        step=replace(given, right=replace(given.right, entries=(w, in_turn))),
    )


PROOF = Proof(
    name="depthwise",
    statement="With as many groups as input channels every output channel is the convolution of "
    "one input channel, m // q for q outputs a channel.",
    latex=r"a_m[o] = \sum_k w_{m0k}\, x_{\lfloor m/q \rfloor}[so + tk - p], \quad M = C q",
    source="Sifre, Rigid-motion scattering for image classification, 2014, section 6.2; "
    'lecture 7, "convolution on feature maps"',
    steps=_steps,
    twin=_twin,
    asked_as=("channels",),
)
