"""The products of a locally connected layer: one matrix product for every group and position.

==================  ===========  ========  ==========  ===================================
map                 product      row       column      depth
==================  ===========  ========  ==========  ===================================
UnsharedCorrelated  ``(g, o)``   ``m``     ``n``       ``(c, k)``; left ``w``, right ``x``
UnsharedSpread      ``(g, i)``   ``c``     ``n``       ``(m, k)``; ``w``, ``y_bar``
UnsharedPaired      ``(g, o)``   ``m``     ``(c, k)``  ``n``; ``y_bar``, ``x``
==================  ===========  ========  ==========  ===================================
"""

from dataclasses import dataclass

from convproof.index_maps.address import Address, Int, flat, unflat, volume
from convproof.index_maps.contraction import Sizes


def _weight(s: Sizes, g: Int, m: Int, c: Int, o: Int, k: Int) -> Int:
    """Return where ``w[g M + m, c, o, k]`` lies, for a flat position and a flat tap."""
    channels = (s.groups, s.out_channels, s.in_channels)
    return flat((g, m, c, o, k), (*channels, volume(s.output), volume(s.kernel)))


@dataclass(frozen=True, slots=True)
class UnsharedCorrelated:
    """``y[n, g M + m, o] = sum_{c,k} w[g M + m, c, o, k] x[n, g C + c, i(o, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int, Int, Int]:
        """Matrix products, and rows, columns and depth of each."""
        s = self.sizes
        depth = s.in_channels * volume(s.kernel)
        return s.groups * volume(s.output), s.out_channels, s.batch, depth

    def left(self, product: Int, row: Int, depth: Int) -> Address:
        """Return where the weight lies."""
        s = self.sizes
        g, *o = unflat(product, (s.groups, *s.output))
        c, *k = unflat(depth, (s.in_channels, *s.kernel))
        return Address(_weight(s, g, row, c, flat(o, s.output), flat(k, s.kernel)))

    def right(self, product: Int, column: Int, depth: Int) -> Address:
        """Return where the input lies."""
        s = self.sizes
        g, *o = unflat(product, (s.groups, *s.output))
        c, *k = unflat(depth, (s.in_channels, *s.kernel))
        i = s.input_of(tuple(o), tuple(k))
        return Address(s.image(column, g, c, i.offset), i.inside)

    def result(self, product: Int, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        g, *o = unflat(product, (self.sizes.groups, *self.sizes.output))
        return self.sizes.answer(column, g, row, flat(o, self.sizes.output))


@dataclass(frozen=True, slots=True)
class UnsharedSpread:
    """``x_bar[n, g C + c, i] = sum_{m,k} w[g M + m, c, o, k] y_bar[n, g M + m, o(i, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int, Int, Int]:
        """Matrix products, and rows, columns and depth of each."""
        s = self.sizes
        depth = s.out_channels * volume(s.kernel)
        return s.groups * volume(s.input), s.in_channels, s.batch, depth

    def left(self, product: Int, row: Int, depth: Int) -> Address:
        """Return where the weight lies."""
        s = self.sizes
        g, *i = unflat(product, (s.groups, *s.input))
        m, *k = unflat(depth, (s.out_channels, *s.kernel))
        o = s.output_of(tuple(i), tuple(k))
        return Address(_weight(s, g, m, row, o.offset, flat(k, s.kernel)), o.inside)

    def right(self, product: Int, column: Int, depth: Int) -> Address:
        """Return where the cotangent lies."""
        s = self.sizes
        g, *i = unflat(product, (s.groups, *s.input))
        m, *k = unflat(depth, (s.out_channels, *s.kernel))
        o = s.output_of(tuple(i), tuple(k))
        return Address(s.answer(column, g, m, o.offset), o.inside)

    def result(self, product: Int, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        g, *i = unflat(product, (self.sizes.groups, *self.sizes.input))
        return self.sizes.image(column, g, row, flat(i, self.sizes.input))


@dataclass(frozen=True, slots=True)
class UnsharedPaired:
    """``w_bar[g M + m, c, o, k] = sum_n y_bar[n, g M + m, o] x[n, g C + c, i(o, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int, Int, Int]:
        """Matrix products, and rows, columns and depth of each."""
        s = self.sizes
        columns = s.in_channels * volume(s.kernel)
        return s.groups * volume(s.output), s.out_channels, columns, s.batch

    def left(self, product: Int, row: Int, depth: Int) -> Address:
        """Return where the cotangent lies."""
        g, *o = unflat(product, (self.sizes.groups, *self.sizes.output))
        return Address(self.sizes.answer(depth, g, row, flat(o, self.sizes.output)))

    def right(self, product: Int, column: Int, depth: Int) -> Address:
        """Return where the input lies."""
        s = self.sizes
        g, *o = unflat(product, (s.groups, *s.output))
        c, *k = unflat(column, (s.in_channels, *s.kernel))
        i = s.input_of(tuple(o), tuple(k))
        return Address(s.image(depth, g, c, i.offset), i.inside)

    def result(self, product: Int, row: Int, column: Int) -> Int:
        """Return where the sum is written."""
        s = self.sizes
        g, *o = unflat(product, (s.groups, *s.output))
        c, *k = unflat(column, (s.in_channels, *s.kernel))
        return _weight(s, g, row, c, flat(o, s.output), flat(k, s.kernel))
