"""Depthwise convolution, ``groups = channels``: every channel is convolved by itself.

With ``M = C q`` output channels, ``q`` to each input channel, output channel ``m`` reads input
channel ``m // q`` alone. From the grouped layer, whose groups have ``C/G = 1`` input channels::

    sum_{c < 1, k} w[m,c,k] x[(m // q) 1 + c, s o + t k - p]  =  sum_k w[m,0,k] x[m // q, ...]

and as one with all channels: its matrix of kernels is zero except at ``c = m // q``, for ``q = 1``
on the diagonal.
"""

from dataclasses import replace
from typing import Any

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, quotient, remainder
from convproof.theorems.proof import Proof, Twin

_AXIS = SymbolicAxis()
_maps, _of_group, _multiplier = size("C"), size("C_g"), size("q")
_o, _m, _c, _d, _k, _l = (index(name) for name in ("o", "m", "c", "c'", "k", "k'"))
_channel = quotient(_m, _multiplier)


def _by_itself() -> GuardedSum:
    reads = _AXIS.position(_o, _l)
    return GuardedSum(
        indices=(_l,),
        guard=(*_AXIS.is_tap(_l), *_AXIS.is_input(reads)),
        entries=(("w", (_m, 0, _l)), ("x", (_channel, reads))),
    )


def _of_groups() -> SameSum:
    reads = _AXIS.position(_o, _k)
    return SameSum(
        name="a group of one channel is that channel by itself",
        left=GuardedSum(
            indices=(_c, _k),
            guard=(*box(0, _c, _of_group), *_AXIS.is_tap(_k), *_AXIS.is_input(reads)),
            entries=(("w", (_m, _c, _k)), ("x", (_channel * _of_group + _c, reads))),
        ),
        right=_by_itself(),
        to_right={_l: _k},
        to_left={_c: 0, _k: _l},
        hypotheses=(eq(_of_group, 1), *box(0, _m, _maps * _multiplier)),
    )


def _of_all() -> SameSum:
    """Return that a layer with all channels is the same, if its other kernels are zero."""
    reads = _AXIS.position(_o, _k)
    return SameSum(
        name="and a layer whose kernels are zero except at c = m // q",
        left=GuardedSum(
            indices=(_d, _k),
            guard=(
                *box(0, _d, _maps), eq(_d, _channel), *_AXIS.is_tap(_k), *_AXIS.is_input(reads),
            ),
            entries=(("w", (_m, 0, _k)), ("x", (_d, reads))),
        ),
        right=_by_itself(),
        to_right={_l: _k},
        to_left={_d: _channel, _k: _l},
        hypotheses=box(0, _m, _maps * _multiplier),
    )  # fmt: skip


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
    return _exists(), _of_groups(), _of_all(), _diagonal()


def _twin() -> Twin:
    """Return the law with output channels dealt out in turn."""
    given = _of_groups()
    w, (letter, (_, reads)) = given.right.entries
    in_turn: Any = (letter, (remainder(_m, _maps), reads))
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
