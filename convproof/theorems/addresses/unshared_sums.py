"""The addresses of a locally connected layer's products as ``unshared.cuh`` adds them up.

As in ``sums``; a product is a group and a position, which a kernel takes apart at once, by the
number of all positions, and for the window by the size of each axis.
"""

from collections.abc import Sequence
from typing import Any

from convproof.index_maps import Sizes
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import SymbolicInt, Trace
from convproof.theorems.addresses.sums import Sum, beyond, input_of, output_of, whole


def _weight(s: Sizes, g: Any, m: Any, c: Any, o: Any, k: Any) -> Any:
    """Return ``Unshared.weight`` of ``unshared.cuh``."""
    outputs, taps = volume(s.output), volume(s.kernel)
    return (((g * s.out_channels + m) * s.in_channels + c) * outputs + o) * taps + k


def _element(s: Sizes, *place: Any) -> tuple[Any, ...]:
    """Return of which element a sum of a weight's parts is the offset."""
    sizes = (s.groups, s.out_channels, s.in_channels, volume(s.output), volume(s.kernel))
    return (lambda *all_: flat(all_, sizes), *place)


def correlated(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``UnsharedCorrelated`` of ``unshared.cuh``."""
    product, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    g, at = product // outputs, product % outputs
    if part == "result":
        return whole(((column * s.groups + g) * s.out_channels + row) * outputs + at, trace)
    c, *k = unflat(depth, (s.in_channels, *s.kernel))
    if part == "left":
        tap = depth % taps
        offset = _weight(s, g, row, 0, at, 0) + (c * outputs * taps + tap)
        return whole(offset, trace, _element(s, g, row, c, at, tap))
    o = unflat(product, (s.groups, *s.output))[1:]
    image = ((column * s.groups + g) * s.in_channels + 0) * inputs + 0
    return beyond(image + c * inputs, input_of(s, o, k, trace), (s.image, column, g, c))


def spread(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``UnsharedSpread`` of ``unshared.cuh``."""
    product, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    g = product // inputs
    if part == "result":
        place = product % inputs
        return whole(((column * s.groups + g) * s.in_channels + row) * inputs + place, trace)
    i = unflat(product, (s.groups, *s.input))[1:]
    m, *k = unflat(depth, (s.out_channels, *s.kernel))
    if part == "right":
        answer = ((column * s.groups + g) * s.out_channels + 0) * outputs + 0
        return beyond(answer + m * outputs, output_of(s, i, k, trace), (s.answer, column, g, m))
    base, tap = _weight(s, g, 0, row, 0, 0), depth % taps
    place = output_of(s, i, k, trace)
    offset = base + _weight(s, 0, m, 0, place.offset, tap)
    return Sum(offset, place.inside, place.always, _element(s, g, m, row, place.offset, tap))


def paired(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``UnsharedPaired`` of ``unshared.cuh``."""
    product, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    g, at = product // outputs, product % outputs
    if part == "result":
        return whole(_weight(s, g, row, column // taps, at, column % taps), trace)
    if part == "left":
        base = ((0 * s.groups + g) * s.out_channels + row) * outputs + at
        answer = ((depth * s.groups + 0) * s.out_channels + 0) * outputs + 0
        return whole(base + answer, trace, (s.answer, depth, g, row, at))
    o = unflat(product, (s.groups, *s.output))[1:]
    c, *k = unflat(column, (s.in_channels, *s.kernel))
    place = input_of(s, o, k, trace)
    first = ((0 * s.groups + g) * s.in_channels + c) * inputs + place.offset
    image: SymbolicInt = ((depth * s.groups + 0) * s.in_channels + 0) * inputs + 0
    return Sum(first + image, place.inside, place.always, (s.image, depth, g, c, place.offset))
