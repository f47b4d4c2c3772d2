"""Channels: a group of channels, or a feature map that is pooled, is answered by itself.

A grouped layer is block diagonal: block ``g`` of the answer is that of the same layer with one
group, on block ``g`` of the data and the weights.

Both answers are judged by ``exact`` where they are asked as cases of their own, so that no fault of
a function that keeps nothing between calls breaks this law alone; by luck it may be the first to
ask the case of the block. What it adds: it compares the target with itself, and so needs no
derivation of convproof's; ``diag(W_1, ..., W_G)`` is what grouped layers of convproof mean too.

The proof: output channel ``m = g M/G + m'`` of the grouped layer, and the same of a layer with all
channels whose kernel ``(m, c)`` is zero unless ``c`` is of block ``g``::

    sum_{c' < C/G, k} w[m,c',k] x[g C/G + c', i]
        =  sum_{c < C, c // (C/G) = g, k} w[m, c - g C/G, k] x[c, i]          i = s o + t k - p_low

along one axis and over a plane.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.terms import both, box, eq, quotient, remainder
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.right import Right, right

_AXIS = SymbolicAxis()
_PLANE = (SymbolicAxis("_1"), SymbolicAxis("_2"))
_groups, _reads, _writes = size("G"), size("C_g"), size("M_g")  # channels in and out, of a group
_c, _d, _m, _g, _n = (index(name) for name in ("c", "c'", "m", "g", "m'"))
_GROUPED = ("conv", "conv_transpose")
_BY_MAP = ("max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool")


def _block_diagonal(*axes: SymbolicAxis) -> SameSum:
    """Return output ``(m, o)`` of the grouped layer, ``m`` of block ``g``, as of all channels."""
    letters = ([index(f"{letter}{axis.suffix}") for axis in axes] for letter in ("o", "k", "l"))
    rows = tuple(zip(axes, *letters, strict=True))
    taps, others = tuple(k for _, _, k, _ in rows), tuple(l for *_, l in rows)
    of_all = tuple(axis.position(o, k) for axis, o, k, _ in rows)
    of_group = tuple(axis.position(o, l) for axis, o, _, l in rows)
    return SameSum(
        name="a grouped layer is one with all channels and a block diagonal of kernels, axes: "
        + str(len(axes)),
        left=GuardedSum(
            indices=(_d, *others),
            guard=(*box(0, _d, _reads), *_inside(axes, others, of_group)),
            entries=(("w", (_m, _d, *others)), ("x", (_g * _reads + _d, *of_group))),
        ),
        right=GuardedSum(
            indices=(_c, *taps),
            guard=(*box(0, _c, _groups * _reads), _in_block(), *_inside(axes, taps, of_all)),
            entries=(("w", (_m, _c - _g * _reads, *taps)), ("x", (_c, *of_all))),
        ),
        to_right={_c: _g * _reads + _d, **dict(zip(taps, others, strict=True))},
        to_left={_d: _c - _g * _reads, **dict(zip(others, taps, strict=True))},
        hypotheses=box(0, _g, _groups),
    )


def _inside(axes: tuple[SymbolicAxis, ...], taps: Any, reads: Any) -> tuple[Any, ...]:
    rows = zip(axes, taps, reads, strict=True)
    return tuple(part for axis, k, i in rows for part in (*axis.is_tap(k), *axis.is_input(i)))


def _in_block() -> Any:
    return eq(quotient(_c, _reads), _g)


def _rows() -> tuple[Claim, Claim]:
    """Return that every output channel is of one block, in one place."""
    end = _groups * _writes
    place = both(*box(0, _g, _groups), *box(0, _n, _writes))
    there = Claim(
        name="an output channel is of block m // (M/G), in place m mod (M/G)",
        goal=both(place, eq(_m, _g * _writes + _n)),
        hypotheses=(
            *box(0, _m, end),
            eq(_g, quotient(_m, _writes)),
            eq(_n, remainder(_m, _writes)),
        ),
    )
    back = Claim(
        name="and a place in a block is of one output channel",
        goal=both(*box(0, _m, end), eq(quotient(_m, _writes), _g), eq(remainder(_m, _writes), _n)),
        hypotheses=(place, eq(_m, _g * _writes + _n)),
    )
    return there, back


def _steps() -> tuple[Step, ...]:
    return _block_diagonal(_AXIS), _block_diagonal(*_PLANE), *_rows()


def _twin() -> Twin:
    """Return the law with the channels dealt out to the groups in turn."""
    given = _block_diagonal(_AXIS)
    in_turn = eq(remainder(_c, _groups), _g)
    guard = tuple(in_turn if part == _in_block() else part for part in given.right.guard)
    return Twin(
        changed="channel c is of group c mod G, not c // (C/G)",
        of=given,
        step=replace(given, right=replace(given.right, guard=guard)),
    )


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known, blocks = right(function, case, request), _blocks(case)
    block = case.seed % blocks
    whole = answer(subject, function, case, known.arrays, request)
    of_channels = _block_of(whole, 1, block, blocks)
    alone_case, alone = _alone(case, known.arrays, block, blocks)
    got = answer(subject, function, alone_case, alone, request)
    allowed = None if known.allowed is None else 2 * _block_of(known.allowed, 1, block, blocks)
    judge = Right(alone, of_channels.astype(known.expected.dtype), allowed).judge
    index = judge(got)
    if index is not None:
        raise Violation(
            law=f"a block of channels by itself: block {block} of {blocks} alone gives what it "
            "gives among the others",
            call=call_of(function, alone_case, alone),
            assertion=f"y[{at(index)}] == {of_channels[index].item()!r}",
            index=index,
            got=got[index],
            expected=of_channels[index],
        )
    return Seen(known.weak or controls(judge, got))


def _alone(case: Case, arrays: Arrays, block: int, blocks: int) -> tuple[Case, Arrays]:
    """Return the case of one block of channels, with its arrays."""
    parts = arrays.but(**{n: _block_of(arrays[n], 1, block, blocks) for n in ("x", "y_bar")})
    layer: Any = case.layer
    if isinstance(layer, Conv | ConvTranspose):
        of_rows = {n: _block_of(arrays[n], 0, block, blocks) for n in ("w", "b") if n in arrays}
        parts = parts.but(**of_rows)
        layer = replace(
            layer,
            in_channels=layer.in_channels // blocks,
            out_channels=layer.out_channels // blocks,
            groups=1,
        )
    return replace(case, layer=layer, input_shape=parts["x"].shape), parts


def _blocks(case: Case) -> int:
    layer = case.layer
    return layer.groups if isinstance(layer, Conv | ConvTranspose) else case.input_shape[1]


def _block_of(array: np.ndarray, axis: int, block: int, blocks: int) -> np.ndarray:
    return np.split(array, blocks, axis)[block]


def _has_blocks(function: Function, case: Case, request: Request) -> bool:
    del request
    return function.stem in _GROUPED + _BY_MAP and _blocks(case) > 1


THEOREM = Theorem(
    name="channels",
    statement="A group of channels, or a feature map that is pooled, is answered by itself.",
    latex=r"W = \mathrm{diag}(W_1, \dots, W_G)",
    check=_check,
    families=("bilinear", "mean", "maximum"),
    roles=("forward", "input"),
    share=5,
    wants=_has_blocks,
)
PROOF = Proof(
    name="channels",
    statement="A grouped convolution is block diagonal: one with all channels whose kernels from "
    "other groups are zero, so that every group is a layer of its own.",
    latex=r"\sum_{c', k} w_{mc'k}\, x_{g C/G + c'}[so + tk - p] = (W \star x)_m[o], \quad "
    r"W = \mathrm{diag}(W_1, \dots, W_G)",
    source="Krizhevsky et al., ImageNet classification with deep convolutional neural networks, "
    '2012, section 3.2; lecture 7, "convolution on feature maps"',
    steps=_steps,
    twin=_twin,
    asked_as=("channels",),
)
