"""The receptive field of a stack: ``R <- R + (r̂ - 1) J`` positions, ``J <- s J`` apart.

Output ``o`` of ``L`` layers reads no input outside, and both ends, of::

    J o - A  <=  i  <  J o - A + R              at first  R = 1,  J = 1,  A = 0

The next layer's output ``o`` reads outputs ``m = s o + t k - p_low`` of these, which moves the
field by ``t J`` per tap, so that with ``A <- A + p_low J``::

    J m - A  =  (s J) o - (A + p_low J) + t J k                  0 <= k < r

Where the field had no holes, the next has none exactly if ``t J <= R``, or if ``r = 1``. That
is said of one layer over a field without holes; over one with holes a layer can fill them, as two
taps, ``t = 1``, do over two of ``t = 2``. (The borders are left aside: positions in a padding count
as read.)
"""

from dataclasses import replace

import sympy as sp

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, box, either, eq, iff, le, lt, quotient
from convproof.theorems.proof import Proof, Twin

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


PROOF = Proof(
    name="receptive_field",
    statement="A stack of layers reads, from end to end, R positions with R <- R + (r̂ - 1) J and "
    "J <- s J; over a field without holes the next layer makes none exactly if t J <= R or r = 1, "
    "which is said per layer: over a field with holes a later layer can fill them.",
    latex=r"R_{L+1} = R_L + (\hat r - 1) J_L, \quad J_{L+1} = s J_L, \quad R_0 = J_0 = 1",
    source="lecture 7, spatial pooling; effective receptive field",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="induction on depth: the first step is a stack of no layer; the others take a stack whose "
    "field has R positions, J apart, to one with one layer more",
)
