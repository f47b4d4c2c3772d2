"""What depends on a row, a column or a depth alone is computed once: the sum is the same address.

::

    Correlated  w: (g M + m) C K + depth                x: (n G + g) C I + c I + i
    Spread      w: (g M C + c) K + m C K + depth mod K  y_bar: (n G + g) M O + m O + o
    Paired      y_bar: (g M + m) O + n G M O + depth mod O   x: (g C + c) I + n G C I + i

as ``products.cuh`` adds them, and the results, in which it divides a column by ``O`` or ``I`` at
once. Each step says that the sum is what ``index_maps`` computes, for one, two and three axes. In
it, a number is put as ``flat`` of what is decoded from it, which ``flatten`` proves it to be, and
its quotient by all positions at once, and the remainder, as the first of these and ``flat`` of the
others. ``tests/gpu/kernels/test_maps.py`` holds that the kernels compute the same offsets.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sympy.logic.boolalg import Boolean

from convproof.index_maps import Correlated, Paired, Sizes, Spread
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import Divided, SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import eq, lt, put
from convproof.theorems.addresses.contraction import COLUMN, DEPTH, PRODUCT, ROW, computed
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import UNIQUE, every, instances
from convproof.theorems.addresses.symbols import DIMS, axes, sizes
from convproof.theorems.proof import Proof, Twin, without

PARTS = ("left", "right", "result")


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


def _input(s: Sizes, o: Sequence[Any], k: Sequence[Any], trace: Trace) -> Sum:
    """Return ``Sizes.input_of`` of ``sizes.cuh``: stride o - low, and dilation k further."""
    start = [a * p - low for a, p, low in zip(s.stride, o, s.low, strict=True)]
    step = [t * q for t, q in zip(s.dilation, k, strict=True)]
    i = [a + b for a, b in zip(start, step, strict=True)]
    inside = [c for p, end in zip(i, s.input, strict=True) for c in (p >= 0, p < end)]
    always = len(trace.partials)
    return Sum(flat(i, s.input), tuple(inside), always)


def _output(s: Sizes, i: Sequence[Any], k: Sequence[Any], trace: Trace) -> Sum:
    """Return ``Sizes.output_of`` of ``sizes.cuh``: i + low, less dilation k, by the stride."""
    start = [p + low for p, low in zip(i, s.low, strict=True)]
    step = [t * q for t, q in zip(s.dilation, k, strict=True)]
    scaled = [a - b for a, b in zip(start, step, strict=True)]
    always = len(trace.partials)
    o = [q // a for q, a in zip(scaled, s.stride, strict=True)]
    inside = [c for q, a in zip(scaled, s.stride, strict=True) for c in (q >= 0, q % a == 0)]
    inside += [p < end for p, end in zip(o, s.output, strict=True)]
    return Sum(flat(o, s.output), tuple(inside), always)


def _correlated(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``Correlated`` of ``products.cuh``."""
    g, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    if part == "left":
        return _whole((g * s.out_channels + row) * (s.in_channels * taps) + depth, trace)
    if part == "result":
        n, o = column // outputs, column % outputs
        return _whole(((n * s.groups + g) * s.out_channels + row) * outputs + o, trace)
    n, *o = unflat(column, (s.batch, *s.output))
    c, *k = unflat(depth, (s.in_channels, *s.kernel))
    base = (n * s.groups + g) * s.in_channels * inputs + c * inputs
    return _beyond(base, _input(s, o, k, trace), (s.image, n, g, c))


def _spread(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``Spread`` of ``products.cuh``."""
    g, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    if part == "result":
        n, i = column // inputs, column % inputs
        return _whole(((n * s.groups + g) * s.in_channels + row) * inputs + i, trace)
    m, *at = unflat(depth, (s.out_channels, *s.kernel))
    if part == "left":
        base = (g * s.out_channels * s.in_channels + row) * taps
        k = depth % taps
        return _whole(base + (m * s.in_channels * taps + k), trace, (s.weight, g, m, row, k))
    n, *i = unflat(column, (s.batch, *s.input))
    base = (n * s.groups + g) * s.out_channels * outputs + m * outputs
    return _beyond(base, _output(s, i, at, trace), (s.answer, n, g, m))


def _paired(s: Sizes, part: str, indices: Sequence[Any], trace: Trace) -> Sum:
    """Return an address of ``Paired`` of ``products.cuh``."""
    g, row, column, depth = indices
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    if part == "result":
        return _whole((g * s.out_channels + row) * (s.in_channels * taps) + column, trace)
    n, *o = unflat(depth, (s.batch, *s.output))
    if part == "left":
        base = (g * s.out_channels + row) * outputs
        at = depth % outputs
        answer = n * s.groups * s.out_channels * outputs + at
        return _whole(base + answer, trace, (s.answer, n, g, row, at))
    c, *k = unflat(column, (s.in_channels, *s.kernel))
    base = (g * s.in_channels + c) * inputs + n * s.groups * s.in_channels * inputs
    return _beyond(base, _input(s, o, k, trace), (s.image, n, g, c))


def _whole(offset: SymbolicInt, trace: Trace, element: tuple[Any, ...] = ()) -> Sum:
    return Sum(offset, (), len(trace.partials), element)


def _beyond(base: SymbolicInt, place: Sum, element: tuple[Any, ...]) -> Sum:
    return place._replace(offset=base + place.offset, element=(*element, place.offset))


_SUMS: dict[Any, Callable[..., Sum]] = {
    Correlated: _correlated,
    Spread: _spread,
    Paired: _paired,
}
KINDS = tuple(_SUMS)


def summed(kind: Any, dims: int, part: str, trace: Trace) -> Sum:
    """Return an address of a map as its kernel adds it up."""
    indices = tuple(map(trace.integer, (PRODUCT, ROW, COLUMN, DEPTH)))
    return _SUMS[kind](sizes(dims, trace), part, indices, trace)


def _numbered(kind: Any, dims: int, trace: Trace) -> Iterator[tuple[Any, Any, Any]]:
    """Yield column and depth, each with what ``unflat`` and ``flat`` make of it, and its volume."""
    s = sizes(dims, trace)
    positions = (s.batch, *(s.input if kind is Spread else s.output))
    taps = (s.out_channels if kind is Spread else s.in_channels, *s.kernel)
    rows = (
        (COLUMN, taps if kind is Paired else positions),
        (DEPTH, positions if kind is Paired else taps),
    )
    for symbol, whole in rows:
        first, *places = unflat(trace.integer(symbol), whole)
        yield symbol, (first.term, term_of(flat(places, whole[1:]))), term_of(volume(whole[1:]))


def _same(kind: Any, dims: int, part: str) -> Claim:
    """Return that a kernel's sum is the map's address, of a number and its parts put for it."""
    trace = Trace()
    held, map_ = summed(kind, dims, part, trace), computed(kind, dims, part, trace)
    values: dict[Any, Any] = {}
    for symbol, (first, place), whole in _numbered(kind, dims, trace):
        values[symbol] = first * whole + place
        for step in trace.steps:
            if isinstance(step, Divided) and (step.number, step.divisor) == (symbol, whole):
                values |= {step.quotient: first, step.remainder: place}
    return Claim(
        name=f"{kind.__name__}: {part}, {dims}d",
        goal=eq(put(held.offset.term, values), put(term_of(map_.offset), values)),
    )


def _at_once(dims: int) -> Claim:
    """Return that dividing by the volume gives what dividing by one size after another does."""
    trace, number = Trace(), index("number")
    ends = tuple(map(trace.integer, axes("A", dims)))
    first, *places = unflat(trace.integer(number), (1, *ends))
    place = flat(places, ends)
    whole = size("V")
    at_once = trace.divided(number, whole)
    known = {place.term: end.term for place, end in zip(places, ends, strict=True)}
    rest = place.term
    return Claim(
        name=f"divided at once, {dims}d",
        goal=every(eq(at_once.quotient, first.term), eq(at_once.remainder, rest)),
        hypotheses=(
            eq(whole, term_of(volume(ends))),
            *trace.definitions(),
            *instances(trace, known),
            UNIQUE.at(*at_once.parts, first.term, rest, whole),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3, 4)
    for dims in DIMS:
        yield _at_once(dims)
        for kind in KINDS:
            for part in PARTS:
                yield _same(kind, dims, part)


def _twin() -> Twin:
    step = _at_once(2)
    return without(step, lt(index("r_2"), size("A_1")))


PROOF = Proof(
    name="hoisted",
    statement="The offsets of row, column and depth that a kernel adds are the map's address.",
    latex=r"(gM + m)CK + \mathrm{depth} = \bigl((gM + m)C + c\bigr)K + k",
    source="lecture 7, convolution on feature maps",
    steps=_steps,
    twin=_twin,
)
