"""The weight derivative of a layer is a layer with stride and dilation exchanged.

Of a convolution with stride ``s`` and dilation ``t``, ``dw`` is the convolution of ``x`` with the
kernel ``da``, stride ``t``, dilation ``s`` and the same padding, cropped to its first ``r``
outputs::

    dw[l]  =  coefficient of w[l] in <da, a>  =  sum_o da[o] x[t l + s o - p_low],     0 <= l < r

The matrix ``D`` of ``dw = D x`` is therefore one of a forward convolution: that of a dilated layer
(stride 1, dilation 2) has the form of the weight derivative of a strided one (stride 2), as the
lecture shows. The exchanged layer has ``r + floor(rho / t)`` outputs, where ``rho`` positions at
the end of the padded input are read by no window: with ``rho < t`` there is nothing to crop.
"""

from dataclasses import replace
from typing import Any

from convproof.cases import Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, count, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.base import Request, Seen, Subject, Theorem, not_rounded
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.variants.itself import Asked, drawn, of_one_group, paddings

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_o, _k, _l, _i, _q = (index(name) for name in ("o", "k", "l", "i", "q"))
_exchanged, _rho, _d = size("n''"), count("rho"), index("d")


def _letters(letter: str, axes: tuple[SymbolicAxis, ...]) -> tuple[Any, ...]:
    return tuple(index(f"{letter}{axis.suffix}") for axis in axes)


def _steps_of(axis: SymbolicAxis) -> tuple[Any, Any]:
    """Return the letters of the stride and of the dilation of the exchanged layer."""
    return size(f"s'{axis.suffix}"), size(f"t'{axis.suffix}")


def _are_exchanged(axis: SymbolicAxis) -> tuple[Any, Any]:
    """Return that its stride is ``t`` and its dilation ``s``."""
    stride, dilation = _steps_of(axis)
    return eq(stride, axis.t), eq(dilation, axis.s)


def _read(axis: SymbolicAxis, l: Any, q: Any) -> Any:
    """Return where output ``l`` of the exchanged layer reads by tap ``q``."""
    stride, dilation = _steps_of(axis)
    return stride * l + dilation * q - axis.low


def _exchanged_sum(axes: tuple[SymbolicAxis, ...]) -> GuardedSum:
    """Return output ``l`` of the layer with kernel ``da``, stride ``t`` and dilation ``s``."""
    rows = tuple(zip(axes, _letters("l", axes), _letters("q", axes), strict=True))
    reads = tuple(_read(axis, l, q) for axis, l, q in rows)
    return GuardedSum(
        indices=_letters("q", axes),
        guard=tuple(
            condition
            for (axis, _, q), i in zip(rows, reads, strict=True)
            for condition in (*box(0, q, axis.outputs), *axis.is_input(i))
        ),
        entries=(("da", _letters("q", axes)), ("x", reads)),
    )


def _derivative(*axes: SymbolicAxis) -> SameSum:
    """Return that ``d <da, a> / d w[l]`` is output ``l`` of the exchanged layer."""
    rows = tuple(zip(axes, *(_letters(letter, axes) for letter in "oklq"), strict=True))
    reads = tuple(axis.position(o, k) for axis, o, k, _, _ in rows)
    return SameSum(
        name="dw is a convolution of x with the kernel da, axes: " + str(len(axes)),
        left=GuardedSum(
            indices=(*_letters("o", axes), *_letters("k", axes)),
            guard=tuple(
                condition
                for (axis, o, k, l, _), i in zip(rows, reads, strict=True)
                for condition in (
                    *axis.is_output(o), *axis.is_tap(k), *axis.is_input(i), eq(k, l),
                )
            ),
            entries=(("da", _letters("o", axes)), ("x", reads)),
        ),
        right=_exchanged_sum(axes),
        to_right={q: o for _, o, _, _, q in rows},
        to_left={o: q for _, o, _, _, q in rows} | {k: l for _, _, k, l, _ in rows},
        hypotheses=tuple(
            part
            for axis, _, _, l, _ in rows
            for part in (*axis.is_tap(l), *_are_exchanged(axis))
        ),
    )  # fmt: skip


def _matrices() -> SameSum:
    """Return that entry ``(l, i)`` of both matrices is one entry of ``da``, or 0."""
    reads = _AXIS.position(_o, _l)
    place = _read(_AXIS, _l, _q)
    return SameSum(
        name="D has the form of a forward matrix",
        left=GuardedSum(
            indices=(_o,), guard=(*_AXIS.is_output(_o), eq(reads, _i)), entries=(("da", (_o,)),)
        ),
        right=GuardedSum(
            indices=(_q,),
            guard=(*box(0, _q, _AXIS.outputs), eq(place, _i)),
            entries=(("da", (_q,)),),
        ),
        to_right={_q: _o},
        to_left={_o: _q},
        hypotheses=(*_AXIS.is_tap(_l), *_AXIS.is_input(_i), *_are_exchanged(_AXIS)),
    )


def _given() -> tuple[Any, ...]:
    """Return the law of sizes of the exchanged layer: its kernel spans ``s (n' - 1) + 1``."""
    room = _AXIS.n + _AXIS.low + _AXIS.high - (_AXIS.s * (_AXIS.outputs - 1) + 1)
    return (
        *_AXIS.sizes(),
        le(_AXIS.t * (_exchanged - 1), room),
        lt(room, _AXIS.t * _exchanged),
    )


def _unread() -> Any:
    return eq(_rho, _AXIS.slack - _AXIS.s * (_AXIS.outputs - 1))


def _crop() -> Claim:
    """Return that ``n'' - r = floor(rho / t)``, as Euclid has it."""
    more = _exchanged - _AXIS.r
    return Claim(
        name="the exchanged layer has r + floor(rho / t) outputs",
        goal=both(le(_AXIS.t * more, _rho), lt(_rho, _AXIS.t * (more + 1))),
        hypotheses=(*_given(), _unread()),
    )


def _enough() -> Claim:
    return Claim(
        name="which are r at least: d = n'' - r more",
        goal=le(0, _d),
        hypotheses=(
            *_given(),
            _unread(),
            eq(_exchanged, _AXIS.r + _d),
            le(_AXIS.t * _d, _rho),
            lt(_rho, _AXIS.t * (_d + 1)),
        ),
    )


def _remainder() -> Claim:
    return Claim(
        name="fewer than s positions are unread",
        goal=both(*box(0, _rho, _AXIS.s)),
        hypotheses=(*_AXIS.sizes(), _unread()),
    )


def _steps() -> tuple[Step, ...]:
    sums = _derivative(_AXIS), _derivative(*_PLANE), _matrices()
    return *sums, _crop(), _enough(), _remainder()


def _twin() -> Twin:
    """Return the law of a layer that keeps the stride ``s``."""
    given = _derivative(_AXIS)
    (stride, _), (exchanged, _) = _steps_of(_AXIS), _are_exchanged(_AXIS)
    kept = tuple(eq(stride, _AXIS.s) if h == exchanged else h for h in given.hypotheses)
    return Twin(
        changed="the stride is s, not t: nothing but the dilation is exchanged",
        of=given,
        step=replace(given, hypotheses=kept),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Ask the exchanged layer, whose images are channels and whose kernel is the cotangent."""
    ask = Asked(subject, function, request)
    layer = of_one_group(case)
    images, _, *sizes = case.input_shape
    x = drawn(case, images, layer.in_channels, *sizes, of=1)
    y_bar = drawn(case, *layer.output_shape(x.shape), of=2)
    exchanged = replace(
        layer,
        in_channels=images,
        kernel_size=y_bar.shape[2:],
        stride=layer.dilation,
        dilation=layer.stride,
        padding=paddings(case),
    )
    kernel = y_bar.swapaxes(0, 1)
    whole = ask.of(Function(function.layer), exchanged, x.swapaxes(0, 1), w=kernel)
    crop: Any = (..., *map(slice, layer.kernel_size))
    got = ask(layer, x, y_bar=y_bar)
    law = (
        "the weight derivative is a convolution of x with the cotangent as kernel, of stride "
        f"{exchanged.stride} and dilation {exchanged.dilation}, cropped"
    )
    return ask.agree(got, whole[crop].swapaxes(0, 1), law)


THEOREM = Theorem(
    name="exchanged",
    statement="The weight derivative is a forward convolution, stride and dilation exchanged.",
    latex=r"dw_l = \sum_o da_o\, x_{tl + so - p}",
    check=_check,
    families=("bilinear",),
    roles=("weight",),
    stems=("conv",),
    beside=("forward",),
    needs=frozenset({"stride", "dilation"}),
    share=8,
    wants=not_rounded,
)
PROOF = Proof(
    name="dilated_forward_strided_backward",
    statement="The weight derivative of a convolution is a convolution of its input with the "
    "cotangent as kernel, stride and dilation exchanged, cropped to the kernel size.",
    latex=r"dw_l = \sum_o da_o\, x_{tl + so - p}, \quad 0 \le l < r \le n'' = r + "
    r"\lfloor \rho / t \rfloor",
    source='lecture 7, "dilated convolution (up-sampling)": like strided backward',
    steps=_steps,
    twin=_twin,
    asked_as=("exchanged",),
)
