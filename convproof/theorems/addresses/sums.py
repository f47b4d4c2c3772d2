"""The addresses of a convolution's products as ``products.cuh`` adds them up.

What depends on a row, a column or a depth alone is computed once, and added. ``hoisted`` proves the
sums to be the maps' addresses, ``int32`` that none of their numbers leaves 32 bits.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sympy.logic.boolalg import Boolean

from convproof.index_maps import Sizes
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import SymbolicInt, Trace


class Sum(NamedTuple):
    """An address as a kernel adds it up.

    Attributes:
        offset: the sum.
        inside: under which conditions it is read.
        always: how many partials are computed before these conditions are known.
        element: of which it is the offset: the method of ``Sizes`` that says so, and its arguments.
    """

    offset: SymbolicInt
    inside: tuple[Boolean, ...]
    always: int
    element: tuple[Any, ...] = ()


def input_of(s: Sizes, o: Sequence[Any], k: Sequence[Any], trace: Trace) -> Sum:
    """Return ``Sizes.input_of`` of ``sizes.cuh``: stride o - low, and dilation k further."""
    start = [a * p - low for a, p, low in zip(s.stride, o, s.low, strict=True)]
    step = [t * q for t, q in zip(s.dilation, k, strict=True)]
    i = [a + b for a, b in zip(start, step, strict=True)]
    inside = [c for p, end in zip(i, s.input, strict=True) for c in (p >= 0, p < end)]
    always = len(trace.partials)
    return Sum(flat(i, s.input), tuple(inside), always)


def output_of(s: Sizes, i: Sequence[Any], k: Sequence[Any], trace: Trace) -> Sum:
    """Return ``Sizes.output_of`` of ``sizes.cuh``: i + low, less dilation k, by the stride."""
    start = [p + low for p, low in zip(i, s.low, strict=True)]
    step = [t * q for t, q in zip(s.dilation, k, strict=True)]
    scaled = [a - b for a, b in zip(start, step, strict=True)]
    always = len(trace.partials)
    o = [q // a for q, a in zip(scaled, s.stride, strict=True)]
    inside = [c for q, a in zip(scaled, s.stride, strict=True) for c in (q >= 0, q % a == 0)]
    inside += [p < end for p, end in zip(o, s.output, strict=True)]
    return Sum(flat(o, s.output), tuple(inside), always)


def correlated(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``Correlated`` of ``products.cuh``."""
    g, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    if part == "left":
        return whole((g * s.out_channels + row) * (s.in_channels * taps) + depth, trace)
    if part == "result":
        n, o = column // outputs, column % outputs
        return whole(((n * s.groups + g) * s.out_channels + row) * outputs + o, trace)
    n, *o = unflat(column, (s.batch, *s.output))
    c, *k = unflat(depth, (s.in_channels, *s.kernel))
    base = (n * s.groups + g) * s.in_channels * inputs + c * inputs
    return beyond(base, input_of(s, o, k, trace), (s.image, n, g, c))


def spread(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``Spread`` of ``products.cuh``."""
    g, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    if part == "result":
        n, i = column // inputs, column % inputs
        return whole(((n * s.groups + g) * s.in_channels + row) * inputs + i, trace)
    m, *at = unflat(depth, (s.out_channels, *s.kernel))
    if part == "left":
        base = (g * s.out_channels * s.in_channels + row) * taps
        k = depth % taps
        return whole(base + (m * s.in_channels * taps + k), trace, (s.weight, g, m, row, k))
    n, *i = unflat(column, (s.batch, *s.input))
    base = (n * s.groups + g) * s.out_channels * outputs + m * outputs
    return beyond(base, output_of(s, i, at, trace), (s.answer, n, g, m))


def paired(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``Paired`` of ``products.cuh``."""
    g, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    if part == "result":
        return whole((g * s.out_channels + row) * (s.in_channels * taps) + column, trace)
    n, *o = unflat(depth, (s.batch, *s.output))
    if part == "left":
        base = (g * s.out_channels + row) * outputs
        at = depth % outputs
        answer = n * s.groups * s.out_channels * outputs + at
        return whole(base + answer, trace, (s.answer, n, g, row, at))
    c, *k = unflat(column, (s.in_channels, *s.kernel))
    base = (g * s.in_channels + c) * inputs + n * s.groups * s.in_channels * inputs
    return beyond(base, input_of(s, o, k, trace), (s.image, n, g, c))


def whole(offset: SymbolicInt, trace: Trace, element: tuple[Any, ...] = ()) -> Sum:
    """Return an offset that is read in any case."""
    return Sum(offset, (), len(trace.partials), element)


def beyond(base: SymbolicInt, place: Sum, element: tuple[Any, ...]) -> Sum:
    """Return a position's offset, and how far beyond it its array begins."""
    return place._replace(offset=base + place.offset, element=(*element, place.offset))
