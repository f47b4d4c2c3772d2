"""Circular padding: an input collects from every time that a tap has gone around to it.

::

    a[o]  = sum_k w[k] x[e mod n]                                   e = s o + t k - p_low
    dx[i] = sum_{k,v} [s | u][0 <= u/s < n'] w[k] da[u/s]           u = i + n v + p_low - t k
    dw[k] = sum_o da[o] x[e mod n]

``v`` goes from ``floor(min e / n)`` to ``floor(max e / n)``: each pair ``(o, k)`` with
``e mod n = i`` is met for one ``v`` alone, ``floor(e / n)``. An input longer than the padded reach
meets ``v`` in ``{-1, 0, 1}``; a kernel that goes around several times meets more.
"""

from dataclasses import replace

from convproof.symbolic.index_sum import Convolution
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, quotient, remainder
from convproof.theorems.derivatives.forms import from_pairs, primed, same
from convproof.theorems.proof import Proof, Twin

_LAYER = Convolution(padding_mode="circular")
(_AXIS,) = _LAYER.relations
_o, _k, _v, _e, _i = (index(name) for name in ("o", "k", "v", "e", "i"))
_ENTRIES = (("da", (_o,)), ("w", (_k,)))
_GIVEN = box(0, _i, _AXIS.n)
_OUTPUT, _TAP = box(0, _o, _AXIS.outputs), box(0, _k, _AXIS.r)
_REACH = (
    *box(0, _AXIS.s * _o, _AXIS.s * (_AXIS.outputs - 1) + 1),
    *box(0, _AXIS.t * _k, _AXIS.span),
)


def _turn() -> SameSum:
    """Return that a pair that reads at ``e``, with ``e mod n = i``, is met for just one ``v``."""
    return SameSum(
        name="a forward pair goes around once",
        left=GuardedSum(indices=(), guard=(eq(remainder(_e, _AXIS.n), _i),), entries=_ENTRIES),
        right=GuardedSum(indices=(_v,), guard=(eq(_i + _AXIS.n * _v, _e),), entries=_ENTRIES),
        to_right={_v: quotient(_e, _AXIS.n)},
        to_left={},
        hypotheses=_GIVEN,
    )


def _reach() -> tuple[Claim, Claim]:
    """Return how far outputs and taps reach, which bounds the turns."""
    return (
        Claim(name="how far outputs reach", goal=both(*_REACH[:2]), hypotheses=_OUTPUT),
        Claim(name="how far taps reach", goal=both(*_REACH[2:]), hypotheses=_TAP),
    )


def _gathered() -> SameSum:
    """Return that pairs with their turns, ``e = s o + t k - p_low``, are the derived form."""
    turned = GuardedSum(
        indices=(_o, _k, _v),
        guard=(*_OUTPUT, *_TAP, *_REACH, eq(_i + _AXIS.n * _v, _AXIS.reads)),
        entries=_ENTRIES,
    )
    return same(
        "gathered over taps and turns",
        primed(turned),
        _LAYER.input_gather.guarded_sum(),
        hypotheses=_GIVEN,
    )


def _steps() -> tuple[Step, ...]:
    return (
        *_LAYER.input_gather.obligations,
        _turn(),
        *_reach(),
        _gathered(),
        from_pairs(_LAYER.forward, _LAYER.weight),
    )


def _twin() -> Twin:
    """Return the sum that no tap of the padding below takes part in."""
    given = _gathered()
    first = le(quotient(-_AXIS.low, _AXIS.n), _v)
    guard = tuple(le(0, _v) if each == first else each for each in given.right.guard)
    return Twin(
        changed="0 <= v for floor(-p_low / n) <= v",
        of=given,
        step=replace(given, right=replace(given.right, guard=guard)),
    )


PROOF = Proof(
    name="circular_derivative",
    statement="Under circular padding the derivative by an input sums over the taps and over the "
    "turns around the input, and that by a weight reads the input around its ends.",
    latex=r"dx_i = \sum_{k,v} [s \mid u] [0 \le u/s < n']\, w_k\, da_{u/s}, "
    r"\quad u = i + nv + p - tk",
    source='lecture 7, "padded convolution" and "standard convolution: input derivative"; '
    "circular padding as in torch.nn.functional",
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
