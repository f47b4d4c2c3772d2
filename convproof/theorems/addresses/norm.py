"""The channels that a normalisation reads are its window's, and its derivative's are the readers.

::

    begin(c) <= j < end(c)      <=>   c - floor(z / 2) <= j < c - floor(z / 2) + z,  0 <= j < C
    begin(j) <= c < end(j)      <=>   begin_of_readers(c) <= j < end_of_readers(c)

for channels ``c, j`` below ``C`` and a window of ``z``, of ``index_maps.norm`` run on symbols. Each
output is of one thread::

    walk    position = flat((tile, thread)),  channel = flat((chunk, i))               i < CHUNK
    block   position = flat((place, lane)),   channel = flat((tile, e, row))

where a block is ``flat((tile, chunk))`` or ``flat((tile, place))``, and a thread of the second
``flat((row, lane))``: numbers and positions are one to one (``flatten``). There are tiles for all
(``tiles``), and an element is that of a line (``lines``).
"""

from collections.abc import Iterator

import sympy as sp

from convproof.index_maps.address import flat
from convproof.index_maps.norm import CHUNK, Tiles, Window, walker
from convproof.symbolic.integers import Trace, euclid, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, iff, lt
from convproof.theorems.addresses.lemmas import QUOTIENT
from convproof.theorems.addresses.lines import number, same
from convproof.theorems.addresses.readers import EXTREMES, extremes
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "norm.walker",
    "norm.Tiles.output",
    "norm.Window.begin",
    "norm.Window.begin_of_readers",
    "norm.Window.end",
    "norm.Window.end_of_readers",
)

C, Z = size("C"), size("z")
_c, _j, _tile, _chunk, _thread, _place = map(index, ("c", "j", "tile", "chunk", "thread", "place"))
_row, _lane, _e = map(index, ("row", "lane", "e"))


def window(trace: Trace) -> Window:
    """Return a window of ``z`` of ``C`` channels."""
    return Window(*map(trace.integer, (1, C, 1, Z)))


def meanings(trace: Trace) -> tuple[sp.Basic, ...]:
    """Return what the names of halves mean: extremes, and that of the window's size."""
    of_sizes = [step for step in trace.divisions if not step.number.has(sp.Abs)]
    halves = Trace(steps=[step for step in trace.divisions if step not in of_sizes])
    return *(law for step in of_sizes for law in euclid(step)), *extremes(halves)


def _read() -> Claim:
    """Return that what is read is the window, and the channels that there are."""
    trace = Trace()
    held, c = window(trace), trace.integer(_c)
    begin, end = term_of(held.begin(c)), term_of(held.end(c))
    half = next(step.quotient for step in trace.divisions if step.number == Z)
    reads = (*box(_c - half, _j, _c - half + Z), *box(0, _j, C))
    return Claim(
        name="the channels that a channel reads",
        goal=iff(both(*box(begin, _j, end)), both(*reads)),
        hypotheses=(*box(0, _c, C), *meanings(trace)),
    )


def _readers() -> Claim:
    """Return that a channel's readers are those that read it."""
    trace = Trace()
    held, c, j = window(trace), trace.integer(_c), trace.integer(_j)
    begin, end = term_of(held.begin(j)), term_of(held.end(j))
    first, last = term_of(held.begin_of_readers(c)), term_of(held.end_of_readers(c))
    return Claim(
        name="the channels that read a channel",
        goal=iff(both(*box(begin, _c, end)), both(*box(first, _j, last))),
        hypotheses=(*box(0, _c, C), *box(0, _j, C), *meanings(trace)),
    )


def _walker() -> Claim:
    """Return that every position and chunk is of one thread."""
    trace, chunks, threads = Trace(reduces=True), size("chunks"), size("THREADS")
    block = number(trace, {_tile: size("tiles"), _chunk: chunks})
    told = walker(block, *map(trace.integer, (_thread, threads, chunks)))
    expected = flat((_tile, _thread), (1, threads)), _chunk * CHUNK
    ends = {_tile: size("tiles"), _chunk: chunks, _thread: threads}
    return same("where a thread walks", trace, told, expected, ends)


def _output() -> Claim:
    """Return that every output of a block is of one thread."""
    trace, (positions, rows, each, across) = (
        Trace(reduces=True),
        map(size, ("POSITIONS", "ROWS", "EACH", "across'")),
    )
    tiles = Tiles(*map(trace.integer, (positions, each * rows, rows, across)))
    block = number(trace, {_tile: size("tiles"), _place: across})
    thread = number(trace, {_row: rows, _lane: positions})
    found = tiles.output(block, thread, trace.integer(_e))
    expected = (
        flat((_place, _lane), (across, positions)),
        flat((_tile, _e, _row), (1, each, rows)),
    )
    ends = {_tile: size("tiles"), _place: across, _row: rows, _lane: positions, _e: each}
    return same("the output of a thread", trace, found, expected, ends)


def _steps() -> Iterator[Claim]:
    yield QUOTIENT
    yield from (lemma.claim for lemma in EXTREMES.values())
    yield from (_read(), _readers(), _walker(), _output())


def _twin() -> Twin:
    return without(_readers(), lt(_j, C))


PROOF = Proof(
    name="norm",
    statement="A local response normalisation reads its window, and its derivative the readers' of "
    "a channel.",
    latex=r"c - \lfloor z/2 \rfloor \le j < c - \lfloor z/2 \rfloor + z \iff "
    r"j + \lfloor z/2 \rfloor - z < c \le j + \lfloor z/2 \rfloor",
    source="lecture 7, local response normalisation",
    steps=_steps,
    twin=_twin,
)
