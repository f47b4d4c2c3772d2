"""Average pooling is a depthwise convolution with constant weights, ``w[k] = 1 / r``.

With ``count_include_pad`` every window divides by its ``r`` taps, in the input or in the padding
(on two axes, by ``r_1 r_2``). Window ``o`` of feature map ``m`` covers ``a <= i < a + r`` from
``a = s o - p_low``; the convolution reads its own map alone::

    sum_{a <= i < a + r} (1/r) x[m, i]  =  sum_{c, k} w[m, c, k] x[c, s o + k - p_low]
                                                     w[m, c, k] = 1/r if c = m, else 0

Every window lies in the padded input, so ``r`` counts it. A divisor that counts the taps in the
input only is ``r`` exactly for the windows inside: with padding, such an average is no convolution.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import AvgPool, Conv
from convproof.numeric.fast import implementation as fast
from convproof.symbolic.sizes import SymbolicAxis, count, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, iff, le
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import Right, right, wider

_AXIS = SymbolicAxis()
_FIRST, _SECOND = SymbolicAxis("_1"), SymbolicAxis("_2")
_m, _c, _o, _channels = index("m"), index("c"), count("o"), size("C")


def _start(axis: SymbolicAxis, o: sp.Symbol) -> sp.Expr:
    return axis.s * o - axis.low


def _window(axis: SymbolicAxis, o: sp.Symbol, i: sp.Symbol) -> tuple[sp.Basic, ...]:
    """Return that ``i`` is in the input and in window ``o`` of ``r`` neighbours."""
    return (*axis.is_input(i), *box(_start(axis, o), i, _start(axis, o) + axis.r))


def _sums() -> SameSum:
    """Return the law on two axes; ``d`` is the letter of the one weight, ``1 / (r_1 r_2)``."""
    o1, o2, i1, i2, k1, k2 = (index(name) for name in ("o_1", "o_2", "i_1", "i_2", "k_1", "k_2"))
    reads = _start(_FIRST, o1) + k1, _start(_SECOND, o2) + k2
    return SameSum(
        name="the sum over a window",
        left=GuardedSum(
            indices=(i1, i2),
            guard=(*_window(_FIRST, o1, i1), *_window(_SECOND, o2, i2)),
            entries=(("d", ()), ("x", (_m, i1, i2))),
        ),
        right=GuardedSum(
            indices=(_c, k1, k2),
            guard=(
                *box(0, _c, _channels),
                eq(_c, _m),
                *_FIRST.is_tap(k1),
                *_SECOND.is_tap(k2),
                *_FIRST.is_input(reads[0]),
                *_SECOND.is_input(reads[1]),
            ),
            entries=(("d", ()), ("x", (_c, *reads))),
        ),
        to_right={_c: _m, k1: i1 - _start(_FIRST, o1), k2: i2 - _start(_SECOND, o2)},
        to_left={i1: reads[0], i2: reads[1]},
        hypotheses=box(0, _m, _channels),
    )


def _in_the_padded_input() -> Claim:
    """Return that a window lies in ``-p_low <= i < n + p_high``, so ``r`` counts all its taps."""
    slack = _AXIS.n + _AXIS.low + _AXIS.high - _AXIS.r
    start = _start(_AXIS, _o)
    return Claim(
        name="every window lies in the padded input",
        goal=both(le(-_AXIS.low, start), le(start + _AXIS.r, _AXIS.n + _AXIS.high)),
        hypotheses=(le(_AXIS.s * (_AXIS.outputs - 1), slack), *_AXIS.is_output(_o)),
    )


def _counted() -> sp.Expr:
    """Return how many taps of a window that meets the input are in it."""
    start = _start(_AXIS, _o)
    return sp.Min(_AXIS.n, start + _AXIS.r) - sp.Max(0, start)


def _inside() -> tuple[sp.Basic, sp.Basic]:
    start = _start(_AXIS, _o)
    return le(0, start), le(start + _AXIS.r, _AXIS.n)


def _constant() -> Claim:
    return Claim(
        name="a window inside the input has r taps in it", goal=eq(_counted(), _AXIS.r),
        hypotheses=_inside(),
    )  # fmt: skip


def _exactly() -> Claim:
    return Claim(
        name="and no other window has",
        goal=iff(eq(_counted(), _AXIS.r), both(*_inside())),
    )


def _steps() -> tuple[Step, ...]:
    return _sums(), _in_the_padded_input(), _constant(), _exactly()


def _twin() -> Twin:
    return without(_constant(), _inside()[0])


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known = right(function, case, request)
    expected = _convolved(case, known.arrays, request).astype(known.expected.dtype)
    judge = Right(known.arrays, expected, known.allowed).judge
    got = answer(subject, function, case, known.arrays, request)
    place = judge(got)
    if place is not None:
        raise Violation(
            law="an average over windows is a depthwise convolution with constant weights, "
            f"1/{_divisor(case.layer)}",
            call=call_of(function, case, known.arrays),
            assertion=replace(known, expected=expected).assertion(place, at(place)),
            index=place,
            got=got[place],
            expected=expected[place],
        )
    return Seen(known.weak or controls(judge, got))


def _convolved(case: Case, arrays: Arrays, request: Request) -> np.ndarray:
    """Return the convolution with weights of 1, one for each map, over the divisor."""
    layer: Any = case.layer
    maps, wide = case.input_shape[1], wider(request.dtype)
    conv = Conv(
        in_channels=maps, out_channels=maps, groups=maps, bias=False,
        kernel_size=layer.kernel_size, stride=layer.stride, padding=layer.padding,
        dilation=layer.dilation,
    )  # fmt: skip
    weights = np.ones(conv.weight_shape, wide)
    return np.asarray(fast.forward(conv, arrays["x"].astype(wide), weights)) / _divisor(layer)


def _divisor(layer: Any) -> int:
    return int(layer.divisor_override or np.prod(layer.kernel_size))


def _is_convolution(function: Function, case: Case, request: Request) -> bool:
    """Return whether every window divides by the same number, and none hangs over."""
    del function, request
    layer = case.layer
    if not isinstance(layer, AvgPool) or isinstance(layer.padding, str):
        return False
    if replace(layer, ceil_mode=False).output_shape(case.input_shape) != case.output_shape:
        return False
    padded = any(high or low for low, high in layer.padding)
    return layer.count_include_pad or not padded or layer.divisor_override is not None


THEOREM = Theorem(
    name="average",
    statement="An average over windows is a convolution with constant weights.",
    latex=r"y_o = \sum_k \tfrac{1}{r} x_{so + k - p}",
    check=_check,
    families=("mean",),
    roles=("forward",),
    integer_too=False,
    share=4,
    wants=_is_convolution,
)
PROOF = Proof(
    name="average_is_convolution",
    statement="Average pooling that counts its padding is a depthwise convolution with constant "
    "weights 1/r; one that counts the input only is so just where the windows lie inside.",
    latex=r"\frac{1}{r} \sum_{so - p \le i < so - p + r} x_{m,i} = "
    r"\sum_{c, k} \frac{[c = m]}{r}\, x_{c, so + k - p}",
    source="lecture 7, spatial pooling",
    steps=_steps,
    twin=_twin,
    asked_as=("average",),
)
