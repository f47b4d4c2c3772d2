"""The receptive field of one layer more: ``R <- R + (r̂ - 1) J`` positions, ``J <- s J`` apart.

Output ``o`` of ``L`` layers reads no input outside, and both ends, of::

    J o - A  <=  i  <  J o - A + R              at first  R = 1,  J = 1,  A = 0

The next layer's output ``o`` reads outputs ``m = s o + t k - p_low`` of these, which moves the
field by ``t J`` per tap, so that with ``A <- A + p_low J``::

    J m - A  =  (s J) o - (A + p_low J) + t J k                  0 <= k < r

Where the field had no holes, the next has none exactly if ``t J <= R``, or if ``r = 1``. That
is said of one layer over a field without holes; over one with holes a layer can fill them, as two
taps, ``t = 1``, do over two of ``t = 2``. The law is of one layer over any field, which needs no
induction; what it makes of a stack of given depth is ``depth_growth``'s. (The borders are left
aside: positions in a padding count as read.)
"""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, either, eq, iff, le, lt, quotient
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, plain, turn

_AXIS = SymbolicAxis()
_R, _J, _A = size("R"), size("J"), index("A")
_NEXT = size("R'")  # positions of the next field
_MOVED = size("T")  # t J, by which a tap moves the field
_o, _k, _i = index("o"), index("k"), index("i")
_d = index("d")  # a position, from the first one of the next field
_ENDS = eq(_NEXT, _MOVED * (_AXIS.r - 1) + _R)  # with the last tap's field


def _ends() -> Claim:
    return Claim(
        name="it ends with the field of the last tap",
        goal=_ENDS,
        hypotheses=(
            eq(_MOVED, _AXIS.t * _J),
            eq(_NEXT, _R + (_AXIS.span - 1) * _J),
        ),
    )


def _start() -> tuple[Step, ...]:
    moved = (_AXIS.s * _J) * _o - (_A + _AXIS.low * _J) + _AXIS.t * _J * _k
    return (
        Claim(
            name="without layers, a position reads itself",
            goal=iff(both(*box(_J * _o - _A, _i, _J * _o - _A + _R)), eq(_i, _o)),
            hypotheses=(eq(_R, 1), eq(_J, 1), eq(_A, 0)),
        ),
        Claim(
            name="a tap moves the field by t J",
            goal=eq(_J * _AXIS.position(_o, _k) - _A, moved),
        ),
    )


def _steps() -> tuple[Step, ...]:
    inside = box(0, _d, _NEXT)
    return (
        *_start(),
        _ends(),
        Claim(
            name="its ends are read, by the first tap and by the last",
            goal=both(
                *box(0, sp.Integer(0), _R),
                *box(_MOVED * (_AXIS.r - 1), _NEXT - 1, _MOVED * (_AXIS.r - 1) + _R),
            ),
            hypotheses=(_ENDS,),
        ),
        Claim(
            name="nothing is read before it",
            goal=le(0, _d),
            hypotheses=(*_AXIS.is_tap(_k), le(_MOVED * _k, _d)),
        ),
        Claim(
            name="nothing is read after it",
            goal=lt(_d, _NEXT),
            hypotheses=(_ENDS, *_AXIS.is_tap(_k), lt(_d, _MOVED * _k + _R)),
        ),
        Claim(
            name="no holes if t J <= R or r = 1",
            goal=both(*_AXIS.is_tap(_k), *box(_MOVED * _k, _d, _MOVED * _k + _R)),
            hypotheses=(
                _ENDS,
                either(le(_MOVED, _R), eq(_AXIS.r, 1)),
                *inside,
                eq(_k, sp.Min(_AXIS.r - 1, quotient(_d, _MOVED))),
            ),
        ),
        Claim(
            name="a hole after the first tap's R positions if t J > R",
            goal=both(*inside, either(lt(_d, _MOVED * _k), le(_MOVED * _k + _R, _d))),
            hypotheses=(
                _ENDS,
                lt(_R, _MOVED),
                le(2, _AXIS.r),
                eq(_d, _R),
                *_AXIS.is_tap(_k),
            ),
        ),
    )


def _twin() -> Twin:
    ends = _ends()
    moved, _ = ends.hypotheses
    forgotten = eq(_NEXT, _R + (_AXIS.span - 1))
    return Twin(
        changed="R <- R + (r̂ - 1), the strides of the layers before forgotten",
        of=ends,
        step=replace(ends, hypotheses=(moved, forgotten)),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask two layers like the case's, along an axis, of every unit vector of R positions.

    Their taps are 1, so that each answer, of one output, counts the ways from a position to it.
    """
    ask = Asked(subject, function, request)
    layer: Any = case.layer
    axis = turn(case, len(layer.stride))
    r, s, t = (each[axis] for each in (layer.kernel_size, layer.stride, layer.dilation))
    ways = paths(r, [t, s * t])
    got = through(ask, [(r, s, t)] * 2, axis, len(layer.stride), len(ways))
    law = f"two layers of {r} taps, stride {s}, dilation {t} read {len(ways)} positions end to end"
    return ask.agree(got, ways.reshape(got.shape), law)


def paths(taps: int, steps: list[int]) -> np.ndarray:
    """Return in how many ways each position is reached by a tap of every layer.

    Args:
        taps: of each layer.
        steps: input positions between neighbouring taps of each layer.

    Example:
        >>> paths(3, [1, 1, 1])
        array([1, 3, 6, 7, 6, 3, 1])
    """
    ways = np.ones(1, np.int64)
    for step in steps:
        kernel = np.zeros(step * (taps - 1) + 1, np.int64)
        kernel[::step] = 1
        ways = np.convolve(ways, kernel)
    return ways


def through(
    ask: Asked, stack: list[tuple[int, int, int]], axis: int, dims: int, positions: int
) -> np.ndarray:
    """Return the answers of a stack of layers ``(r, s, t)`` of ones to all unit vectors."""

    def alone(number: int) -> tuple[int, ...]:
        return tuple(number if place == axis else 1 for place in range(dims))

    y = np.eye(positions, dtype=np.int64).reshape(positions, 1, *alone(positions))
    for r, s, t in stack:
        layer = plain((1, 1), alone(r), stride=alone(s), dilation=alone(t))
        y = ask(layer, y, w=np.ones((1, 1, *alone(r)), np.int64))
    return y


THEOREM = Theorem(
    name="field",
    statement="Two layers read R = r̂ + (r̂ - 1) s positions, end to end, by their taps.",
    latex=r"R = 1 + (\hat r - 1) + (\hat r - 1) s",
    check=_check,
    families=("bilinear",),
    roles=("forward",),
    stems=("conv",),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="receptive_field",
    statement="One layer more over layers that read R positions from end to end, J apart, reads "
    "R + (r̂ - 1) J of them, s J apart, where none read 1; over a field without holes it makes none "
    "exactly if t J <= R or r = 1.",
    latex=r"R' = R + (\hat r - 1) J, \quad J' = s J, \quad R_0 = J_0 = 1",
    source="lecture 7, spatial pooling; effective receptive field",
    steps=_steps,
    twin=_twin,
    asked_as=("field",),
)
