"""Tight bounds: the mask of the weight derivative is a range of outputs, for loops without tests.

::

    0 <= s o + t k - p_low < n
        <=>   ceil((p_low - t k) / s)  <=  o  <=  floor((n - 1 + p_low - t k) / s)

together with ``0 <= o < n'``. Without padding nothing is masked: ``0 <= s o + t k < n`` for every
output and tap.
"""

from dataclasses import replace

import sympy as sp

from convproof.symbolic.index_sum import Convolution
from convproof.symbolic.sizes import SymbolicAxis, index
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, quotient
from convproof.theorems.derivatives.forms import primed, same
from convproof.theorems.proof import Proof, Twin

_LAYER, _AXIS = Convolution(), SymbolicAxis()
_o, _k = index("o"), index("k")
_FIRST = (_AXIS.low - _AXIS.t * _k) / _AXIS.s
_LAST = _AXIS.n - 1 + _AXIS.low - _AXIS.t * _k


def _tight() -> SameSum:
    masked = _LAYER.weight
    return same(
        "the mask is a range of outputs",
        primed(masked.guarded_sum()),
        GuardedSum(
            indices=(_o,),
            guard=(
                *_AXIS.is_output(_o),
                le(sp.ceiling(_FIRST, evaluate=False), _o),
                le(_o, quotient(_LAST, _AXIS.s)),
            ),
            entries=masked.entries(),
        ),
        hypotheses=masked.given,
    )


def _unmasked() -> tuple[Claim, ...]:
    """Return that ``s o`` and ``t k`` end where the last window does, which is in the input."""
    output, tap = (
        box(0, _AXIS.s * _o, _AXIS.s * (_AXIS.outputs - 1) + 1),
        box(0, _AXIS.t * _k, _AXIS.span),
    )
    return (
        Claim(name="s o", goal=both(*output), hypotheses=_AXIS.is_output(_o)),
        Claim(name="t k", goal=both(*tap), hypotheses=_AXIS.is_tap(_k)),
        Claim(
            name="without padding nothing is masked",
            goal=both(*_AXIS.is_input(_AXIS.position(_o, _k))),
            hypotheses=(*_AXIS.sizes(), *output, *tap, eq(_AXIS.low, 0), eq(_AXIS.high, 0)),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return _tight(), *_unmasked()


def _twin() -> Twin:
    given = _tight()
    rounded_up = le(sp.ceiling(_FIRST, evaluate=False), _o)
    down = le(sp.floor(_FIRST, evaluate=False), _o)
    guard = tuple(down if each == rounded_up else each for each in given.right.guard)
    return Twin(
        changed="the first output is rounded down, as an integer division does",
        of=given,
        step=replace(given, right=replace(given.right, guard=guard)),
    )


PROOF = Proof(
    name="weight_tight",
    statement="The mask of the weight derivative lets through exactly a range of outputs, from "
    "the rounded-up first to the rounded-down last, and everything where nothing is padded.",
    latex=r"0 \le so + tk - p < n \iff "
    r"\lceil (p - tk)/s \rceil \le o \le \lfloor (n - 1 + p - tk)/s \rfloor",
    source='lecture 7, "padded convolution" and "standard convolution: weight derivative"',
    steps=_steps,
    twin=_twin,
    asked_as=("exact",),
)
