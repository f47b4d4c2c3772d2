"""Convolution on feature maps is matrix multiplication over channels and convolution over space.

::

    a[m,o]  =  sum_c (w[m,c] ⋆ x[c])[o]           convolutions, added over feature maps
            =  sum_k (W[k] u[.,k,o])[m]           matrix products, added over taps
            =  sum_q W[m,q] U[q,o]                one matrix product, q = c r + k  or  q = k C + c

where ``u[c,k,o] = x[c, s o + t k - p]``, zero outside, is the unfolded input. Nothing else is used
of it: what is proved is of any data ``u[c,k,o]``, however padded. The double sum over
``(c, k)`` is one over either ``q``: rows of the weights as they lie in memory times columns of the
unfolded input, channels slowest, or taps slowest. The taps of two axes are one index by the same
law, ``k = k_1 r_2 + k_2``. Of an implementation the sum over
channels is asked by ``feature_maps``, and the product of flattened weights and windows, channels
slowest, by ``fully_connected``.
"""

from dataclasses import replace
from typing import Any

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, quotient, remainder
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, drawn, of_one_group

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_maps = size("C")
_o, _c, _k, _q, _m = (index(name) for name in "ockqm")


def _added(channel: Any, tap: Any) -> GuardedSum:
    """Return output ``o`` of feature map ``m`` as the double sum over channels and taps."""
    return GuardedSum(
        indices=(channel, tap),
        guard=(*box(0, channel, _maps), *_AXIS.is_tap(tap)),
        entries=(("w", (_m, channel, tap)), ("u", (channel, tap, _o))),
    )


def _product(channel: Any, tap: Any) -> GuardedSum:
    """Return row ``m`` times column ``o``, where place ``q`` is of a channel and a tap."""
    return GuardedSum(
        indices=(_q,),
        guard=box(0, _q, _maps * _AXIS.r),
        entries=(("w", (_m, channel, tap)), ("u", (channel, tap, _o))),
    )


def _channels_slowest() -> SameSum:
    channel, tap = quotient(_q, _AXIS.r), remainder(_q, _AXIS.r)
    return SameSum(
        name="the double sum is a matrix product, q = c r + k",
        left=_added(_c, _k),
        right=_product(channel, tap),
        to_right={_q: _c * _AXIS.r + _k},
        to_left={_c: channel, _k: tap},
    )


def _taps_slowest() -> SameSum:
    channel, tap = remainder(_q, _maps), quotient(_q, _maps)
    return SameSum(
        name="and another, q = k C + c",
        left=_added(_c, _k),
        right=_product(channel, tap),
        to_right={_q: _k * _maps + _c},
        to_left={_c: channel, _k: tap},
    )


def _taps_of_two_axes() -> tuple[Claim, Claim]:
    (rows, columns), k_1, k_2 = _PLANE, index("k_1"), index("k_2")
    there = Claim(
        name="taps of two axes are one index, k = k_1 r_2 + k_2",
        goal=both(
            *box(0, _k, rows.r * columns.r),
            eq(quotient(_k, columns.r), k_1),
            eq(remainder(_k, columns.r), k_2),
        ),
        hypotheses=(*rows.is_tap(k_1), *columns.is_tap(k_2), eq(_k, k_1 * columns.r + k_2)),
    )
    back = Claim(
        name="and one index is two taps",
        goal=both(*rows.is_tap(k_1), *columns.is_tap(k_2), eq(_k, k_1 * columns.r + k_2)),
        hypotheses=(
            *box(0, _k, rows.r * columns.r),
            eq(k_1, quotient(_k, columns.r)),
            eq(k_2, remainder(_k, columns.r)),
        ),
    )
    return there, back


def _steps() -> tuple[Step, ...]:
    return _channels_slowest(), _taps_slowest(), *_taps_of_two_axes()


def _twin() -> Twin:
    """Return the product of weights of one order and data whose channels have the other."""
    given = _channels_slowest()
    w, (letter, (_, *rest)) = given.right.entries
    wrong = replace(given.right, entries=(w, (letter, (remainder(_q, _maps), *rest))))
    return Twin(
        changed="the channels of the data vary fastest, those of the weights slowest",
        of=given,
        step=replace(given, right=wrong),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask the first feature maps, the last ones, and all."""
    ask = Asked(subject, function, request)
    given: Any = case.layer
    maps = max(2, given.in_channels // given.groups)
    layer = of_one_group(case, in_channels=maps)
    images, _, *sizes = case.input_shape
    x, w = drawn(case, images, maps, *sizes, of=1), drawn(case, *layer.weight_shape, of=2)
    half = maps // 2
    parts = [
        ask(replace(layer, in_channels=number), x[:, which], w=w[:, which])
        for number, which in ((half, slice(half)), (maps - half, slice(half, None)))
    ]
    got = ask(layer, x, w=w)
    law = f"the convolutions of {half} and {maps - half} feature maps add up to that of {maps}"
    return ask.agree(got, parts[0] + parts[1], law)


THEOREM = Theorem(
    name="feature_maps",
    statement="The convolutions of single feature maps add up to that of all.",
    latex=r"a_m = \sum_c w_{mc} \star x_c",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="feature_maps",
    statement="For data unfolded into windows, however padded, convolution on feature maps is a "
    "sum over channels, and over taps, and one matrix product of flattened weights and windows.",
    latex=r"a_m[o] = \sum_c (w_{mc} \star x_c)[o] = \sum_k (W_k\, u_k[o])_m"
    r" = \sum_{q < Cr} W_{mq} U_{qo}",
    source='lecture 7, "convolution on feature maps"',
    steps=_steps,
    twin=_twin,
    asked_as=("feature_maps", "fully_connected"),
)
