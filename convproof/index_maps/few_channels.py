"""Convolutions of few channels: what a block stages in shared memory, reads there, and writes.

Of three axes, in one group. A *plane* is a channel at one tap along the first axis; of a plane a
block stages a patch of rows and columns, a column ``j`` of row ``r`` at

::

    (r s + j mod s) pitch + floor(j / s)                  s: the stride along the last axis

so that what neighbouring outputs read at a tap, ``s`` columns apart, are neighbours.

================  ===========================================================================
map               a block has
================  ===========================================================================
``FewCorrelated`` a tile of ``ROWS lines x QUAD quads`` outputs of a plane of ``y``, and of
                  ``chunk`` of its channels; a thread ``ROWS x QUAD`` outputs of ``CHANNELS``
``FewPaired``     ``sides CHANNELS`` output channels times ``held`` planes times ``levels tall``
                  rows of taps of a part of ``w_bar``; a warp each ``CHANNELS``, plane and
                  ``tall`` rows, a lane quads of outputs
================  ===========================================================================
"""

from dataclasses import dataclass
from typing import NamedTuple

from convproof.index_maps.address import Address, Int, flat, unflat, volume
from convproof.index_maps.contraction import Sizes

QUAD, CHANNELS, ROWS, LANES = 4, 8, 2, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How the outputs of a plane are cut: ``Tiling`` of ``few_channels.cuh``.

    Attributes:
        quads: of a tile's row, each of four outputs.
        lines: of a tile: two rows each, or one of the gradient's.
        tiles: beside each other.
        bands: of tiles, below each other.
        pitch: numbers of a staged row's part.
    """

    quads: Int
    lines: Int
    tiles: Int
    bands: Int
    pitch: Int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward(Tiling):
    """How ``few_channels_forward`` shares its outputs: ``Plan`` of its source.

    Attributes:
        sides: parts of a block, which compute different channels.
        chunk: output channels of a block.
        held: planes in shared memory.
    """

    sides: Int
    chunk: Int
    held: Int

    @property
    def passes(self) -> Int:
        """How often a thread computes channels."""
        return self.chunk // (self.sides * CHANNELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradient(Tiling):
    """How ``few_channels_weight_vjp`` shares its sums: ``Plan`` of its source.

    Attributes:
        sides: warps of a block that differ in their output channels.
        held: in their planes.
        levels: in their rows of taps.
        splits: parts of the sum over outputs.
    """

    sides: Int
    held: Int
    levels: Int
    splits: Int

    @property
    def warps(self) -> Int:
        """Warps of a block."""
        return self.sides * self.held * self.levels


class Tile(NamedTuple):
    """Where a tile of outputs begins: image, slice, row and column."""

    n: Int
    depth: Int
    row: Int
    column: Int


class Share(NamedTuple):
    """What a block of the gradient has: the part, and where its channels, planes and taps begin."""

    split: Int
    channel: Int
    plane: Int
    tap: Int


class Warp(NamedTuple):
    """What a warp of the gradient has of its block's share."""

    side: Int
    place: Int
    level: Int


def slot(row: Int, column: Int, stride: Int, pitch: Int) -> Int:
    """Return where in a patch a column of a row is staged.

    Example:
        >>> [slot(0, j, 2, 4) for j in range(6)]
        [0, 4, 1, 5, 2, 6]
    """
    return (row * stride + column % stride) * pitch + column // stride


def pitch(quads: Int, stride: Int, reach: Int) -> Int:
    """Return the pitch of a tile so wide, whose last tap lies ``reach`` from the first.

    Example:
        >>> pitch(3, 2, 6)
        16
    """
    window = -(-(reach // stride + QUAD) // QUAD) * QUAD
    return QUAD * (quads - 1) + window


def staged(
    sizes: Sizes, tile: Tile, plane: Int, first: tuple[Int, Int], at: tuple[Int, Int]
) -> Address:
    """Return which input lies at a row and column of a patch.

    Args:
        sizes: of the convolution.
        tile: the outputs.
        plane: channel and tap along the first axis.
        first: the row and the column of the input at which the patch begins.
        at: the row and the column.
    """
    c, k = plane // sizes.kernel[0], plane % sizes.kernel[0]
    z = sizes.stride[0] * tile.depth + sizes.dilation[0] * k - sizes.low[0]
    place = (z, first[0] + at[0], first[1] + at[1])
    inside = [b for i, size in zip(place, sizes.input, strict=True) for b in (i >= 0, i < size)]
    return Address(sizes.image(tile.n, 0, c, flat(place, sizes.input)), tuple(inside))


@dataclass(frozen=True, slots=True)
class FewCorrelated:
    """``few_channels_forward``: ``y[n, m, o] = sum_{c,k} w[m, c, k] x[n, c, s o + t k - low]``.

    Attributes:
        sizes: of three axes.
        plan: how the outputs are shared.
        threads: of a block.
    """

    sizes: Sizes
    plan: Forward
    threads: Int = 256

    @property
    def rows(self) -> Int:
        """Rows of a patch."""
        s = self.sizes
        outputs = ROWS * self.plan.lines
        return s.stride[1] * (outputs - 1) + s.dilation[1] * (s.kernel[1] - 1) + 1

    @property
    def patch(self) -> Int:
        """Numbers of a patch."""
        return self.rows * self.sizes.stride[2] * self.plan.pitch

    @property
    def end(self) -> Int:
        """What is above every offset of a thread's first output, also of no channel there is."""
        s, p = self.sizes, self.plan
        chunks = (s.out_channels + p.chunk - 1) // p.chunk
        channels = (s.batch - 1) * s.out_channels + chunks * p.chunk - CHANNELS + 1
        return channels * volume(s.output)

    def block(self, number: Int) -> tuple[Tile, Int]:
        """Return the tile of a block, and its first channel."""
        s, p = self.sizes, self.plan
        chunks = (s.out_channels + p.chunk - 1) // p.chunk
        n, depth, band, tile, chunk = unflat(
            number, (s.batch, s.output[0], p.bands, p.tiles, chunks)
        )
        first = Tile(n, depth, band * ROWS * p.lines, tile * QUAD * p.quads)
        return first, chunk * p.chunk

    def thread(self, number: Int) -> tuple[Int, Int, Int]:
        """Return side, line and quad of a thread; it has outputs if there is that line."""
        side, item = unflat(number, (self.plan.sides, self.threads // self.plan.sides))
        return side, item // self.plan.quads, item % self.plan.quads

    def result(self, block: Int, thread: Int, held: tuple[Int, Int, Int, Int]) -> Address:
        """Return where a thread writes a sum: of a pass, a channel of it, a row and a column."""
        (tile, first), (side, line, quad) = self.block(block), self.thread(thread)
        turn, m, row, column = held
        channel = first + (turn * self.plan.sides + side) * CHANNELS + m
        o = (tile.depth, tile.row + ROWS * line + row, tile.column + QUAD * quad + column)
        s = self.sizes
        inside = (line < self.plan.lines, channel < s.out_channels, o[1] < s.output[1])
        offset = s.answer(tile.n, 0, channel, flat(o, s.output))
        return Address(offset, (*inside, o[2] < s.output[2]))

    def source(self, block: Int, plane: Int, at: tuple[Int, Int]) -> Address:
        """Return which input a block stages of a plane, by row and column of the patch."""
        s, (tile, _) = self.sizes, self.block(block)
        first = (s.stride[1] * tile.row - s.low[1], s.stride[2] * tile.column - s.low[2])
        return staged(s, tile, plane, first, at)

    def read(self, thread: Int, tap: tuple[Int, Int], of: tuple[Int, Int]) -> Int:
        """Return where in a patch a thread reads for its output of a row and column, at a tap."""
        s, (_, line, quad) = self.sizes, self.thread(thread)
        row = s.stride[1] * ROWS * line + s.dilation[1] * tap[0] + of[0] * s.stride[1]
        step = s.dilation[2] * tap[1]
        here = (row * s.stride[2] + step % s.stride[2]) * self.plan.pitch
        return here + step // s.stride[2] + QUAD * quad + of[1]

    def weight(self, block: Int, plane: Int, i: Int) -> Address:
        """Return which weight of a plane a block stages as its ``i``-th."""
        s, (_, first) = self.sizes, self.block(block)
        planes, area = s.in_channels * s.kernel[0], s.kernel[1] * s.kernel[2]
        m = first + i // (CHANNELS * area) * CHANNELS + i % CHANNELS
        tap = i // CHANNELS % area
        return Address((m * planes + plane) * area + tap, (m < s.out_channels,))

    def weight_read(self, thread: Int, turn: Int, tap: tuple[Int, Int], m: Int) -> Int:
        """Return which of a plane's staged weights a thread reads, in a pass, for a channel."""
        s, (side, _, _) = self.sizes, self.thread(thread)
        channel, area = (turn * self.plan.sides + side) * CHANNELS, s.kernel[1] * s.kernel[2]
        return channel * area + tap[0] * s.kernel[2] * CHANNELS + tap[1] * CHANNELS + m


@dataclass(frozen=True, slots=True)
class FewPaired:
    """``few_channels_weight_vjp``: parts of ``w_bar[m, c, k] = sum_{n,o} y_bar[n, m, o] x[...]``.

    Attributes:
        sizes: of three axes, not dilated along the last.
        plan: how the sums are shared.
        tall: rows of taps of a warp.
    """

    sizes: Sizes
    plan: Gradient
    tall: Int

    @property
    def rows(self) -> Int:
        """Rows of a patch."""
        s, taps = self.sizes, self.plan.levels * self.tall
        return s.stride[1] * (self.plan.lines - 1) + s.dilation[1] * (taps - 1) + 1

    @property
    def patch(self) -> Int:
        """Numbers of a patch."""
        return self.rows * self.sizes.stride[2] * self.plan.pitch

    @property
    def strips(self) -> Int:
        """Tiles of outputs, of all images."""
        s = self.sizes
        return s.batch * s.output[0] * self.plan.bands * self.plan.tiles

    def block(self, number: Int) -> Share:
        """Return what a block has."""
        s, p = self.sizes, self.plan
        planes, taps, channels = (
            s.in_channels * s.kernel[0],
            p.levels * self.tall,
            p.sides * CHANNELS,
        )
        heights = (s.kernel[1] + taps - 1) // taps
        depths = (planes + p.held - 1) // p.held
        groups = (s.out_channels + channels - 1) // channels
        split, group, depth, height = unflat(number, (p.splits, groups, depths, heights))
        return Share(
            split, group * p.sides * CHANNELS, depth * p.held, height * p.levels * self.tall
        )

    def warp(self, number: Int) -> Warp:
        """Return what a warp has of it."""
        return Warp(*unflat(number, (self.plan.sides, self.plan.held, self.plan.levels)))

    def part(self, split: Int) -> tuple[Int, Int]:
        """Return begin and end of a part's strips, the end before it is cut off at ``strips``."""
        each = (self.strips + self.plan.splits - 1) // self.plan.splits
        return split * each, (split + 1) * each

    def tile(self, strip: Int) -> Tile:
        """Return where the outputs of a strip begin."""
        s, p = self.sizes, self.plan
        n, depth, band, tile = unflat(strip, (s.batch, s.output[0], p.bands, p.tiles))
        return Tile(n, depth, band * p.lines, tile * QUAD * p.quads)

    def turn(self, lane: Int, turn: Int) -> tuple[Int, Int]:
        """Return line and quad of a lane in a turn; there is work if there is that line."""
        line, quad = unflat(lane + LANES * turn, (self.plan.lines, self.plan.quads))
        return line, quad

    def source(self, block: Int, strip: Int, place: Int, at: tuple[Int, Int]) -> Address:
        """Return which input a block stages of a plane, by row and column of the patch."""
        s, tile, share = self.sizes, self.tile(strip), self.block(block)
        row = s.stride[1] * tile.row + s.dilation[1] * share.tap - s.low[1]
        first = (row, s.stride[2] * tile.column - s.low[2])
        plane = share.plane + place
        held = staged(s, tile, plane, first, at)
        return Address(held.offset, (plane < s.in_channels * s.kernel[0], *held.inside))

    def answer(self, block: Int, strip: Int, m: Int, at: tuple[Int, Int]) -> Address:
        """Return which cotangent a block stages of a channel, by row and column."""
        s, tile = self.sizes, self.tile(strip)
        channel = self.block(block).channel + m
        o = (tile.depth, tile.row + at[0], tile.column + at[1])
        offset = s.answer(tile.n, 0, channel, flat(o, s.output))
        return Address(offset, (channel < s.out_channels, o[1] < s.output[1], o[2] < s.output[2]))

    def read(
        self, warp: Int, place: tuple[Int, Int], tap: tuple[Int, Int], column: Int
    ) -> tuple[Int, Int]:
        """Return where a warp reads an input, in the patch of its plane, and the plane.

        Args:
            warp: its number.
            place: line and quad of a lane.
            tap: of the warp's rows, and along the width.
            column: of the quad.
        """
        s, (_, held, level) = self.sizes, self.warp(warp)
        (line, quad), (t, k) = place, tap
        row = s.stride[1] * line + s.dilation[1] * (level * self.tall + t)
        here = (row * s.stride[2] + k % s.stride[2]) * self.plan.pitch
        return here + QUAD * quad + column + k // s.stride[2], held

    def answer_read(
        self, warp: Int, place: tuple[Int, Int], m: Int, column: Int
    ) -> tuple[Int, Int]:
        """Return where a warp reads a cotangent, among those of its channel, and the channel."""
        side, (line, quad) = self.warp(warp).side, place
        return (line * self.plan.quads + quad) * QUAD + column, side * CHANNELS + m

    def result(self, block: Int, warp: Int, held: tuple[Int, Int, Int]) -> Address:
        """Return where a warp writes a sum: of a channel, a row of taps and a tap of it."""
        s, share, mine = self.sizes, self.block(block), self.warp(warp)
        m, t, k = held
        planes, area = s.in_channels * s.kernel[0], s.kernel[1] * s.kernel[2]
        weights = s.out_channels * planes * area
        channel, plane = share.channel + mine.side * CHANNELS + m, share.plane + mine.place
        tap = share.tap + mine.level * self.tall + t
        offset = (channel * planes + plane) * area + tap * s.kernel[2] + k
        inside = (channel < s.out_channels, plane < planes, tap < s.kernel[1])
        return Address(share.split * weights + offset, inside)

    def lane(self, held: tuple[Int, Int, Int]) -> Int:
        """Return which lane writes it."""
        m, t, k = held
        return flat((m, t, k), (CHANNELS, self.tall, self.sizes.kernel[2])) % LANES
