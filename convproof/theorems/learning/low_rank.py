"""Low rank: ``W = U V^T`` is a 1x1 bottleneck of ``m`` channels, then a convolution out of it.

The weights as a matrix of ``r k'`` rows, taps and outputs, and ``k`` columns, are a product
in which ``U`` and ``V`` have ``m`` columns, so of rank ``m`` at most; along an axis, and
alike over a plane::

    sum_{c, k} (sum_q U[l, q, k] V[c, q]) x[c, i]  =  sum_{q, k} U[l, q, k] z[q, i],
    z[q, i] = sum_c V[c, q] x[c, i],                       i = s o + t k - p_low

Per position ``m (k + r k')`` products take the place of ``r k k'``. The bottleneck has no bias: the
padding of ``z`` is zero. With an activation after it, as in GoogLeNet, it is no longer the same
function.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import box, eq, le, lt
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, drawn, of_one_group, plain, turn

_AXIS, _PLANE = SymbolicAxis(), (SymbolicAxis("_1"), SymbolicAxis("_2"))
_inputs, _rank, _rows = size("k"), size("m"), size("r k'")
_l = index("l")
_TWICE = le(2 * _rank, _inputs)


def _bottleneck(*axes: SymbolicAxis) -> SameSum:
    """Return that the bottleneck's taps ``e``, one along each axis, change no position."""
    channel, other, q, inner = index("c"), index("c'"), index("q"), index("q'")
    outputs, taps, others, ones = (
        tuple(index(f"{letter}{axis.suffix}") for axis in axes) for letter in ("o", "a", "a'", "e")
    )
    read = tuple(a.position(o, k) for a, o, k in zip(axes, outputs, taps, strict=True))
    out = tuple(a.position(o, k) for a, o, k in zip(axes, outputs, others, strict=True))
    moved = tuple(i + e for i, e in zip(out, ones, strict=True))
    return SameSum(
        name=f"W = U V^T is V at every position, then U, axes: {len(axes)}",
        left=GuardedSum(
            indices=(channel, *taps, q),
            guard=(
                *box(0, channel, _inputs),
                *box(0, q, _rank),
                *_each(a.is_tap(k) for a, k in zip(axes, taps, strict=True)),
                *_each(a.is_input(i) for a, i in zip(axes, read, strict=True)),
            ),
            entries=(
                ("U", (_l, q, *taps)),
                ("V", (channel, q, *(0 for _ in axes))),
                ("x", (channel, *read)),
            ),
        ),
        right=GuardedSum(
            indices=(inner, *others, other, *ones),
            guard=(
                *box(0, inner, _rank),
                *box(0, other, _inputs),
                *_each(a.is_tap(k) for a, k in zip(axes, others, strict=True)),
                *_each(a.is_input(i) for a, i in zip(axes, out, strict=True)),  # z is padded
                *_each(box(0, e, 1) for e in ones),
                *_each(a.is_input(i) for a, i in zip(axes, moved, strict=True)),  # and so is x
            ),
            entries=(
                ("U", (_l, inner, *others)),
                ("V", (other, inner, *ones)),
                ("x", (other, *moved)),
            ),
        ),
        to_right={
            inner: q, other: channel, **dict(zip(others, taps, strict=True)),
            **dict.fromkeys(ones, 0),
        },
        to_left={channel: other, q: inner, **dict(zip(taps, others, strict=True))},
        hypotheses=_each(
            (*a.sizes(), *a.is_output(o)) for a, o in zip(axes, outputs, strict=True)
        ),
    )  # fmt: skip


def _each(conditions: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(part for parts in conditions for part in parts)


def _fewer() -> Claim:
    """Return when ``m (k + r k') < r k k'``: ``r k'`` is one letter."""
    return Claim(
        name="up to half of both sizes, products are saved",
        goal=lt(_rank * (_inputs + _rows), _inputs * _rows),
        hypotheses=(_TWICE, lt(2 * _rank, _rows)),
    )


def _never_fewer() -> tuple[Claim, ...]:
    return tuple(
        Claim(
            name=f"none is saved from m = {name} on",
            goal=lt(_inputs * _rows, _rank * (_inputs + _rows)),
            hypotheses=(le(full, _rank),),
        )
        for name, full in (("k", _inputs), ("r k'", _rows))
    )


def _counted() -> Claim:
    """Return the count with its factors: ``r k m`` products of ``U`` and ``k m`` of ``V``."""
    outputs, of_v, of_u, both = size("k'"), size("of_V"), size("of_U"), size("products")
    return Claim(
        name="the products are m (k + r k')",
        goal=eq(both, _rank * (_inputs + _rows)),
        hypotheses=(
            eq(_rows, _AXIS.r * outputs),
            eq(of_v, _inputs * _rank),
            eq(of_u, _AXIS.r * _rank * outputs),
            eq(both, of_v + of_u),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return _bottleneck(_AXIS), _bottleneck(*_PLANE), _counted(), _fewer(), *_never_fewer()


def _twin() -> Twin:
    step = _fewer()
    return Twin(
        changed="m <= k for 2 m <= k: any bottleneck saves",
        of=step,
        step=Claim(
            name=step.name,
            goal=step.goal,
            hypotheses=(le(_rank, _inputs), *step.hypotheses[1:]),
        ),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask the bottleneck and the layer out of it, and the one layer with ``W = U V^T``."""
    ask = Asked(subject, function, request)
    layer = of_one_group(case)
    images, _, *sizes = case.input_shape
    rank = 1 + turn(case, 2)
    x = drawn(case, images, layer.in_channels, *sizes, of=1)
    out_of = replace(layer, in_channels=rank)
    u, v = drawn(case, *out_of.weight_shape, of=2), drawn(case, rank, layer.in_channels, of=3)
    ones = (1,) * len(sizes)
    into = plain((layer.in_channels, rank), ones)
    expected = ask(out_of, ask(into, x, w=v.reshape(*v.shape, *ones)), w=u)
    got = ask(layer, x, w=np.einsum("mq...,qc->mc...", u, v))
    return ask.agree(got, expected, f"W = U V^T is a 1x1 convolution into {rank} channels, then U")


THEOREM = Theorem(
    name="low_rank",
    statement="Weights U V^T are a 1x1 convolution with V, then one with U.",
    latex=r"W \star x = U \star (V^\top x)",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="low_rank",
    statement="A convolution with W = U V^T, V of m columns and one tap, is a 1x1 "
    "convolution into m channels, then one with U; m (k + r k') products per position are fewer "
    "than r k k' if 2 m <= k and 2 m < r k', and are not if m >= k or m >= r k'.",
    latex=r"W X = U (V^\top X), \quad m (k + r k') < r k k' \text{ if } "
    r"2m \le k,\ 2m < r k'",
    source="lecture 7, alternatively: low-rank decomposition",
    steps=_steps,
    twin=_twin,
    asked_as=("low_rank",),
)
