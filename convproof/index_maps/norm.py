"""The window of a local response normalisation, and which channels a thread has.

::

    c reads      c - size / 2 <= j < c - size / 2 + size         j is a channel
    j is read by j + size / 2 - size < c <= j + size / 2         c is a channel

A thread walks along the channels of its position, ``CHUNK`` of them, of block
``(tile of positions, chunk)``; or a block has ``CHANNELS x POSITIONS`` outputs, and a thread every
``ROWS``-th channel of a position. An element is ``Strided``'s.
"""

from dataclasses import dataclass

from convproof.index_maps.address import Int, unflat
from convproof.index_maps.windows import greater, lesser

CHUNK = 32  # channels of a walk


@dataclass(frozen=True, slots=True)
class Window:
    """What a kernel is told, in the order of its struct: ``size`` neighbours of each channel.

    Attributes:
        outer: images.
        channels: of each.
        inner: positions.
        size: of the window.
    """

    outer: Int
    channels: Int
    inner: Int
    size: Int

    def begin(self, c: Int) -> Int:
        """Return the first channel that ``c`` reads."""
        return greater(c - self.size // 2, 0)

    def end(self, c: Int) -> Int:
        """Return the channel after the last one."""
        return lesser(c - self.size // 2 + self.size, self.channels)

    def begin_of_readers(self, j: Int) -> Int:
        """Return the first channel that reads ``j``."""
        return greater(j + self.size // 2 - self.size + 1, 0)

    def end_of_readers(self, j: Int) -> Int:
        """Return the channel after the last one."""
        return lesser(j + self.size // 2 + 1, self.channels)


def walker(block: Int, thread: Int, threads: Int, chunks: Int) -> tuple[Int, Int]:
    """Return the position along whose channels a thread walks, and the first of these.

    Args:
        block: its number.
        thread: in the block.
        threads: of a block.
        chunks: of ``CHUNK`` channels.
    """
    tile, chunk = unflat(block, (1, chunks))
    return tile * threads + thread, chunk * CHUNK


@dataclass(frozen=True, slots=True)
class Tiles:
    """Blocks of ``channels x positions`` outputs, threads of every ``rows``-th channel.

    Attributes:
        positions: of a block.
        channels: of a block.
        rows: of its threads.
        across: blocks that have all positions.
    """

    positions: Int
    channels: Int
    rows: Int
    across: Int

    def output(self, block: Int, thread: Int, e: Int) -> tuple[Int, Int]:
        """Return position and channel of a thread's output ``e``."""
        tile, place = unflat(block, (1, self.across))
        row, lane = unflat(thread, (self.rows, self.positions))
        return place * self.positions + lane, tile * self.channels + row + e * self.rows
