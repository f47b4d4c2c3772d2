"""A block of a pooling in bands stages every row that it reads, and owns each of its rows once.

::

    b <= o < e,   0 <= i = s o + k - p < I,   k < K     =>   i in rows_read(b, e)
    b <= i < e,   0 <= o < O,   i = s o + k - p,  k < K     =>   o in rows_of_readers(b, e)

for ``rows_read`` and ``rows_of_readers`` of ``index_maps.bands`` run on symbols; ``bands.cuh``
computes the same, with C's quotient. A row lies in one band, and within the rows that are staged,
or made, an element's place ``(plane count + row - begin) width + column`` is ``flat`` of it: below
``planes count width``, and of no other (``flatten``). A unit is ``flat(plane, group, column)``, and
its rows are the rows of its group, as many groups as they need.
"""

from collections.abc import Iterator

from convproof.index_maps.address import flat
from convproof.index_maps.bands import Run, Square, rows_of_readers, rows_read
from convproof.symbolic.integers import Trace, euclid, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, implies, le, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import BELOW, FLATTEN, UNIQUE, every, ranges
from convproof.theorems.addresses.readers import EXTREMES, extremes
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "bands.read",
    "bands.readers",
    "bands.rows_read",
    "bands.rows_of_readers",
    "bands.Run.image",
    "bands.Run.tap",
    "bands.Run.place",
)
_i, _o, _k, _p, _b, _e = map(index, ("i", "o", "k", "p", "b", "e"))
_K, _s, _I, _O = map(size, "KsIO")
_plane, _row, _column, _band, _other, _rest = map(
    index, ("plane", "row", "column", "band", "band'", "rest")
)
_planes, _count, _width, _rows, _each, _groups = map(
    size, ("planes", "count", "width", "rows", "each", "groups")
)
_MEET = (*box(0, _k, _K), eq(_i, _s * _o + _k - _p))


def _square(trace: Trace) -> tuple[Square, tuple[object, ...]]:
    made = tuple(map(trace.integer, (_p, _I, _O, _b, _e)))
    return Square(trace.integer(_K), trace.integer(_s)), made


def _read() -> Claim:
    trace = Trace()
    square, (low, inputs, _, begin, end) = _square(trace)
    first, last = map(term_of, rows_read(square, low, inputs, begin, end))
    return Claim(
        name="a tap of a band's window is staged",
        goal=both(*box(first, _i, last)),
        hypotheses=(
            *box(_b, _o, _e),
            *_MEET,
            *box(0, _i, _I),
            *extremes(trace),
            FLATTEN.at(_o - _b, _o - _b + 1, 0, _s),
            FLATTEN.at(_e - 1 - _o, _e - _o, 0, _s),
        ),
    )


def _readers() -> Claim:
    trace = Trace()
    square, (low, _, outputs, begin, end) = _square(trace)
    first, last = map(term_of, rows_of_readers(square, low, outputs, begin, end))
    down, up = (step for step in trace.divisions if step.divisor == _s)
    return Claim(
        name="a window that reads a band's input is staged",
        goal=both(*box(first, _o, last)),
        hypotheses=(
            *box(_b, _i, _e),
            *_MEET,
            *box(0, _o, _O),
            *extremes(trace),
            *euclid(down),
            *euclid(up),
            BELOW.at(_o - down.quotient - 1, _s - 1 - down.remainder, _s),
            BELOW.at(up.quotient - _o, up.remainder, _s),
        ),
    )


def _in_c() -> Claim:
    """Return that the first reader is what ``bands.cuh`` computes."""
    trace, (missed, c, left) = Trace(), map(index, ("missed", "c", "left"))
    square, (low, _, outputs, begin, end) = _square(trace)
    first, _ = map(term_of, rows_of_readers(square, low, outputs, begin, end))
    down, _ = (step for step in trace.divisions if step.divisor == _s)
    return Claim(
        name="the first reader of a band in C, which divides what is not negative",
        goal=both(
            implies(lt(missed, 0), eq(first, 0)),
            implies(le(0, missed), eq(first, c + 1)),
        ),
        hypotheses=(
            eq(missed, _b + _p - _K),
            eq(missed, _s * c + left),
            *box(0, left, _s),
            *extremes(trace),
            *euclid(down),
            UNIQUE.at(c, left, *down.parts, _s),
            BELOW.at(down.quotient, down.remainder, _s),
            BELOW.at(-1 - down.quotient, _s - 1 - down.remainder, _s),
        ),
    )


def _own() -> Claim:
    """Return that a row is in one band, and in one that is launched."""
    return Claim(
        name="a row is in one band",
        goal=eq(_band, _other),
        hypotheses=(
            *box(_band * _rows, _row, _band * _rows + _rows),
            *box(_other * _rows, _row, _other * _rows + _rows),
            UNIQUE.at(_band, _row - _band * _rows, _other, _row - _other * _rows, _rows),
        ),
    )


def _staged() -> Claim:
    """Return that what is staged or made lies within its run, and where ``flat`` puts it."""
    trace = Trace()
    begin = index("begin")
    run = Run(*map(trace.integer, (begin, _count, _width)))
    plane, row, column = map(trace.integer, (_plane, _row, _column))
    place = term_of(run.place(plane, row, column))
    tap = term_of(run.image(plane) + run.tap(row, column))
    number = flat((_plane, _row - begin, _column), (_planes, _count, _width))
    rows = _plane * _count + _row - begin
    return Claim(
        name="a staged element is within the run",
        goal=every(eq(place, number), eq(tap, place), *box(0, place, _planes * _count * _width)),
        hypotheses=(
            *ranges({_plane: _planes, _row - begin: _count, _column: _width}),
            FLATTEN.at(_plane, _planes, _row - begin, _count),
            FLATTEN.at(rows, _planes * _count, _column, _width),
        ),
    )


def _units() -> Claim:
    """Return that the rows of a block are rows of its units, ``ceil(rows / each)`` groups."""
    group, e = index("group"), index("place")
    return Claim(
        name="a row is one of a group of units",
        goal=both(*box(0, group, _groups)),
        hypotheses=(
            eq(_rows + _each - 1, _groups * _each + _rest),
            *box(0, _rest, _each),
            *box(0, _row, _rows),
            eq(_row, group * _each + e),
            *box(0, e, _each),
            BELOW.at(group, e, _each),
            BELOW.at(_groups - 1 - group, _rest, _each),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(3)
    yield from (lemma.claim for lemma in EXTREMES.values())
    yield from (_read(), _readers(), _in_c(), _own(), _staged(), _units())


def _twin() -> Twin:
    return without(_read(), lt(_o, _e))


PROOF = Proof(
    name="bands",
    statement="A block of a pooling in bands stages every row that it reads, and owns its rows.",
    latex=r"b \le o < e,\ 0 \le so + k - p < I \Rightarrow "
    r"\max(sb - p, 0) \le so + k - p < \min(s(e - 1) - p + K, I)",
    source="lecture 7, pooling",
    steps=_steps,
    twin=_twin,
)
