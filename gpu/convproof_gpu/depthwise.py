"""The three products of a depthwise convolution, launched: one input channel to each group.

They move each array about once, where the matrix products of ``products`` would read a number
again for every tap.

=========  =================================================================================
parameter  is
=========  =================================================================================
``TAPS``   the taps along the second last axis, if it has stride and dilation 1 and 3, 5 or 7
           of them, which are then unrolled; else 0
``WIDTH``  16 bytes of elements, if the rows and arrays that are staged begin at multiples of
           them; else 1
=========  =================================================================================
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import gcd, prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.depthwise import (
    BELOW,
    TAPS,
    Box,
    Phases,
    Sharing,
    Tiling,
    inputs_of,
    of_three_axes,
    outputs_of,
    quotient,
)
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import width_of
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, blocks_of, launch, packed
from convproof_gpu.products import Activation, _check_counts, _epilogue, _slices

CREW, EACH = 256, 8  # threads of a block, results of a thread
_MOST_BOX, _MOST_TAPS, _MOST_ANSWERS = 7168, 1024, 4096
_MOST = 2**29  # positions of an axis
_WAVE = 528  # blocks that fill a large GPU four times
_WARPS = CREW // 32


@dataclass(frozen=True, slots=True)
class _Part:
    """A tile of results of some images, and the box of sources that it needs."""

    images: int
    tile: tuple[int, int, int]
    box: tuple[int, int, int]


def fits(sizes: Sizes) -> bool:
    """Return whether the kernels take a convolution, of any batch.

    They take one input channel to each group, forward steps and a window that fits in a box.
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
    box = spans[0] * (spans[1] + EACH) * row
    return box <= _MOST_BOX and prod(s.kernel) <= _MOST_TAPS and far < _MOST


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
    """
    _check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b})
    element = _element(x=x, w=w, b=b, y=y)
    for images, part in _slices(sizes):
        s = of_three_axes(part)
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        width, taps = _width(s.input, given["x"]), _taps(s, s.output, s.stride[1])
        chosen = _part(s, "forward", taps, width, most)
        tiling = _tiling(s, chosen, s.output, taps, chunks=True)
        args = given | {
            "sizes": packed(s, "int"),
            "box": packed(_box(chosen.images, chosen.box, width), "int"),
            "tiling": packed(tiling, "int"),
            "epilogue": _epilogue(*activation),
        }
        kernel = Kernel("depthwise_forward", (element, str(taps), str(width)))
        blocks = _tiles(s, chosen, s.output) * tiling.chunks.by * s.groups
        _launch(machine, kernel, blocks, args, "y")
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
    """
    _check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, {"b": b}, of_inputs=True)
    element = _element(y_bar=y_bar, w=w, b=b, x_bar=x_bar)
    for images, part in _slices(sizes):
        s = of_three_axes(part)
        given = {"y_bar": y_bar[images], "w": w, "b": b, "x_bar": x_bar[images]}
        width, taps = _width(s.output, given["y_bar"]), _taps(s, s.input, max(s.stride))
        chosen = _part(s, "input_vjp", taps, width, most)
        args = given | {
            "sizes": packed(s, "int"),
            "box": packed(_box(chosen.images, chosen.box, width), "int"),
            "tiling": packed(_tiling(s, chosen, s.input, taps), "int"),
            "phases": packed(_phases(s), "int"),
            "epilogue": _epilogue(*activation),
        }
        kernel = Kernel("depthwise_input_vjp", (element, str(taps), str(width)))
        _launch(machine, kernel, _tiles(s, chosen, s.input) * s.groups, args, "x_bar")
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
    """
    _check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar})
    element = _element(y_bar=y_bar, x=x, w_bar=w_bar)
    slices = list(_slices(sizes))
    plans = []
    for images, part in slices:
        s = of_three_axes(part)
        width = min(_width(s.input, x[images]), _width(s.output, y_bar[images]))
        taps = _taps(s, s.output, s.stride[1])
        chosen = _part(s, "weight_vjp", taps, width, most)
        plans.append((images, s, width, taps, chosen, _sharing(s, chosen, taps, splits)))
    count = sum(plan[-1].splits for plan in plans)
    alone = count == 1 and element == "float"
    parts = w_bar[None] if alone else machine.empty((count, *w_bar.shape), np.float32)
    begin = 0
    for images, s, width, taps, chosen, sharing in plans:
        pitch = _rounded(chosen.tile[2] + width - 1, width)
        args = {
            "y_bar": y_bar[images],
            "x": x[images],
            "parts": parts[begin : begin + sharing.splits],
            "sizes": packed(s, "int"),
            "inner": packed(_box(chosen.images, chosen.box, width), "int"),
            "outer": packed(_box(chosen.images, (*chosen.tile[:2], pitch), width), "int"),
            "tiling": packed(_tiling(s, chosen, s.output, taps), "int"),
            "sharing": packed(sharing, "int"),
        }
        kernel = Kernel("depthwise_weight_vjp", (element, str(taps), str(width)))
        blocks = s.out_channels * sharing.passes.by * s.groups * sharing.splits
        _launch(machine, kernel, blocks, args, "parts")
        begin += sharing.splits
    if not alone:
        args = {"parts": parts, "y": w_bar, "splits": np.int32(count), "n": np.int32(w_bar.size)}
        launch(machine, Kernel("sum_parts", (element,)), blocks_of(w_bar.size), 256, args, ("y",))
    return w_bar


def _launch(
    machine: Machine, kernel: Kernel, blocks: int, args: dict[str, Any], output: str
) -> None:
    """Launch a kernel, which divides the number of each block.

    Raises:
        LaunchLawError: if the quotients are not exact for so many blocks.
    """
    if blocks > BELOW:
        msg = (
            f"{kernel.file} would take {blocks} blocks, but it divides their numbers, exactly if "
            f"they are at most {BELOW}. Split the groups into {-(-blocks // BELOW)} parts."
        )
        raise LaunchLawError(msg)
    launch(machine, kernel, blocks, CREW, args, (output,))


def _element(**arrays: Any) -> str:
    return type_of(**{name: array for name, array in arrays.items() if array is not None})


def _width(rows: tuple[Any, ...], array: Any) -> int:
    width = width_of(array)
    return width if rows[-1] % width == 0 else 1


def _taps(sizes: Sizes, results: tuple[Any, ...], stride: int) -> int:
    """Return the taps that are unrolled: where a thread finds enough results below each other."""
    taps: int = sizes.kernel[1]
    unrolled = taps in TAPS and stride == 1 and sizes.dilation[1] == 1 and 2 * results[1] > EACH
    return taps if unrolled else 0


def _part(sizes: Sizes, verb: str, taps: int, width: int, most: int) -> _Part:
    few = min(sizes.batch, CREW * EACH)  # a larger batch is not tiled differently
    scale = (sizes.groups * -(-max(sizes.batch, 1) // max(few, 1)), few)
    shape = (sizes.input, sizes.kernel, sizes.output, sizes.stride, sizes.dilation, sizes.low)
    return _chosen(shape, scale, verb, taps, width, most)


@cache
def _chosen(
    shape: tuple[tuple[int, ...], ...],
    scale: tuple[int, int],
    verb: str,
    taps: int,
    width: int,
    most: int,
) -> _Part:
    """Return the part whose blocks stage and compute the least, while they are enough.

    A block of a weight VJP goes over many parts, so that they need not be many.
    """
    planes, batch = scale
    names = ("input", "kernel", "output", "stride", "dilation", "low")
    told = dict(zip(names, shape, strict=True))
    sizes = Sizes(batch=batch, groups=1, in_channels=1, out_channels=1, **told)
    results = sizes.input if verb == "input_vjp" else sizes.output
    sources: Callable[[Sizes, int, int], int] = outputs_of if verb == "input_vjp" else inputs_of
    each = EACH if taps else 1

    def cost(part: _Part) -> int:
        covers = prod(-(-r // t) for r, t in zip(results, part.tile, strict=True))
        blocks = planes * covers * -(-batch // part.images)
        work = part.images * (prod(part.box) + prod(part.tile)) + CREW
        return int(max(blocks, 0 if verb == "weight_vjp" else _WAVE) * work)

    def parts() -> Iterator[_Part]:
        for w in _lengths(results[2], 1, most):
            for h in _lengths(results[1], each, max(most // w, each)):
                for d in _lengths(results[0], 1, max(most // (w * h), 1)):
                    tile = (d, h, w)
                    low, mid, last = (sources(sizes, axis, n) for axis, n in enumerate(tile))
                    box = (low, mid, _rounded(last + width - 1, width))
                    answers = d * h * _rounded(w + width - 1, width)
                    room = min(_MOST_BOX // prod(box), _MOST_ANSWERS // answers, most // prod(tile))
                    whole = all(t >= r for t, r in zip(tile, results, strict=True))
                    if min(_MOST_BOX // prod(box), _MOST_ANSWERS // answers) > 0:
                        yield _Part(max(1, min(room, batch)) if whole else 1, tile, box)

    return min(parts(), key=cost)


def _lengths(size: int, each: int, most: int) -> list[int]:
    """Return lengths of a tile along an axis, multiples of ``each`` that cover it evenly."""
    fewest = -(-size // most)
    found = {-(-size // n) for n in (*range(fewest, fewest + 8), *(fewest << s for s in range(31)))}
    return sorted({n for n in (_rounded(f, each) for f in found) if n <= max(most, each)})


def _rounded(size: int, each: int) -> int:
    return -(-size // each) * each


def _tiles(sizes: Sizes, part: _Part, results: tuple[Any, ...]) -> int:
    """Return how many tiles a channel has."""
    covers = prod(-(-r // t) for r, t in zip(results, part.tile, strict=True))
    return int(covers * -(-sizes.batch // part.images))


def _box(images: int, size: tuple[int, int, int], width: int) -> Box:
    vectors, height, depth = map(quotient, (size[2] // width, size[1], size[0]))
    return Box(images=images, size=size, vectors=vectors, height=height, depth=depth)


def _tiling(
    sizes: Sizes, part: _Part, results: tuple[Any, ...], taps: int, *, chunks: bool = False
) -> Tiling:
    d, h, w = part.tile
    chunk = multiples = sizes.out_channels
    alone = _tiles(sizes, part, results) * sizes.groups
    while chunks and chunk > 1 and alone * -(-multiples // chunk) < _WAVE:
        chunk = -(-chunk // 2)
    deep, down, across = (-(-r // t) for r, t in zip(results, part.tile, strict=True))
    return Tiling(
        images=part.images, tile=part.tile, chunk=chunk,
        columns=quotient(w), rows=quotient(h // EACH if taps else h), slices=quotient(d),
        across=quotient(across), down=quotient(down), deep=quotient(deep),
        chunks=quotient(-(-multiples // chunk)), groups=quotient(sizes.groups),
    )  # fmt: skip


def _phases(sizes: Sizes) -> Phases:
    shared = [gcd(s, t) for s, t in zip(sizes.stride, sizes.dilation, strict=True)]
    return Phases(
        step=tuple(s // h for s, h in zip(sizes.stride, shared, strict=True)),
        back=tuple(t // h for t, h in zip(sizes.dilation, shared, strict=True)),
        strides=tuple(number for s in sizes.stride for number in quotient(s)),
    )


def _sharing(sizes: Sizes, part: _Part, taps: int, splits: int) -> Sharing:
    kernel = prod(sizes.kernel)
    needed = sizes.kernel[0] * sizes.kernel[2] if taps else -(-kernel // EACH)
    passes = -(-needed // _WARPS)
    units = -(-needed // passes)
    tiles = _tiles(sizes, part, sizes.output)
    blocks = sizes.groups * sizes.out_channels * passes
    splits = splits or max(1, min(-(-2 * _WAVE // blocks), tiles))
    return Sharing(
        splits=splits, tiles=tiles, run=-(-tiles // splits),
        units=units, taps=taps or -(-kernel // (units * passes)), sharers=_WARPS // units,
        channels=quotient(sizes.out_channels), passes=quotient(passes),
        groups=quotient(sizes.groups), unit=quotient(units),
    )  # fmt: skip
