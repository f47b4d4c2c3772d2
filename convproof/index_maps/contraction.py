"""The three products of a convolution, each a matrix product for every group.

::

    result[row, column] = sum_depth  left[row, depth] right[depth, column]

==========  ==========================  ==========  ==========  ===================================
map         is                          row         column      depth
==========  ==========================  ==========  ==========  ===================================
Correlated  ``y = conv(x, w)``          ``m``       ``(n, o)``  ``(c, k)``; left ``w``, right ``x``
Spread      ``x_bar``, the adjoint      ``c``       ``(n, i)``  ``(m, k)``; ``w``, ``y_bar``
Paired      ``w_bar``                   ``m``       ``(c, k)``  ``(n, o)``; ``y_bar``, ``x``
==========  ==========================  ==========  ==========  ===================================

along each axis ``i = stride o + dilation k - low``. A transposed convolution is ``Spread`` forward,
``Correlated`` and ``Paired`` backward; the true convolution of two signals is ``Correlated`` with
``dilation = -1``; a fully connected layer has one axis of one position and one tap.
"""

from dataclasses import dataclass

from convproof.index_maps.address import Address, Int, flat, unflat, volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What a kernel of a convolution is told, in the order of its struct.

    Attributes:
        batch: ``N``.
        groups: ``G``.
        in_channels: ``C``, of one group.
        out_channels: ``M``, of one group.
        input: ``I`` of each axis.
        kernel: ``K``.
        output: ``O``.
        stride: input steps between neighbouring outputs.
        dilation: input steps between neighbouring taps.
        low: padding below the input.
    """

    batch: Int
    groups: Int
    in_channels: Int
    out_channels: Int
    input: tuple[Int, ...]
    kernel: tuple[Int, ...]
    output: tuple[Int, ...]
    stride: tuple[Int, ...]
    dilation: tuple[Int, ...]
    low: tuple[Int, ...]

    def input_of(self, o: tuple[Int, ...], k: tuple[Int, ...]) -> Address:
        """Return the position ``i = stride o + dilation k - low`` within the input."""
        rows = zip(o, k, self.stride, self.dilation, self.low, strict=True)
        i = tuple(s * p + t * q - low for p, q, s, t, low in rows)
        inside = [c for p, size in zip(i, self.input, strict=True) for c in (p >= 0, p < size)]
        return Address(flat(i, self.input), tuple(inside))

    def output_of(self, i: tuple[Int, ...], k: tuple[Int, ...]) -> Address:
        """Return the position ``o = (i + low - dilation k) / stride`` within the output."""
        rows = zip(i, k, self.stride, self.dilation, self.low, strict=True)
        scaled = [(p + low - t * q, s) for p, q, s, t, low in rows]
        o = tuple(q // s for q, s in scaled)
        inside = [c for q, s in scaled for c in (q >= 0, q % s == 0)]
        inside += [p < size for p, size in zip(o, self.output, strict=True)]
        return Address(flat(o, self.output), tuple(inside))

    def weight(self, g: Int, m: Int, c: Int, k: Int) -> Int:
        """Return where ``w[g M + m, c, k]`` lies, for a flat tap."""
        channels = (self.groups, self.out_channels, self.in_channels)
        return flat((g, m, c, k), (*channels, volume(self.kernel)))

    def image(self, n: Int, g: Int, c: Int, i: Int) -> Int:
        """Return where ``x[n, g C + c, i]`` lies, for a flat position."""
        sizes = (self.batch, self.groups, self.in_channels, volume(self.input))
        return flat((n, g, c, i), sizes)

    def answer(self, n: Int, g: Int, m: Int, o: Int) -> Int:
        """Return where ``y[n, g M + m, o]`` lies, for a flat position."""
        sizes = (self.batch, self.groups, self.out_channels, volume(self.output))
        return flat((n, g, m, o), sizes)


@dataclass(frozen=True, slots=True)
class Correlated:
    """``y[n, g M + m, o] = sum_{c,k} w[g M + m, c, k] x[n, g C + c, i(o, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int, Int, Int]:
        """Matrix products, and rows, columns and depth of each."""
        s = self.sizes
        columns, depth = s.batch * volume(s.output), s.in_channels * volume(s.kernel)
        return s.groups, s.out_channels, columns, depth

    def left(self, g: Int, row: Int, depth: Int) -> Address:
        """Return where the weight lies."""
        c, *k = unflat(depth, (self.sizes.in_channels, *self.sizes.kernel))
        return Address(self.sizes.weight(g, row, c, flat(k, self.sizes.kernel)))

    def right(self, g: Int, column: Int, depth: Int) -> Address:
        """Return where the input lies."""
        s = self.sizes
        n, *o = unflat(column, (s.batch, *s.output))
        c, *k = unflat(depth, (s.in_channels, *s.kernel))
        i = s.input_of(tuple(o), tuple(k))
        return Address(s.image(n, g, c, i.offset), i.inside)

    def result(self, g: Int, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        n, *o = unflat(column, (self.sizes.batch, *self.sizes.output))
        return self.sizes.answer(n, g, row, flat(o, self.sizes.output))


@dataclass(frozen=True, slots=True)
class Spread:
    """``x_bar[n, g C + c, i] = sum_{m,k} w[g M + m, c, k] y_bar[n, g M + m, o(i, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int, Int, Int]:
        """Matrix products, and rows, columns and depth of each."""
        s = self.sizes
        columns, depth = s.batch * volume(s.input), s.out_channels * volume(s.kernel)
        return s.groups, s.in_channels, columns, depth

    def left(self, g: Int, row: Int, depth: Int) -> Address:
        """Return where the weight lies."""
        m, *k = unflat(depth, (self.sizes.out_channels, *self.sizes.kernel))
        return Address(self.sizes.weight(g, m, row, flat(k, self.sizes.kernel)))

    def right(self, g: Int, column: Int, depth: Int) -> Address:
        """Return where the cotangent lies."""
        s = self.sizes
        n, *i = unflat(column, (s.batch, *s.input))
        m, *k = unflat(depth, (s.out_channels, *s.kernel))
        o = s.output_of(tuple(i), tuple(k))
        return Address(s.answer(n, g, m, o.offset), o.inside)

    def result(self, g: Int, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        n, *i = unflat(column, (self.sizes.batch, *self.sizes.input))
        return self.sizes.image(n, g, row, flat(i, self.sizes.input))


@dataclass(frozen=True, slots=True)
class Paired:
    """``w_bar[g M + m, c, k] = sum_{n,o} y_bar[n, g M + m, o] x[n, g C + c, i(o, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int, Int, Int]:
        """Matrix products, and rows, columns and depth of each."""
        s = self.sizes
        columns, depth = s.in_channels * volume(s.kernel), s.batch * volume(s.output)
        return s.groups, s.out_channels, columns, depth

    def left(self, g: Int, row: Int, depth: Int) -> Address:
        """Return where the cotangent lies."""
        n, *o = unflat(depth, (self.sizes.batch, *self.sizes.output))
        return Address(self.sizes.answer(n, g, row, flat(o, self.sizes.output)))

    def right(self, g: Int, column: Int, depth: Int) -> Address:
        """Return where the input lies."""
        s = self.sizes
        c, *k = unflat(column, (s.in_channels, *s.kernel))
        n, *o = unflat(depth, (s.batch, *s.output))
        i = s.input_of(tuple(o), tuple(k))
        return Address(s.image(n, g, c, i.offset), i.inside)

    def result(self, g: Int, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        c, *k = unflat(column, (self.sizes.in_channels, *self.sizes.kernel))
        return self.sizes.weight(g, row, c, flat(k, self.sizes.kernel))
