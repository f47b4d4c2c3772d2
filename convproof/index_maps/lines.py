"""Lines of an array ``(outer, size, inner)``, and what else is numbered by three indices.

::

    line l = (n, p) has the elements  a[n, e, p]         first = n size inner + p,  e < size

=================  ==============  ==========  ====================  =========================
kernels            line            ``size``    ``e``                 ``a``
=================  ==============  ==========  ====================  =========================
softmax            ``(n, p)``      elements    ``i``                 ``x[n, i, p]``
cross entropy      ``n``           classes     ``i``                 ``x[n, i]``
normalisation      position        channels    ``c``                 ``x[n, c, p]``
bias, and its VJP  ``(n, i)``      channels    ``c``                 ``x[n, c, i]``
maxout             output          pool        ``j``                 ``x[n, pool u + j, i]``
=================  ==============  ==========  ====================  =========================

Threads that share a line, or own neighbours, are numbered row-major; and so are the tiles of a
matrix that is transposed.
"""

from dataclasses import dataclass

from convproof.index_maps.address import Int, flat, unflat


@dataclass(frozen=True, slots=True)
class Strided:
    """Lines of ``size`` elements that lie ``inner`` apart."""

    size: Int
    inner: Int

    def first(self, line: Int) -> Int:
        """Return where element 0 of a line lies."""
        return line // self.inner * self.size * self.inner + line % self.inner

    def element(self, line: Int, e: Int) -> Int:
        """Return where element ``e`` of a line lies."""
        return self.first(line) + e * self.inner

    def place(self, number: Int) -> Int:
        """Return which element of its line lies at ``number``."""
        return number // self.inner % self.size


@dataclass(frozen=True, slots=True)
class Shared:
    """``each`` lines of a block, which ``lanes`` threads each share, of vectors of ``width``."""

    each: Int
    lanes: Int
    width: Int

    def adjacent(self, block: Int, thread: Int) -> tuple[Int, Int]:
        """Return a thread's line and its lane, where neighbouring threads share a line."""
        slot, lane = unflat(thread, (self.each, self.lanes))
        return flat((block, slot), (1, self.each)), lane

    def apart(self, block: Int, thread: Int) -> tuple[Int, Int]:
        """Return the same, where they have neighbouring lines."""
        lane, slot = unflat(thread, (self.lanes, self.each))
        return flat((block, slot), (1, self.each)), lane

    def taken(self, lane: Int, k: Int, i: Int) -> Int:
        """Return which element of its line is number ``i`` of a lane's vector ``k``."""
        return (lane + k * self.lanes) * self.width + i


@dataclass(frozen=True, slots=True)
class Shares:
    """Vectors ``(n, i)`` of every channel, of which a block adds up ``each``: ``splits`` of them.

    Attributes:
        channels: of an array ``(outer, channels, inner)``.
        inner: elements of a channel that lie together.
        width: elements of a vector.
        splits: blocks of a channel.
        each: vectors of a block.
    """

    channels: Int
    inner: Int
    width: Int
    splits: Int
    each: Int

    def share(self, block: Int) -> tuple[Int, Int]:
        """Return a block's channel, and which of the channel's shares it has."""
        return block // self.splits, block % self.splits

    def vectors(self, split: Int) -> tuple[Int, Int]:
        """Return the number of a share's first vector, and that after its last."""
        return split * self.each, (split + 1) * self.each

    def element(self, channel: Int, n: Int, i: Int) -> Int:
        """Return where a channel's vector ``(n, i)`` begins."""
        plane = self.channels * self.inner
        return n * plane + channel * self.inner + i * self.width

    def part(self, channel: Int, split: Int) -> Int:
        """Return where the sum of a share lies."""
        return channel * self.splits + split


@dataclass(frozen=True, slots=True)
class Planes:
    """``count`` planes of ``inputs`` entries, each of which names one of ``outputs`` positions."""

    count: Int
    inputs: Int
    outputs: Int

    def named(self, entry: Int, index: Int) -> Int:
        """Return where the position lies that an entry's index names."""
        return entry // self.inputs * self.outputs + index


@dataclass(frozen=True, slots=True)
class Matrices:
    """``batch`` matrices ``rows x columns``, transposed by tiles of ``side x side``."""

    batch: Int
    rows: Int
    columns: Int

    def tile(self, block: Int, tiles: tuple[Int, Int], side: Int) -> tuple[Int, Int, Int]:
        """Return a block's matrix, and the first row and column of its tile.

        Args:
            block: its number.
            tiles: of a matrix, down and across.
            side: of a tile.
        """
        n, down, across = unflat(block, (self.batch, *tiles))
        return n, down * side, across * side

    def source(self, n: Int, row: Int, column: Int) -> Int:
        """Return where an element is read."""
        return n * self.rows * self.columns + row * self.columns + column

    def result(self, n: Int, row: Int, column: Int) -> Int:
        """Return where it is written."""
        return n * self.rows * self.columns + column * self.rows + row


def neighbour(block: Int, thread: Int, k: Int, threads: Int, width: Int) -> Int:
    """Return element ``k`` of the ``width`` neighbours that a thread owns."""
    return (block * threads + thread) * width + k
