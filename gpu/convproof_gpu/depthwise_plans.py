"""How a depthwise convolution is cut into tiles, boxes and shares: what costs least.

A block stages the box of sources of a tile of results. The costs are elements that are moved and
computed; only their order matters.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import gcd, prod
from typing import Any

from convproof.index_maps import Sizes
from convproof.index_maps.depthwise import (
    Box,
    Phases,
    Sharing,
    Tiling,
    inputs_of,
    outputs_of,
    quotient,
)

CREW, EACH = 256, 8  # threads of a block, results of a thread
MOST_BOX, _MOST_ANSWERS = 7168, 4096
_WAVE = 528  # blocks that fill a large GPU four times
_WARPS = CREW // 32


@dataclass(frozen=True, slots=True)
class Part:
    """A tile of results of some images, and the box of sources that it needs."""

    images: int
    tile: tuple[int, int, int]
    box: tuple[int, int, int]


def part_of(sizes: Sizes, verb: str, taps: int, width: int, most: int) -> Part:
    """Return the part of a block.

    Args:
        sizes: of three axes.
        verb: forward, input_vjp or weight_vjp.
        taps: that are unrolled, or 0.
        width: elements that are copied at once.
        most: results of a block.
    """
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
) -> Part:
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

    def cost(part: Part) -> int:
        covers = prod(-(-r // t) for r, t in zip(results, part.tile, strict=True))
        blocks = planes * covers * -(-batch // part.images)
        work = part.images * (prod(part.box) + prod(part.tile)) + CREW
        return int(max(blocks, 0 if verb == "weight_vjp" else _WAVE) * work)

    def parts() -> Iterator[Part]:
        for w in _lengths(results[2], 1, most):
            for h in _lengths(results[1], each, max(most // w, each)):
                for d in _lengths(results[0], 1, max(most // (w * h), 1)):
                    tile = (d, h, w)
                    low, mid, last = (sources(sizes, axis, n) for axis, n in enumerate(tile))
                    box = (low, mid, rounded(last + width - 1, width))
                    answers = d * h * rounded(w + width - 1, width)
                    room = min(MOST_BOX // prod(box), _MOST_ANSWERS // answers, most // prod(tile))
                    whole = all(t >= r for t, r in zip(tile, results, strict=True))
                    if min(MOST_BOX // prod(box), _MOST_ANSWERS // answers) > 0:
                        yield Part(max(1, min(room, batch)) if whole else 1, tile, box)

    return min(parts(), key=cost)


def _lengths(size: int, each: int, most: int) -> list[int]:
    """Return lengths of a tile along an axis, multiples of ``each`` that cover it evenly."""
    fewest = -(-size // most)
    found = {-(-size // n) for n in (*range(fewest, fewest + 8), *(fewest << s for s in range(31)))}
    return sorted({n for n in (rounded(f, each) for f in found) if n <= max(most, each)})


def rounded(size: int, each: int) -> int:
    """Return the least multiple of ``each`` that is not less."""
    return -(-size // each) * each


def tiles_of(sizes: Sizes, part: Part, results: tuple[Any, ...]) -> int:
    """Return how many tiles a channel has."""
    covers = prod(-(-r // t) for r, t in zip(results, part.tile, strict=True))
    return int(covers * -(-sizes.batch // part.images))


def box_of(images: int, size: tuple[int, int, int], width: int) -> Box:
    """Return a box of so many images, copied ``width`` elements at once."""
    vectors, height, depth = map(quotient, (size[2] // width, size[1], size[0]))
    return Box(images=images, size=size, vectors=vectors, height=height, depth=depth)


def tiling_of(
    sizes: Sizes, part: Part, results: tuple[Any, ...], taps: int, *, chunks: bool = False
) -> Tiling:
    """Return how the results are cut; ``chunks``: if tiles are few, the multiples too."""
    d, h, w = part.tile
    chunk = multiples = sizes.out_channels
    alone = tiles_of(sizes, part, results) * sizes.groups
    while chunks and chunk > 1 and alone * -(-multiples // chunk) < _WAVE:
        chunk = -(-chunk // 2)
    deep, down, across = (-(-r // t) for r, t in zip(results, part.tile, strict=True))
    return Tiling(
        images=part.images, tile=part.tile, chunk=chunk,
        columns=quotient(w), rows=quotient(h // EACH if taps else h), slices=quotient(d),
        across=quotient(across), down=quotient(down), deep=quotient(deep),
        chunks=quotient(-(-multiples // chunk)), groups=quotient(sizes.groups),
    )  # fmt: skip


def phases_of(sizes: Sizes) -> Phases:
    """Return which taps an input meets, by its remainder."""
    shared = [gcd(s, t) for s, t in zip(sizes.stride, sizes.dilation, strict=True)]
    return Phases(
        step=tuple(s // h for s, h in zip(sizes.stride, shared, strict=True)),
        back=tuple(t // h for t, h in zip(sizes.dilation, shared, strict=True)),
        strides=tuple(number for s in sizes.stride for number in quotient(s)),
    )


def sharing_of(sizes: Sizes, part: Part, taps: int, splits: int) -> Sharing:
    """Return how blocks and warps share a gradient's sums; ``splits`` 0: as fill a GPU."""
    kernel = prod(sizes.kernel)
    needed = sizes.kernel[0] * sizes.kernel[2] if taps else -(-kernel // EACH)
    passes = -(-needed // _WARPS)
    units = -(-needed // passes)
    tiles = tiles_of(sizes, part, sizes.output)
    blocks = sizes.groups * sizes.out_channels * passes
    splits = splits or max(1, min(-(-2 * _WAVE // blocks), tiles))
    return Sharing(
        splits=splits, tiles=tiles, run=-(-tiles // splits),
        units=units, taps=taps or -(-kernel // (units * passes)), sharers=_WARPS // units,
        channels=quotient(sizes.out_channels), passes=quotient(passes),
        groups=quotient(sizes.groups), unit=quotient(units),
    )  # fmt: skip
