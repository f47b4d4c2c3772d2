"""im2col and its adjoint, gathered: where each element of the result is copied or summed from.

========  ======================  ===========  =====  ========================
map       result                  place        tap    source
========  ======================  ===========  =====  ========================
Unfolded  ``y[n, c K + k, o]``    (n, c, o)    ``k``  ``x[n, c, i(o, k)]``
Folded    ``y[n, c, i]``          (n, c, i)    ``k``  ``x[n, c K + k, o(i, k)]``
========  ======================  ===========  =====  ========================

The sizes are those of a convolution of one group with ``C`` channels in and ``C K`` out.
"""

from dataclasses import dataclass

from convproof.index_maps.address import Address, Int, flat, unflat, volume
from convproof.index_maps.contraction import Sizes


@dataclass(frozen=True, slots=True)
class Unfolded:
    """``y[n, c K + k, o] = x[n, c, i(o, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int]:
        """Places, and taps of each."""
        s = self.sizes
        return s.batch * s.in_channels * volume(s.output), volume(s.kernel)

    def source(self, place: Int, tap: Int) -> Address:
        """Return where the input lies."""
        s = self.sizes
        n, c, *o = unflat(place, (s.batch, s.in_channels, *s.output))
        i = s.input_of(tuple(o), unflat(tap, s.kernel))
        return Address(s.image(n, 0, c, i.offset), i.inside)

    def result(self, place: Int, tap: Int) -> Int:
        """Return where the copy is written."""
        s = self.sizes
        n, c, *o = unflat(place, (s.batch, s.in_channels, *s.output))
        return s.answer(n, 0, c * volume(s.kernel) + tap, flat(o, s.output))


@dataclass(frozen=True, slots=True)
class Folded:
    """``y[n, c, i] = sum_k x[n, c K + k, o(i, k)]``."""

    sizes: Sizes

    @property
    def extents(self) -> tuple[Int, Int]:
        """Places, and taps of each."""
        s = self.sizes
        return s.batch * s.in_channels * volume(s.input), volume(s.kernel)

    def source(self, place: Int, tap: Int) -> Address:
        """Return where the column lies."""
        s = self.sizes
        n, c, *i = unflat(place, (s.batch, s.in_channels, *s.input))
        o = s.output_of(tuple(i), unflat(tap, s.kernel))
        return Address(s.answer(n, 0, c * volume(s.kernel) + tap, o.offset), o.inside)

    def result(self, place: Int, tap: Int) -> Int:
        """Return where the sum over the taps is written."""
        del tap
        s = self.sizes
        n, c, *i = unflat(place, (s.batch, s.in_channels, *s.input))
        return s.image(n, 0, c, flat(i, s.input))
