"""An element of a line is one of its array, and of one line; threads share them out, each once.

::

    first(l) + e inner = flat((n, e, p), (outer, size, inner)),    l = flat((n, p), (outer, inner))

so that elements of lines are one to one with those of the array, as ``flat`` is (``flatten``); and
``place`` finds ``e`` again. Likewise what threads have, of a block ``b`` and a vector ``k``::

    lines       flat((b, slot))             thread = flat((slot, lane)) or flat((lane, slot))
    elements    flat((k, lane, i))          i < WIDTH
    neighbours  flat((b, thread, k))        k < WIDTH
    tiles       block = flat((n, down, across)),  rows flat((down, r)),  columns flat((across, c))

There are tiles for all (``tiles``). A matrix that is transposed is read at ``flat((n, r, c))`` and
written at ``flat((n, c, r))``, and the entry that names a position is ``flat((plane, index))``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy as sp

from convproof.index_maps.address import flat
from convproof.index_maps.lines import Matrices, Planes, Shared, Strided, neighbour
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import QUOTIENT, every, ranges
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "lines.neighbour",
    "lines.Matrices.result",
    "lines.Matrices.source",
    "lines.Matrices.tile",
    "lines.Planes.named",
    "lines.Shared.adjacent",
    "lines.Shared.apart",
    "lines.Shared.taken",
    "lines.Strided.element",
    "lines.Strided.first",
    "lines.Strided.place",
)

OUTER, SIZE, INNER, LANES, EACH, WIDTH = map(
    size, ("outer", "size", "inner", "lanes", "each", "WIDTH")
)
BATCH, ROWS, COLUMNS, SIDE, COUNT, INPUTS, OUTPUTS, THREADS = map(
    size, ("batch", "rows", "columns", "SIDE", "count", "inputs", "outputs", "THREADS")
)
_n, _e, _p, _b, _k, _i, _o = map(index, ("n", "e", "p", "b", "k", "i", "o"))
_slot, _lane, _thread, _plane, _row, _column = map(
    index, ("slot", "lane", "thread", "plane", "row", "column")
)


def number(trace: Trace, ends: Mapping[sp.Symbol, Any]) -> Any:
    """Return the row-major number of indices with these ends, which a map takes apart again."""
    return flat(tuple(map(trace.integer, ends)), tuple(map(trace.integer, ends.values())))


def same(
    name: str,
    trace: Trace,
    found: Sequence[Any],
    expected: Sequence[Any],
    ends: Mapping[sp.Symbol, Any],
) -> Claim:
    """Return that a map computes these formulas of indices with these ends.

    Raises:
        AssertionError: if it divides what is not a step of a row-major number.
    """
    if trace.definitions():
        msg = f"{name}: the map divides what no step of a row-major number gave."
        raise AssertionError(msg)
    pairs = zip(found, expected, strict=True)
    apart = (part for step in trace.reduced for part in box(0, step.place, step.size))
    return Claim(
        name=name,
        goal=both(every(*apart), *(eq(term_of(one), term_of(other)) for one, other in pairs)),
        hypotheses=ranges(ends),
    )


def _strided() -> Iterator[Claim]:
    trace, shape = Trace(reduces=True), (OUTER, SIZE, INNER)
    ends = {_n: OUTER, _e: SIZE, _p: INNER}
    told = Strided(trace.integer(SIZE), trace.integer(INNER))
    line = number(trace, {_n: OUTER, _p: INNER})
    found = told.element(line, trace.integer(_e))
    yield same("an element of a line", trace, [found], [flat((_n, _e, _p), shape)], ends)
    trace = Trace(reduces=True)
    told = Strided(trace.integer(SIZE), trace.integer(INNER))
    place = told.place(number(trace, ends))
    yield same("the place of an element", trace, [place], [_e], ends)


def _shared() -> Iterator[Claim]:
    ends = {_slot: EACH, _lane: LANES}
    line = flat((_b, _slot), (1, EACH))
    for name, order in (("adjacent", (_slot, _lane)), ("apart", (_lane, _slot))):
        trace = Trace(reduces=True)
        told = Shared(*map(trace.integer, (EACH, LANES, WIDTH)))
        thread = number(trace, {each: ends[each] for each in order})
        found = getattr(told, name)(trace.integer(_b), thread)
        yield same(f"the line of a thread, lanes {name}", trace, found, (line, _lane), ends)
    trace = Trace(reduces=True)
    told = Shared(*map(trace.integer, (EACH, LANES, WIDTH)))
    taken = told.taken(*map(trace.integer, (_lane, _k, _i)))
    expected = flat((_k, _lane, _i), (1, LANES, WIDTH))
    yield same("an element of a lane", trace, [taken], [expected], {_lane: LANES, _i: WIDTH})
    trace = Trace(reduces=True)
    own = neighbour(*map(trace.integer, (_b, _thread, _k, THREADS, WIDTH)))
    expected = flat((_b, _thread, _k), (1, THREADS, WIDTH))
    yield same("a neighbour", trace, [own], [expected], {_thread: THREADS, _k: WIDTH})


def _named() -> Claim:
    trace = Trace(reduces=True)
    told = Planes(*map(trace.integer, (COUNT, INPUTS, OUTPUTS)))
    entry = number(trace, {_plane: COUNT, _o: INPUTS})
    found = told.named(entry, trace.integer(_i))
    expected = flat((_plane, _i), (COUNT, OUTPUTS))
    ends = {_plane: COUNT, _o: INPUTS, _i: OUTPUTS}
    return same("the position that an entry names", trace, [found], [expected], ends)


def _matrices() -> Iterator[Claim]:
    trace, places = Trace(reduces=True), (_n, _row, _column)
    told = Matrices(*map(trace.integer, (BATCH, ROWS, COLUMNS)))
    at = tuple(map(trace.integer, places))
    found = told.source(*at), told.result(*at)
    expected = (
        flat((_n, _row, _column), (BATCH, ROWS, COLUMNS)),
        flat((_n, _column, _row), (BATCH, COLUMNS, ROWS)),
    )
    ends = dict(zip(places, (BATCH, ROWS, COLUMNS), strict=True))
    yield same("an element and where it is transposed to", trace, found, expected, ends)
    trace = Trace(reduces=True)
    told = Matrices(*map(trace.integer, (BATCH, ROWS, COLUMNS)))
    tiles, (down, across) = (size("down'"), size("across'")), (index("down"), index("across"))
    ends = dict(zip((_n, down, across), (BATCH, *tiles), strict=True))
    whole = trace.integer(tiles[0]), trace.integer(tiles[1])
    tile = told.tile(number(trace, ends), whole, trace.integer(SIDE))
    yield same("the tile of a block", trace, tile, (_n, down * SIDE, across * SIDE), ends)


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3)
    yield QUOTIENT
    yield from _strided()
    yield from _shared()
    yield _named()
    yield from _matrices()


def _twin() -> Twin:
    return without(next(_strided()), lt(_p, INNER))


PROOF = Proof(
    name="lines",
    statement="Lines of an array, neighbours and tiles are shared out to threads, each exactly "
    "once.",
    latex=r"\lfloor l / I \rfloor S I + l \bmod I + e I = (n S + e) I + p, \qquad l = n I + p",
    source="Knuth, The Art of Computer Programming 1, section 2.2.6",
    steps=_steps,
    twin=_twin,
)
