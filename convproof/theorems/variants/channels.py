"""Channels: a group of channels, or a feature map that is pooled, is answered by itself.

A grouped layer is block diagonal: block ``g`` of the answer is that of the same layer with one
group, on block ``g`` of the data and the weights.

Both answers are judged by ``exact`` where they are asked as cases of their own, so that no fault of
a function that keeps nothing between calls breaks this law alone; by luck it may be the first to
ask the case of the block. What it adds: it compares the target with itself, and so needs no
derivation of convproof's; ``diag(W_1, ..., W_G)`` is what grouped layers of convproof mean too.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.right import Right, right

_GROUPED = ("conv", "conv_transpose")
_BY_MAP = ("max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool")


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
