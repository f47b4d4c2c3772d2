"""A convolution forward, and each phase of its adjoint, as one correlation of windows.

Along each axis a result position ``i`` and a tap ``j`` meet the source at ``o``::

    o(q, j) = origin + stride q + step j         i(q) = first + spread q

so that ``y[n, g R + r, i(q)] = sum_{j,c} w'[g R + r, j, c] x'[n, g, o(q, j), c]`` with the channels
last, ``x'[n, g, o, c] = x[n, g C + c, o]``. They are padded with zeros to whole *units*, which are
16 bytes: 4 channels of 4 bytes, or 8 of 2.

Forward, the source is ``x`` and every output is an ``i``. Backward, the source is ``y_bar``: the
inputs that leave the same rest when ``i + low`` is divided by the stride are a phase, which meets
the taps ``k = tap + apart j`` alone, one output apart, and nothing is skipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import gcd, prod

import numpy as np

from convproof.index_maps.address import Address, Int, flat, unflat, volume
from convproof.index_maps.contraction import Correlated, Paired, Sizes, Spread

UNIT_BYTES = 16  # of channels that lie side by side, of which some may be zeros
_BLOCK = 8  # units of channels, of which all taps lie together


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """What a kernel is told of a correlation, in the order of its struct; the tuples by axis.

    Attributes:
        batch: ``N``.
        groups: ``G``.
        channels: ``C`` of the source, of one group.
        rows: ``R`` channels of the result, of one group.
        source: its positions.
        taps: how many.
        positions: how many ``q``.
        result: positions of the array that holds the result.
        origin: where the first window begins in the source.
        stride: source positions between neighbouring windows.
        step: source positions between neighbouring taps.
        first: where the first result lies.
        spread: positions between neighbouring results.
    """

    batch: Int
    groups: Int
    channels: Int
    rows: Int
    source: tuple[Int, ...]
    taps: tuple[Int, ...]
    positions: tuple[Int, ...]
    result: tuple[Int, ...]
    origin: tuple[Int, ...]
    stride: tuple[Int, ...]
    step: tuple[Int, ...]
    first: tuple[Int, ...]
    spread: tuple[Int, ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """Where the weights of a correlation lie in those of a convolution.

    Attributes:
        sizes: of the correlation.
        kernel: taps of the convolution.
        tap: its first tap that is met.
        apart: its taps from one that is met to the next.
        adjoint: whether the weights are ``w[g C + c, r]`` rather than ``w[g R + r, c]``.
        unit: channels that lie side by side.
    """

    sizes: Correlations
    kernel: tuple[Int, ...]
    tap: tuple[Int, ...]
    apart: tuple[Int, ...]
    adjoint: bool
    unit: int = 4

    @property
    def padded(self) -> Int:
        """Channels with the zeros that fill the last unit."""
        return -(-self.sizes.channels // self.unit) * self.unit

    @property
    def count(self) -> int:
        """Elements of ``w'``."""
        s = self.sizes
        return int(s.groups * s.rows * volume(s.taps) * self.padded)

    @property
    def is_identity(self) -> bool:
        """Whether ``w'`` is ``w``."""
        taps = volume(self.kernel), volume(self.sizes.taps)
        return not self.adjoint and taps == (1, 1) and self.padded == self.sizes.channels

    def __call__(self, number: Int) -> Address:
        """Return where element ``number`` of ``w'`` lies in ``w``."""
        s = self.sizes
        row, within = unflat(number, (s.groups * s.rows, volume(s.taps) * self.padded))
        return self.weight(row, *ordered(within, volume(s.taps), self.padded, self.unit))

    def weight(self, row: Int, tap: Int, c: Int) -> Address:
        """Return where the weight of a row ``g R + r``, a flat tap and a channel lies in ``w``."""
        s = self.sizes
        _, *j = unflat(tap, (1, *s.taps))
        k = [tap + apart * place for tap, apart, place in zip(self.tap, self.apart, j, strict=True)]
        at = flat((row, c), (0, s.channels))
        if self.adjoint:
            at = flat((row // s.rows, c, row % s.rows), (0, s.channels, s.rows))
        return Address(flat((at, *k), (0, *self.kernel)), (c < s.channels,))


def channels_last(number: Int, channels: Int, padded: Int, positions: Int) -> Address:
    """Return where element ``number`` of ``x'`` lies in ``x``, of images of all groups.

    Example:
        >>> [channels_last(number, 3, 4, 10).offset for number in (0, 1, 4, 40)]
        [0, 10, 1, 30]
    """
    image, position, c = unflat(number, (1, positions, padded))
    return Address(flat((image, c, position), (0, channels, positions)), (c < channels,))


def rows_last(number: Int, rows: Int, positions: Int, depths: Int, length: Int) -> Address:
    """Return where element ``number`` of ``y_bar'`` lies in ``y_bar``: of a row, then an image.

    Args:
        number: of an element.
        rows: of all groups.
        positions: of an image.
        depths: positions of all images.
        length: of a row, with the zeros that fill it.

    Example:
        >>> [rows_last(number, 2, 3, 6, 8).offset for number in (0, 3, 8)]
        [0, 6, 3]
    """
    row, depth = unflat(number, (1, length))
    n, q = unflat(depth, (1, positions))
    return Address(flat((n, row, q), (0, rows, positions)), (depth < depths,))


def ordered(number: Int, taps: Int, padded: Int, unit: int = 4) -> tuple[Int, Int]:
    """Return the tap and the channel of a number: eight units of channels, all taps of each.

    So the same channels are read again while they are still near.

    Example:
        >>> [ordered(number, 2, 40) for number in (0, 31, 32, 64, 72)]
        [(0, 0), (0, 31), (1, 0), (0, 32), (1, 32)]
    """
    place, channel = number // unit, number % unit
    blocks, rest = padded // (_BLOCK * unit), padded // unit % _BLOCK
    whole = place < blocks * taps * _BLOCK
    tap, found = in_blocks(place, taps)
    other, left = in_rest(place - blocks * taps * _BLOCK, max(rest, 1))
    found = whole * found + (1 - whole) * (_BLOCK * blocks + left)
    return whole * tap + (1 - whole) * other, found * unit + channel


def in_blocks(unit: Int, taps: Int) -> tuple[Int, Int]:
    """Return the tap of a unit, and which of the channels' units it is, in blocks of eight."""
    block, tap, place = unflat(unit, (1, taps, _BLOCK))
    return tap, _BLOCK * block + place


def in_rest(unit: Int, rest: Int) -> tuple[Int, Int]:
    """Return the same of a unit after all blocks, where so many units of channels are left."""
    tap, place = unflat(unit, (1, rest))
    return tap, place


def forward(sizes: Sizes, unit: int = 4) -> Laid:
    """Return a convolution as a correlation."""
    dims = len(sizes.input)
    told = Correlations(
        batch=sizes.batch,
        groups=sizes.groups,
        channels=sizes.in_channels,
        rows=sizes.out_channels,
        source=sizes.input,
        taps=sizes.kernel,
        positions=sizes.output,
        result=sizes.output,
        origin=tuple(-low for low in sizes.low),
        stride=sizes.stride,
        step=sizes.dilation,
        first=(0,) * dims,
        spread=(1,) * dims,
    )
    return Laid(told, sizes.kernel, (0,) * dims, (1,) * dims, adjoint=False, unit=unit)


def adjoint(sizes: Sizes, unit: int = 4) -> Iterator[Laid]:
    """Yield the phases of the adjoint that have inputs.

    Example:
        >>> sizes = Sizes(batch=1, groups=1, in_channels=1, out_channels=1, input=(5,), kernel=(3,),
        ...               output=(2,), stride=(2,), dilation=(1,), low=(0,))
        >>> [(phase.sizes.first, phase.tap, phase.sizes.taps) for phase in adjoint(sizes)]
        [((0,), (0,), (2,)), ((1,), (1,), (1,))]
    """
    rows = zip(sizes.input, sizes.kernel, sizes.stride, sizes.dilation, sizes.low, strict=True)
    for axes in product(*(list(_phases(*row)) for row in rows)):
        first, positions, taps, tap, apart, origin, step = zip(*axes, strict=True)
        told = Correlations(
            batch=sizes.batch,
            groups=sizes.groups,
            channels=sizes.out_channels,
            rows=sizes.in_channels,
            source=sizes.output,
            taps=taps,
            positions=positions,
            result=sizes.input,
            origin=origin,
            stride=(1,) * len(axes),
            step=step,
            first=first,
            spread=sizes.stride,
        )
        yield Laid(told, sizes.kernel, tap, apart, adjoint=True, unit=unit)


def least_products(map_: Correlated | Spread | Paired) -> int:
    """Return how many products the shortest sum of a map has that has any.

    Padding and strides leave out products of a sum: ``extents`` counts them all.

    Example:
        >>> sizes = Sizes(batch=1, groups=1, in_channels=2, out_channels=1, input=(5,), kernel=(3,),
        ...               output=(5,), stride=(1,), dilation=(1,), low=(1,))
        >>> least_products(Correlated(sizes)), least_products(Paired(sizes))
        (4, 4)
    """
    s = map_.sizes
    axes = zip(s.input, s.kernel, s.output, s.stride, s.dilation, s.low, strict=True)
    if isinstance(map_, Correlated):
        least = [_least(i, -low, r, o, t, k) for i, k, o, r, t, low in axes]
        return int(s.in_channels * prod(least))
    if isinstance(map_, Paired):
        least = [_least(i, -low, t, k, r, o) for i, k, o, r, t, low in axes]
        return int(s.batch * prod(least))
    least = []
    for i, k, o, r, t, low in axes:
        found = [
            _least(o, origin, 1, positions, step, taps)
            for _, positions, taps, _, _, origin, step in _phases(i, k, r, t, low)
        ]
        least.append(min(filter(None, found), default=0))
    return int(s.out_channels * prod(least))


def _least(size: int, origin: int, stride: int, positions: int, step: int, taps: int) -> int:
    """Return the least number, but 0, of taps ``j`` with ``0 <= o(q, j) < size``.

    Of all ``q`` whose taps all lie inside one is asked, of those that meet nothing none.
    """
    if step < 0:
        origin, step = origin + step * (taps - 1), -step
    if stride < 0:
        origin, stride = origin + stride * (positions - 1), -stride
    reach = step * (taps - 1)

    def least_at(position: int) -> int:  # the first ``q`` whose first tap lies there, or beyond
        return min(max(-((origin - position) // stride), 0), positions)

    meets, begin, end, beyond = map(least_at, (-reach, 0, size - reach, size))
    before, after = np.arange(meets, min(begin, beyond)), np.arange(max(begin, end), beyond)
    first = origin + stride * np.concatenate([before, np.arange(begin, min(begin + 1, end)), after])
    low, high = -(first // max(step, 1)), (size - 1 - first) // max(step, 1)
    counts = np.minimum(high, taps - 1) - np.maximum(low, 0) + 1
    return int(min(counts[counts > 0], default=0))


def _phases(
    size: int, kernel: int, stride: int, dilation: int, low: int
) -> Iterator[tuple[int, int, int, int, int, int, int]]:
    """Yield the phases along an axis: first, positions, taps, tap, apart, origin, step."""
    apart = stride // gcd(stride, dilation)
    for rest in range(stride):  # of i + low, divided by the stride
        first = (rest - low) % stride
        if first >= size:
            continue
        met = [k for k in range(min(kernel, apart)) if (dilation * k - rest) % stride == 0]
        tap = met[0] if met else 0
        taps = -(-(kernel - tap) // apart) if met else 0
        origin = (first + low - dilation * tap) // stride
        yield (
            first,
            -(-(size - first) // stride),
            taps,
            tap,
            apart,
            origin,
            -dilation * apart // stride,
        )
