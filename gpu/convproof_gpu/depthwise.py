"""The three products of a depthwise convolution, launched: one input channel to each group.

They move each array about once, where the matrix products of ``products`` would read a number
again for every tap.

=========  =================================================================================
parameter  is
=========  =================================================================================
``TAPS``   the taps along the second last axis, if there are 3, 5 or 7 of them, with stride
           and dilation 1 (of an input's gradient, stride 1 along all axes), and enough results
           along it: they are then unrolled; else 0
``WIDTH``  16 bytes of elements, if the rows and arrays that are staged begin at multiples of
           them; else 1
=========  =================================================================================

Of two axes with as many outputs as inputs, three or five taps along both, stride and dilation 1 and
one output channel to each group, ``depthwise_strips`` has kernels that stage nothing.
"""

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.depthwise import TAPS, of_three_axes
from convproof_gpu import depthwise_strips
from convproof_gpu.depthwise_plans import (
    CREW,
    EACH,
    MOST_BOX,
    box_of,
    part_of,
    phases_of,
    rounded,
    sharing_of,
    tiles_of,
    tiling_of,
)
from convproof_gpu.divided import launch_divided
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import width_of
from convproof_gpu.machine import Kernel, Machine, packed
from convproof_gpu.operands import Activation, add_parts, check_counts, epilogue, slices

_MOST_TAPS = 1024
_MOST = 2**29  # positions of an axis


def fits(sizes: Sizes) -> bool:
    """Return whether the kernels take a convolution, of any batch.

    They take one input channel to each group, forward steps and a window that fits in a box. One
    tap is not far from the next, also where there is none: 32 bits would not hold where that lies
    (``convproof prove int32_depthwise``).
    """
    if sizes.in_channels != 1 or not 1 <= len(sizes.input) <= 3:
        return False
    least = (*sizes.input, *sizes.kernel, *sizes.output, *sizes.stride, *sizes.dilation)
    if min(least) < 1 or min(sizes.low) < 0 or min(sizes.groups, sizes.out_channels) < 1:
        return False
    s = of_three_axes(sizes)
    spans = [t * (k - 1) + 1 for t, k in zip(s.dilation, s.kernel, strict=True)]
    row = spans[2] + 2 * EACH  # of any alignment
    steps = (a * b for a, b in zip(s.stride, s.output, strict=True))
    far = max(a + b + c for a, b, c in zip(s.input, s.low, steps, strict=True))
    box, apart = spans[0] * (spans[1] + EACH) * row, max(s.dilation)
    return max(box, apart) <= MOST_BOX and prod(s.kernel) <= _MOST_TAPS and far < _MOST


def conv_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    activation: tuple[Activation, float, float] = ("none", 1.0, 1.0),
    most: int = CREW * EACH,
    strips: bool = True,
) -> Any:
    """Write ``y = activation(conv(x, w) + b)`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution, which ``fits``.
        x: ``(N, G, *I)``.
        w: ``(G M, 1, *K)``.
        b: ``(G M,)`` or None.
        y: ``(N, G M, *O)``.
        activation: which, its amplitude and slope.
        most: results of a block.
        strips: whether to take strips where there are any.
    """
    check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b})
    element = type_of(x=x, w=w, b=b, y=y)
    for images, part in slices(sizes):
        s = of_three_axes(part)
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        cut = depthwise_strips.strips_of(s, given["x"], given["y"]) if strips else None
        if cut is not None:
            depthwise_strips.correlate(machine, "forward", cut, given, epilogue(*activation))
            continue
        width, taps = _width(s.input, given["x"]), _taps(s, s.output, s.stride[1])
        chosen = part_of(s, "forward", taps, width, most)
        tiling = tiling_of(s, chosen, s.output, taps, chunks=True)
        args = given | {
            "sizes": packed(s, "int"),
            "box": packed(box_of(chosen.images, chosen.box, width), "int"),
            "tiling": packed(tiling, "int"),
            "epilogue": epilogue(*activation),
        }
        kernel = Kernel("depthwise_forward", (element, str(taps), str(width)))
        blocks = tiles_of(s, chosen, s.output) * tiling.chunks.by * s.groups
        launch_divided(machine, kernel, blocks, CREW, args, "y")
    return y


def conv_input_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    w: Any,
    b: Any,
    x_bar: Any,
    *,
    activation: tuple[Activation, float, float] = ("none", 1.0, 1.0),
    most: int = CREW * EACH,
    strips: bool = True,
) -> Any:
    """Write ``x_bar``, the adjoint of the convolution at ``y_bar``, and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution, which ``fits``.
        y_bar: ``(N, G M, *O)``.
        w: ``(G M, 1, *K)``.
        b: ``(G,)``, which a transposed convolution adds, or None.
        x_bar: ``(N, G, *I)``.
        activation: which, its amplitude and slope.
        most: results of a block.
        strips: whether to take strips where there are any.
    """
    check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, {"b": b}, of_inputs=True)
    element = type_of(y_bar=y_bar, w=w, b=b, x_bar=x_bar)
    for images, part in slices(sizes):
        s = of_three_axes(part)
        given = {"y_bar": y_bar[images], "w": w, "b": b, "x_bar": x_bar[images]}
        cut = depthwise_strips.strips_of(s, given["y_bar"], given["x_bar"]) if strips else None
        if cut is not None:
            depthwise_strips.correlate(machine, "input_vjp", cut, given, epilogue(*activation))
            continue
        width, taps = _width(s.output, given["y_bar"]), _taps(s, s.input, max(s.stride))
        chosen = part_of(s, "input_vjp", taps, width, most)
        args = given | {
            "sizes": packed(s, "int"),
            "box": packed(box_of(chosen.images, chosen.box, width), "int"),
            "tiling": packed(tiling_of(s, chosen, s.input, taps), "int"),
            "phases": packed(phases_of(s), "int"),
            "epilogue": epilogue(*activation),
        }
        kernel = Kernel("depthwise_input_vjp", (element, str(taps), str(width)))
        blocks = tiles_of(s, chosen, s.input) * s.groups
        launch_divided(machine, kernel, blocks, CREW, args, "x_bar")
    return x_bar


def conv_weight_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    x: Any,
    w_bar: Any,
    *,
    splits: int = 0,
    most: int = CREW * EACH,
    strips: bool = True,
) -> Any:
    """Write ``w_bar`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution, which ``fits``.
        y_bar: ``(N, G M, *O)``.
        x: ``(N, G, *I)``.
        w_bar: ``(G M, 1, *K)``.
        splits: parts of the sum over outputs; 0: as many as fill a GPU.
        most: outputs of a tile.
        strips: whether to take strips where there are any.
    """
    check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar})
    element = type_of(y_bar=y_bar, x=x, w_bar=w_bar)
    shares = [
        _share(machine, part, y_bar[images], x[images], splits, most, strips)
        for images, part in slices(sizes)
    ]
    count = sum(number for number, _ in shares)
    alone = count == 1 and element == "float"
    parts = w_bar[None] if alone else machine.empty((count, *w_bar.shape), np.float32)
    begin = 0
    for number, write in shares:
        write(parts[begin : begin + number])
        begin += number
    if not alone:
        add_parts(machine, element, parts, w_bar)
    return w_bar


def _share(
    machine: Machine, sizes: Sizes, y_bar: Any, x: Any, splits: int, most: int, strips: bool
) -> tuple[int, Callable[[Any], None]]:
    """Return into how many parts the sum over some images is split, and what writes them."""
    s = of_three_axes(sizes)
    cut = depthwise_strips.strips_of(s, x, y_bar) if strips else None
    if cut is not None:
        number = splits or depthwise_strips.splits_of(cut[0])
        return number, partial(depthwise_strips.add_up, machine, cut, y_bar, x)
    width = min(_width(s.input, x), _width(s.output, y_bar))
    taps = _taps(s, s.output, s.stride[1])
    chosen = part_of(s, "weight_vjp", taps, width, most)
    sharing = sharing_of(s, chosen, taps, splits)
    pitch = rounded(chosen.tile[2] + width - 1, width)
    kernel = Kernel("depthwise_weight_vjp", (type_of(y_bar=y_bar, x=x), str(taps), str(width)))
    blocks = s.out_channels * sharing.passes.by * s.groups * sharing.splits

    def write(parts: Any) -> None:
        args = {
            "y_bar": y_bar,
            "x": x,
            "parts": parts,
            "sizes": packed(s, "int"),
            "inner": packed(box_of(chosen.images, chosen.box, width), "int"),
            "outer": packed(box_of(chosen.images, (*chosen.tile[:2], pitch), width), "int"),
            "tiling": packed(tiling_of(s, chosen, s.output, taps), "int"),
            "sharing": packed(sharing, "int"),
        }
        launch_divided(machine, kernel, blocks, CREW, args, "parts", tiles=sharing.tiles)

    return sharing.splits, write


def _width(rows: tuple[Any, ...], array: Any) -> int:
    width = width_of(array)
    return width if rows[-1] % width == 0 else 1


def _taps(sizes: Sizes, results: tuple[Any, ...], stride: int) -> int:
    """Return the taps that are unrolled: where a thread finds enough results below each other."""
    taps: int = sizes.kernel[1]
    unrolled = taps in TAPS and stride == 1 and sizes.dilation[1] == 1 and 2 * results[1] > EACH
    return taps if unrolled else 0
