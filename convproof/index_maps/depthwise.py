"""Depthwise convolution: which results a block makes, and the box of sources that they need.

Of three axes: those that are missing have one position and one tap. A block has a tile of the
results of some images of one channel; along each axis, of ``T`` results from ``first`` on:

=========  =======================================  ====================================
of         the box begins at                        and has
=========  =======================================  ====================================
forward    ``s first - low``                        ``s (T - 1) + t (K - 1) + 1``
input VJP  ``ceil((first + low - t (K - 1)) / s)``  ``floor((T - 1 + t (K - 1)) / s) + 1``
=========  =======================================  ====================================

positions. Every position of a tap that a result of the tile meets lies in the box.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from convproof.index_maps.address import Int
from convproof.index_maps.contraction import Sizes

TAPS = (3, 5, 7)  # along the second last axis, which a kernel may unroll
_BITS = 30
BELOW = 2**_BITS  # every number that a quotient is taken of


class Quotient(NamedTuple):
    """``number // by == number * factor >> shift`` of all ``0 <= number < 2^30``.

    With ``by <= 2^l``, ``factor by = 2^(30 + l) + e`` with ``e < by``: the product is too large by
    less than ``1 / by``.
    """

    by: int
    factor: int
    shift: int


def quotient(by: int) -> Quotient:
    """Return what divides by ``by``, at least 1.

    Example:
        >>> q = quotient(7)
        >>> 48 * q.factor >> q.shift
        6
    """
    shift = _BITS + (by - 1).bit_length()
    return Quotient(by, -(-(1 << shift) // by), shift)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a kernel is told of a box of sources, in the order of its struct.

    Attributes:
        images: of which it has the same positions.
        size: positions along each axis, along the last one a multiple of ``WIDTH``.
        vectors: divides by ``size[2] / WIDTH``.
        height: divides by ``size[1]``.
        depth: divides by ``size[0]``.
    """

    images: int
    size: tuple[int, int, int]
    vectors: Quotient
    height: Quotient
    depth: Quotient


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How blocks share the results, in the order of the kernels' struct.

    Attributes:
        images: of a block.
        tile: results along each axis.
        chunk: output channels of a group that a block makes, one by one.
        columns: divides a thread's number by ``tile[2]``,
        rows: then by the rows of the tile, or by how many threads share a column,
        slices: then by ``tile[0]``; the image is left.
        across: divides a block's number by the tiles along the last axis,
        down: then along the second last,
        deep: along the first,
        chunks: by the chunks of a group,
        groups: and by the groups; which of the tiles of images is left.
    """

    images: int
    tile: tuple[int, int, int]
    chunk: int
    columns: Quotient
    rows: Quotient
    slices: Quotient
    across: Quotient
    down: Quotient
    deep: Quotient
    chunks: Quotient
    groups: Quotient


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Along each axis, the taps that meet one input: ``step`` apart; their outputs ``back`` apart.

    With ``h = gcd(s, t)``, ``t k = i + low (mod s)`` has solutions ``s / h`` apart.
    """

    step: tuple[int, ...]
    back: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How blocks share a channel's tiles, and the warps of a block its taps.

    Attributes:
        splits: parts of the sum.
        tiles: of a channel.
        run: tiles of a part.
        units: of taps, in a pass; a warp owns one.
        taps: of a unit.
        sharers: warps that share a unit.
        channels: divides a block's number by the output channels of a group,
        passes: then by the passes over the taps,
        groups: and by the groups; the part is left.
        unit: divides a warp's number by ``units``; which of the sharers is left.
    """

    splits: int
    tiles: int
    run: int
    units: int
    taps: int
    sharers: int
    channels: Quotient
    passes: Quotient
    groups: Quotient
    unit: Quotient


def of_three_axes(sizes: Sizes) -> Sizes:
    """Return the same convolution with axes of one position before its own, three in all."""
    return of_axes(sizes, 3)


def of_axes(sizes: Sizes, dims: int) -> Sizes:
    """Return the same convolution with axes of one position before its own.

    Example:
        >>> sizes = Sizes(batch=1, groups=1, in_channels=1, out_channels=1, input=(5,), kernel=(3,),
        ...               output=(3,), stride=(1,), dilation=(1,), low=(0,))
        >>> of_axes(sizes, 2).input, of_axes(sizes, 2).low
        ((1, 5), (0, 0))
    """
    more = dims - len(sizes.input)
    one, none = (1,) * more, (0,) * more
    return replace(
        sizes,
        input=(*one, *sizes.input),
        kernel=(*one, *sizes.kernel),
        output=(*one, *sizes.output),
        stride=(*one, *sizes.stride),
        dilation=(*one, *sizes.dilation),
        low=(*none, *sizes.low),
    )


def reach(sizes: Sizes, axis: int) -> Int:
    """Return how far the last tap lies from the first, ``t (K - 1)``."""
    return sizes.dilation[axis] * (sizes.kernel[axis] - 1)


def inputs_begin(sizes: Sizes, axis: int, first: Int) -> Int:
    """Return the first input that outputs from ``first`` on meet."""
    return sizes.stride[axis] * first - sizes.low[axis]


def inputs_of(sizes: Sizes, axis: int, outputs: Int) -> Int:
    """Return how many inputs so many outputs meet."""
    return sizes.stride[axis] * (outputs - 1) + reach(sizes, axis) + 1


def outputs_begin(sizes: Sizes, axis: int, first: Int) -> Int:
    """Return the first output that inputs from ``first`` on meet."""
    return -(-(first + sizes.low[axis] - reach(sizes, axis)) // sizes.stride[axis])


def outputs_of(sizes: Sizes, axis: int, inputs: Int) -> Int:
    """Return how many outputs so many inputs meet, at most."""
    return (inputs - 1 + reach(sizes, axis)) // sizes.stride[axis] + 1
