"""What depends on a row, a column or a depth alone is computed once: the sum is the same address.

::

    Correlated  w: (g M + m) C K + depth                x: (n G + g) C I + c I + i
    Spread      w: (g M C + c) K + m C K + depth mod K  y_bar: (n G + g) M O + m O + o
    Paired      y_bar: (g M + m) O + n G M O + depth mod O   x: (g C + c) I + n G C I + i

as ``products.cuh`` adds them, and the results, in which it divides a column by ``O`` or ``I`` at
once; and likewise those of the unshared maps, as ``unshared.cuh`` adds them, which divides a
product by ``O`` or ``I`` too. Each step says that the sum is what ``index_maps`` computes, for one,
two and three axes. In it, a number is put as ``flat`` of what is decoded from it, which ``flatten``
proves it to be, and its quotient by all positions at once, and the remainder, as the first of these
and ``flat`` of the others. ``tests/gpu/kernels/test_maps.py`` holds that the kernels compute the
same offsets.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import sympy as sp

from convproof.index_maps import (
    Correlated,
    Paired,
    Spread,
    UnsharedCorrelated,
    UnsharedPaired,
    UnsharedSpread,
)
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import Divided, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import eq, put
from convproof.theorems.addresses import sums, unshared_sums
from convproof.theorems.addresses.contraction import COLUMN, DEPTH, PRODUCT, ROW, computed
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import UNIQUE, every, instances
from convproof.theorems.addresses.sums import Sum
from convproof.theorems.addresses.symbols import DIMS, G, axes, sizes
from convproof.theorems.proof import Proof, Twin

PARTS = ("left", "right", "result")


_SUMS: dict[Any, Callable[..., Sum]] = {
    Correlated: sums.correlated,
    Spread: sums.spread,
    Paired: sums.paired,
    UnsharedCorrelated: unshared_sums.correlated,
    UnsharedSpread: unshared_sums.spread,
    UnsharedPaired: unshared_sums.paired,
}
KINDS = tuple(_SUMS)
SHARED = KINDS[:3]


def summed(kind: Any, dims: int, part: str, trace: Trace) -> Sum:
    """Return an address of a map as its kernel adds it up."""
    indices = tuple(map(trace.integer, (PRODUCT, ROW, COLUMN, DEPTH)))
    return _SUMS[kind](sizes(dims, trace), part, indices, trace)


def _numbered(kind: Any, dims: int, trace: Trace) -> Iterator[tuple[Any, Any, Any]]:
    """Yield what numbers positions, each with what ``unflat`` and ``flat`` make, and its volume."""
    s = sizes(dims, trace)
    positions = s.input if kind in (Spread, UnsharedSpread) else s.output
    taps = (s.out_channels if kind in (Spread, UnsharedSpread) else s.in_channels, *s.kernel)
    rows = ((COLUMN, (s.batch, *positions)), (DEPTH, taps))
    if kind is Paired:
        rows = ((COLUMN, taps), (DEPTH, (s.batch, *positions)))
    if kind not in SHARED:
        place = COLUMN if kind is UnsharedPaired else DEPTH
        rows = ((PRODUCT, (s.groups, *positions)), (place, taps))
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
    """Return that an image's cotangents begin ``n M O`` after the first, of all groups."""
    step = _same(Paired, 1, "left")
    held, map_ = step.goal.args
    (image,) = (term for term in held.args if term.has(G, index("q_1")) and not term.has(PRODUCT))
    wrong = sp.Add(*(term / G if term == image else term for term in held.args))
    return Twin(changed="n M O for n G M O", of=step, step=replace(step, goal=eq(wrong, map_)))


PROOF = Proof(
    name="hoisted",
    statement="The offsets of row, column and depth that a kernel adds are the map's address.",
    latex=r"(gM + m)CK + \mathrm{depth} = \bigl((gM + m)C + c\bigr)K + k",
    source="lecture 7, convolution on feature maps",
    steps=_steps,
    twin=_twin,
)
