"""The input's gradient of few channels: what a block stages in shared memory, reads and writes.

Of three axes, in one group. An input's *quotient* and *phase* along an axis are those of
``i + low`` by the stride: ``i + low = s u + e``. It meets the taps ``k`` with ``s | t k - e``,
which are ``every`` apart, the ``b``-th at the output

::

    o = u - start - hop b                       (``Met``; theorem ``phases``)

Along the height a block has one phase, along the width every thread has all. Outputs are staged
in rows, of which ``above`` lie before those at the quotients of the block's inputs.
"""

from dataclasses import dataclass
from typing import NamedTuple

from convproof.index_maps.address import Address, Int, flat, unflat, volume
from convproof.index_maps.contraction import Sizes
from convproof.index_maps.few_channels import QUAD

MOST_STRIDE = 16  # along depth and height


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreading:
    """How ``few_channels_input_vjp`` shares its inputs: ``Plan`` of its source.

    Attributes:
        quads: of a tile's row, each of four quotients along the width.
        lines: of a tile, each of some rows.
        tiles: beside each other.
        bands: of tiles, below each other.
        slab: output channels that are staged at a time.
    """

    quads: Int
    lines: Int
    tiles: Int
    bands: Int
    slab: Int


class Met(NamedTuple):
    """The taps that an input meets along an axis, and where: ``Met`` of the source.

    Attributes:
        first: the least.
        every: how far the next is.
        start: how far before the quotient the first's output lies.
        hop: how much further the next one's.
    """

    first: Int
    every: Int
    start: Int
    hop: Int

    def tap(self, b: Int) -> Int:
        """Return the ``b``-th."""
        return self.first + self.every * b

    def output(self, quotient: Int, b: Int) -> Int:
        """Return the output that an input of this quotient meets at the ``b``-th."""
        return quotient - self.start - self.hop * b


class Cell(NamedTuple):
    """What a block has.

    Attributes:
        n: the image.
        depth: of the inputs.
        row: first quotient along the height.
        column: first output along the width that is staged.
        phase: along the height.
    """

    n: Int
    depth: Int
    row: Int
    column: Int
    phase: Int


@dataclass(frozen=True, slots=True)
class FewSpread:
    """``few_channels_input_vjp``: ``x_bar[n, c, i] = sum_{m,k} w[m, c, k] y_bar[n, m, o(i, k)]``.

    Attributes:
        sizes: of three axes, not dilated along the last.
        plan: how the inputs are shared.
        rows: of a thread.
        channels: input channels that a thread sums.
    """

    sizes: Sizes
    plan: Spreading
    rows: Int
    channels: Int

    @property
    def reach(self) -> Int:
        """How many outputs an input meets along the width, beyond one."""
        return (self.sizes.kernel[2] - 1) // self.sizes.stride[2]

    @property
    def above(self) -> Int:
        """Staged rows before those at the block's quotients."""
        s = self.sizes
        return s.dilation[1] * (s.kernel[1] - 1) // s.stride[1]

    @property
    def staged_rows(self) -> Int:
        """Rows that are staged of a plane of outputs."""
        return self.rows * self.plan.lines + self.above

    @property
    def columns(self) -> Int:
        """Columns that are staged."""
        return QUAD * self.plan.quads + (self.reach + QUAD - 1) // QUAD * QUAD

    @property
    def line(self) -> Int:
        """Numbers of a staged row of weights: taps times channels, in whole quads."""
        return (self.sizes.kernel[2] * self.channels + QUAD - 1) // QUAD * QUAD

    @property
    def first_column(self) -> Int:
        """The first output that the tiles of a row stage: a multiple of four, above -5."""
        s = self.sizes
        return (s.low[2] // s.stride[2] - self.reach + QUAD) // QUAD * QUAD - QUAD

    def block(self, number: Int) -> Cell:
        """Return what a block has."""
        s, p = self.sizes, self.plan
        n, depth, band, tile, phase = unflat(
            number, (s.batch, s.input[0], p.bands, p.tiles, s.stride[1])
        )
        row = s.low[1] // s.stride[1] + band * self.rows * p.lines
        return Cell(n, depth, row, self.first_column + tile * QUAD * p.quads, phase)

    def thread(self, number: Int) -> tuple[Int, Int]:
        """Return line and quad of a thread; it has inputs if there is that line."""
        line, quad = unflat(number, (self.plan.lines, self.plan.quads))
        return line, quad

    def place(self, thread: Int, r: Int, j: Int, e: Int) -> tuple[Int, Int]:
        """Return row and column, in the block's tile, of a sum: a row, a quotient and a phase."""
        line, quad = self.thread(thread)
        return self.rows * line + r, self.sizes.stride[2] * (QUAD * quad + j) + e

    def result(self, block: Int, c: Int, at: tuple[Int, Int]) -> Address:
        """Return where a block writes the sum of a channel at a row and a column of its tile."""
        s, cell = self.sizes, self.block(block)
        left = s.stride[2] * (cell.column + self.reach) - s.low[2]
        row = s.stride[1] * (cell.row + at[0]) + cell.phase - s.low[1]
        i = (cell.depth, row, left + at[1])
        inside = [b for p, n in zip(i[1:], s.input[1:], strict=True) for b in (p >= 0, p < n)]
        return Address(s.image(cell.n, 0, c, flat(i, s.input)), (c < s.in_channels, *inside))

    def source(self, block: Int, z: Int, m: Int, at: tuple[Int, Int]) -> Address:
        """Return which cotangent of an output channel lies at a row and a column that are staged.

        Args:
            block: its number.
            z: the output along the depth.
            m: the channel.
            at: the row and the column.
        """
        s, cell = self.sizes, self.block(block)
        o = (z, cell.row - self.above + at[0], cell.column + at[1])
        inside = [b for p, n in zip(o, s.output, strict=True) for b in (p >= 0, p < n)]
        return Address(s.answer(cell.n, 0, m, flat(o, s.output)), tuple(inside))

    def read(self, thread: Int, met: Met, b: Int, of: tuple[Int, Int, Int]) -> tuple[Int, Int]:
        """Return the row and the column that a thread reads for a sum.

        Args:
            thread: its number.
            met: the taps along the height.
            b: which of them.
            of: the sum's row and quotient, and the tap along the width.
        """
        (line, quad), (r, j, k) = self.thread(thread), of
        row = self.rows * line + self.above - met.start + r - b * met.hop
        return row, QUAD * quad + self.reach - k // self.sizes.stride[2] + j

    def weight(self, m: Int, tap: Int, met: Met, i: Int) -> Address:
        """Return which weight a block stages as an output channel's ``i``-th.

        Args:
            m: the channel.
            tap: along the depth.
            met: the taps along the height.
            i: which.
        """
        s, rest = self.sizes, i % self.line
        k, c = rest // self.channels, rest % self.channels
        taps = (tap, met.tap(i // self.line), k)
        offset = (m * s.in_channels + c) * volume(s.kernel) + flat(taps, s.kernel)
        return Address(offset, (k < s.kernel[2], c < s.in_channels))

    def weight_read(self, b: Int, k: Int, c: Int) -> Int:
        """Return which staged weight a thread multiplies at the ``b``-th tap along the height."""
        return b * self.line + k * self.channels + c
