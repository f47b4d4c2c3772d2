"""At stride 1 the receptive field grows linearly with depth: ``R_L = 1 + L (r̂ - 1)``.

Layer ``j`` of a stack lies over a field of ``R_j`` positions, ``J_j`` apart, and adds to it what
``receptive_field`` proves of one layer over any field. The depth ``L`` is a letter, and what all
layers add a sum, which telescopes::

    R_L - R_0  =  sum_{j < L} (R_{j+1} - R_j)  =  sum_{j < L} (r̂ - 1) J_j      J_j = prod_{i < j} s

With ``r = s`` and ``t = 1``, as in pooling, a layer adds ``J_{j+1} - J_j``, and the field grows
geometrically: ``R_L = J_L = s^L``.

That every position is read needs no induction: of an undilated stack the path of taps to position
``d`` is known at every depth ``j``, ``i_j = min(d, j (r - 1))``, and each of its steps is a tap.
That no other is read does: a path is a sequence of any length, of which an engine that knows one
step at a time says nothing at the end.

With a stride and ``r > 1`` the first is false from the second layer on, whose taps
lie ``t s`` apart: ``R_2 = 1 + (1 + s)(r̂ - 1)``.
"""

from typing import Any

import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, count, index, size
from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, box, eq, le
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.shapes.receptive_field import paths, through
from convproof.theorems.variants.itself import Asked, turn

_LAYERS = 3  # that a target is asked
_AXIS = SymbolicAxis()
_R, _J, _L = size("R"), size("J"), count("L")
_j = index("j")  # a layer
_NEXT_R, _NEXT_J = size("R'"), size("J'")
_LAW = (eq(_NEXT_R, _R + (_AXIS.span - 1) * _J), eq(_NEXT_J, _AXIS.s * _J))


def _one_more() -> tuple[Claim, Claim]:
    """Return what one layer adds, of stride 1 over positions 1 apart, and as in pooling."""
    return (
        Claim(
            name="a layer of stride 1 adds r̂ - 1",
            goal=both(eq(_NEXT_R - _R, _AXIS.span - 1), eq(_NEXT_J, 1)),
            hypotheses=(*_LAW, eq(_J, 1), eq(_AXIS.s, 1)),
        ),
        Claim(
            name="a pooling of r = s adds what it moves them apart",
            goal=eq(_NEXT_R - _R, _NEXT_J - _J),
            hypotheses=(*_LAW, eq(_AXIS.r, _AXIS.s), eq(_AXIS.t, 1)),
        ),
    )


def _all() -> tuple[Identity, ...]:
    """Return what ``L`` layers add; SymPy sums over the depth."""
    field = sp.Function("R")

    def total(added: sp.Expr) -> sp.Expr:
        return sp.Sum(added, (_j, 0, _L - 1))

    return (
        Identity(
            name="a field is the first and what every layer adds",
            left=field(0) + total(field(_j + 1) - field(_j)),
            right=field(_L),
        ),
        Identity(
            name="positions are as far apart as all strides",
            left=sp.Product(_AXIS.s, (_j, 0, _L - 1)),
            right=_AXIS.s**_L,
        ),
        Identity(
            name="L times r̂ - 1 is added to one position",
            left=1 + total(_AXIS.span - 1),
            right=1 + _L * (_AXIS.span - 1),
        ),
        Identity(
            name="poolings add up to s^L",
            left=1 + total(_AXIS.s ** (_j + 1) - _AXIS.s**_j),
            right=_AXIS.s**_L,
        ),
    )


def _two() -> Claim:
    """Return the growth over two layers; the second one's ``J`` is the first one's stride."""
    two = size("R''")
    return Claim(
        name="two layers of stride 1",
        goal=eq(two, 1 + 2 * (_AXIS.span - 1)),
        hypotheses=(
            *_LAW,
            eq(_R, 1),
            eq(_J, 1),
            eq(two, _NEXT_R + (_AXIS.span - 1) * _NEXT_J),
            eq(_AXIS.s, 1),
        ),
    )


def _path() -> tuple[Claim, Claim]:
    """Return a path of ``L`` taps to position ``d``, undilated; ``a`` is ``j (r - 1)``."""
    d, here, there = index("d"), index("i_j"), index("i_j+1")
    reached, last = count("a"), _L * (_AXIS.r - 1)
    return (
        Claim(
            name="every step of the path to a position is a tap",
            goal=both(*_AXIS.is_tap(there - here)),
            hypotheses=(
                le(0, d),
                eq(here, sp.Min(d, reached)),
                eq(there, sp.Min(d, reached + _AXIS.r - 1)),
            ),
        ),
        Claim(
            name="which begins at 0 and ends there, for every position of the field",
            goal=both(eq(sp.Min(d, 0), 0), eq(sp.Min(d, last), d)),
            hypotheses=box(0, d, last + 1),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return *_one_more(), *_all(), *_path(), _two()


def _twin() -> Twin:
    return without(_two(), eq(_AXIS.s, 1))


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask three layers of stride 1, along an axis, of every unit vector of their field."""
    ask = Asked(subject, function, request)
    layer: Any = case.layer
    axis = turn(case, len(layer.stride))
    r, t = layer.kernel_size[axis], layer.dilation[axis]
    ways = paths(r, [t] * _LAYERS)
    got = through(ask, [(r, 1, t)] * _LAYERS, axis, len(layer.stride), len(ways))
    law = f"{_LAYERS} layers of {r} taps, stride 1 and dilation {t} read {len(ways)} positions"
    return ask.agree(got, ways.reshape(got.shape), law)


THEOREM = Theorem(
    name="depth",
    statement="Three layers of stride 1 read 1 + 3 (r̂ - 1) positions: of 3 taps, 7.",
    latex=r"R_L = 1 + L (\hat r - 1)",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="depth_growth",
    statement="L layers of span r̂ and stride 1 have a receptive field of 1 + L (r̂ - 1) positions, "
    "linear in depth; L poolings with r = s have one of s^L.",
    latex=r"R_L = 1 + \sum_{j<L} (\hat r - 1) J_j, \qquad "
    r"s = 1: \ R_L = 1 + L(\hat r - 1), \qquad r = s,\ t = 1: \ R_L = J_L = s^L",
    source="lecture 7, effective receptive field: grows linearly with depth",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="induction on depth, over what receptive_field proves of one layer more: the stack reads "
    "no input outside its field, which is R_{j+1}. What all layers add is a sum of any length, "
    "which SymPy adds up; that every position of an undilated field is read is shown by a path in "
    "closed form",
    asked_as=("depth", "pooled_twice"),
)
