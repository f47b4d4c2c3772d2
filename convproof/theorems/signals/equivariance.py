"""Equivariance: moving the data by ``s`` moves the output by one, ``f(x[. - s]) = f(x)[. - 1]``.

It holds exactly on the outputs whose taps read, before and after, inside the data that were moved:
those with ``s o - low >= s`` and ``s o + span - 1 - low < n``. The input is made long enough for
one such output at least. A transposed layer moves by ``s`` when its data move by one.

Proved for all sizes, of data moved by ``s c``, for any ``c``::

    s o + t k - p_low - s c  =  s (o - c) + t k - p_low

along an axis, so each window reads, before and after, the same data by the same taps. On ``n``
positions every tap of the outputs above, where ``0 <= c``, reads inside the data both times, so
that any function of the window agrees: a sum with weights, a mean, a maximum. Of a sum with
weights, as of an average with a constant divisor, zeros around the data change nothing: on the
integers that holds of every output; on a circle of every output of a circular layer, if
``n = s n'``. The transposed layer is proved on the integers.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from sympy.logic.boolalg import Boolean

from convproof import layers
from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, count, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import Right, right

_AXIS = SymbolicAxis()
_o, _k, _i, _tap, _j, _c = (index(name) for name in ("o", "k", "i", "k'", "i'", "c"))
_moves, _circle, _outputs = count("c"), size("n"), size("n'")
_before, _after = index("i_1"), index("i_2")
_SLIDING = (layers.Conv, layers.ConvTranspose, layers.MaxPool, layers.AvgPool)


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    axis = case.seed % (len(case.input_shape) - 2)
    case, steps, moved_by, crop = _long_enough(case, axis)
    known = right(function, case, request)
    arrays = known.arrays
    before = answer(subject, function, case, arrays, request)
    x = _moved(arrays["x"], axis + 2, steps)
    after = answer(subject, function, case, arrays.but(x=x), request)
    here = (slice(None),) * (axis + 2)
    expected = before[(*here, slice(crop.start - moved_by, crop.stop - moved_by))]
    got = after[(*here, crop)]
    allowed = None if known.allowed is None else np.full(got.shape, 2 * known.allowed.max())
    judge = Right(arrays, expected.astype(known.expected.dtype), allowed).judge
    index = judge(got)
    if index is not None:
        place = (*index[: axis + 2], index[axis + 2] + crop.start, *index[axis + 3 :])
        raise Violation(
            law=f"moving the data by {steps} along axis {axis} moves the output by {moved_by}, "
            f"for {crop.start} <= o < {crop.stop}, whose taps read moved data only",
            call=call_of(function, case, arrays.but(x=x)),
            assertion=f"y[{at(place)}] == {expected[index].item()!r}",
            index=place,
            got=got[index],
            expected=expected[index],
        )
    return Seen(known.weak or controls(judge, got))


def _long_enough(case: Case, axis: int) -> tuple[Case, int, int, slice]:
    """Return a case with interior outputs, the steps, the move, and the outputs it holds for."""
    layer: Any = case.layer
    size = list(case.input_shape)
    if isinstance(layer, layers.ConvTranspose):
        size[axis + 2] += 2
        case = replace(case, input_shape=tuple(size))
        law = layer.axes(case.input_shape[2:])[axis]
        # output o reads inputs i with s i + t k - low = o: all of them in 1 <= i < n
        low, span = law.padding[0], law.dilation * (law.kernel_size - 1)
        first = max(law.stride, law.stride + span - low)
        last = min(law.output_size, law.stride * law.input_size - low)
        return case, 1, law.stride, slice(first, max(first, last))
    stride, (low, high) = layer.stride[axis], layer.axes(tuple(size[2:]))[axis].padding
    size[axis + 2] += stride * (2 + -(-low // stride) + -(-high // stride))
    case = replace(case, input_shape=tuple(size))
    law = layer.axes(case.input_shape[2:])[axis]
    first = 1 + -(-low // stride)
    last = (law.input_size - law.span + low) // stride + 1
    return case, stride, 1, slice(first, min(last, law.output_size))


def _moved(x: np.ndarray, axis: int, steps: int) -> np.ndarray:
    """Return the data moved up, with what fell off put at the low end."""
    return np.roll(x, steps, axis)


def _slides(function: Function, case: Case, request: Request) -> bool:
    del function, request
    layer = case.layer
    circular = isinstance(layer, layers.Conv) and layer.padding_mode != "zeros"
    return type(layer) in _SLIDING and not circular


def _is_tap(k: Any) -> tuple[Boolean, ...]:
    """Return ``0 <= k < r``, with what ``_reach`` shows of it: no tap reads beyond the last."""
    return (*_AXIS.is_tap(k), le(_AXIS.t * k, _AXIS.t * (_AXIS.r - 1)))


def _reach() -> Claim:
    *tap, reach = _is_tap(_k)
    return Claim(name="no tap reads beyond the last", goal=reach, hypotheses=tuple(tap))


def _sum(guard: tuple[Boolean, ...], read: Any, k: Any) -> GuardedSum:
    """Return ``sum_k w[k] x[read]`` over the taps that obey the guard."""
    return GuardedSum(
        indices=(k,), guard=(*_is_tap(k), *guard), entries=(("w", (k,)), ("x", (read,)))
    )


def _same_taps(name: str, left: GuardedSum, right: GuardedSum, *given: Boolean) -> SameSum:
    return SameSum(
        name=name,
        left=left,
        right=right,
        to_right={_tap: _k},
        to_left={_k: _tap},
        hypotheses=given,
    )


def _on_the_integers() -> SameSum:
    moved, read = _AXIS.position(_o, _k) - _AXIS.s * _c, _AXIS.position(_o - _c, _tap)
    return _same_taps(
        "on the integers",
        _sum(_AXIS.is_input(moved), moved, _k),
        _sum(_AXIS.is_input(read), read, _tap),
    )


def _crop() -> tuple[Boolean, ...]:
    """Return that all taps of output ``o`` read data that were moved, and stayed."""
    start, steps = _AXIS.position(_o, 0), _AXIS.s * _moves
    return le(steps, start), lt(start + _AXIS.span - 1, _AXIS.n)


def _inside() -> Claim:
    """Return that every tap reads ``s c <= i < n``, where the moved data are."""
    i = _AXIS.position(_o, _k)
    return Claim(
        name="every tap reads data that were moved",
        goal=both(*box(_AXIS.s * _moves, i, _AXIS.n)),
        hypotheses=(*_crop(), *_is_tap(_k)),
    )


def _inside_before() -> Claim:
    """Return that it read the same datum, inside, at output ``o - c`` before they were moved."""
    i, read = _AXIS.position(_o, _k), _AXIS.position(_o - _moves, _k)
    return Claim(
        name="and the same tap read the same datum before",
        goal=both(eq(read, i - _AXIS.s * _moves), *_AXIS.is_input(read)),
        hypotheses=box(_AXIS.s * _moves, i, _AXIS.n),
    )


def _cropped() -> SameSum:
    """Return the law on ``n`` positions: ``x[i - s c]`` for ``s c <= i < n`` is what moved."""
    i, read = _AXIS.position(_o, _k), _AXIS.position(_o - _moves, _tap)
    return _same_taps(
        "on n positions, cropped",
        _sum(box(_AXIS.s * _moves, i, _AXIS.n), i - _AXIS.s * _moves, _k),
        _sum(_AXIS.is_input(read), read, _tap),
        *_crop(),
    )


def _transposed() -> SameSum:
    """Return the law of ``y[o] = sum w[k] x[i]`` over ``s i + t k - p_low = o``, moved by ``c``."""

    def gathered(i: Any, k: Any, reads: Any, o: Any) -> GuardedSum:
        return GuardedSum(
            indices=(i, k),
            guard=(*_AXIS.is_tap(k), *_AXIS.is_input(reads), eq(_AXIS.position(i, k), o)),
            entries=(("w", (k,)), ("x", (reads,))),
        )

    return SameSum(
        name="transposed, on the integers",
        left=gathered(_i, _k, _i - _c, _o),
        right=gathered(_j, _tap, _j, _o - _AXIS.s * _c),
        to_right={_j: _i - _c, _tap: _k},
        to_left={_i: _j + _c, _k: _tap},
    )


def _circle_multiple() -> Claim:
    """Return that, on a circle, both sides read positions that differ by a multiple of ``n``.

    Quotients and remainders by ``n`` and ``n'`` are named by Euclid's law.
    """
    q = [index(f"q{place}") for place in range(4)]
    read = index("j")
    return Claim(
        name="on a circle of n = s n', positions differ by a multiple of n",
        goal=eq(_before - _after, _circle * (q[0] + q[1] - q[2] - q[3])),
        hypotheses=(
            eq(_circle, _AXIS.s * _outputs),
            eq(_o - _c, _outputs * q[0] + _i),
            eq(_AXIS.position(_i, _k), _circle * q[1] + _after),
            eq(_AXIS.position(_o, _k), _circle * q[2] + read),
            eq(read - _AXIS.s * _c, _circle * q[3] + _before),
        ),
    )


def _circle_same() -> Claim:
    """Return that two positions of the circle that differ so are one."""
    return Claim(
        name="such positions of a circle are one",
        goal=eq(_before, _after),
        hypotheses=(
            *box(0, _before, _circle),
            *box(0, _after, _circle),
            eq(_before - _after, _circle * index("q")),
        ),
    )


def _steps() -> tuple[Step, ...]:
    return (
        _on_the_integers(),
        _reach(),
        _inside(),
        _inside_before(),
        _cropped(),
        _transposed(),
        _circle_multiple(),
        _circle_same(),
    )


def _twin() -> Twin:
    """Return the law of an output that also reads beyond the data, where some fell off."""
    return without(_cropped(), _crop()[1])


THEOREM = Theorem(
    name="equivariance",
    statement="Moving the data moves the output, where all taps read data that were moved.",
    latex=r"f(x_{\cdot - s})_o = f(x)_{o - 1}",
    check=_check,
    families=("bilinear", "mean", "maximum"),
    roles=("forward",),
    share=5,
    wants=_slides,
)
PROOF = Proof(
    name="equivariance",
    statement="Along an axis, moving the data of a weighted window sum (a convolution, an average "
    "with a constant divisor) by s c moves its output by c: on the integers, and, of a circular "
    "layer, on a circle of n = s n'; on n positions so does any function of the window where all "
    "taps read data that were moved; and a transposed layer's output moves by s c with data that "
    "move by c, on the integers.",
    latex=r"f(x_{\cdot - sc})_o = f(x)_{o - c}",
    source="lecture 7, invariance vs. equivariance",
    steps=_steps,
    twin=_twin,
    asked_as=("equivariance",),
)
