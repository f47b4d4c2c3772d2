"""A forward block of few channels stages what its outputs read, and owns its outputs alone.

::

    channel = flat(chunk, pass, side, m)   row = flat(band, line, r)   column = flat(tile, quad, p)

of a block, a thread and one of its sums, for ``FewCorrelated`` of ``index_maps`` run on symbols.
So outputs and sums are one to one (``flatten``), a sum of an output is of a block, a line and a
pass that there are, and where it is written lies in ``y``. A column of a patch is staged at
``flat(row, j mod s, floor(j / s))``, within the patch and at no other's place; what a thread reads
at a tap is staged there, and is the input of the relation

::

    row = s_2 (2 line + r) + t_2 k_2,   j = s_3 (4 quad + p) + t_3 k_3    =>    i = s o + t k - low

for a pitch of at least ``4 (quads - 1) + 4 + floor(t_3 (K_3 - 1) / s_3)``, which ``pitch`` rounds
up to whole quads; the weights are those of its channels at the tap. What is staged is of the
arrays.
"""

from collections.abc import Iterator
from typing import Any

from convproof.index_maps import Sizes
from convproof.index_maps.address import Address, flat
from convproof.index_maps.few_channels import (
    CHANNELS,
    QUAD,
    ROWS,
    FewCorrelated,
    Forward,
    Tile,
    pitch,
    slot,
    staged,
)
from convproof.symbolic.integers import Trace, euclid, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, iff, le, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, UNIQUE, every
from convproof.theorems.addresses.symbols import C, M, N, axes, many, offsets, sizes, within
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "few_channels.pitch",
    "few_channels.slot",
    "few_channels.staged",
    "few_channels.FewCorrelated.block",
    "few_channels.FewCorrelated.thread",
    "few_channels.FewCorrelated.result",
    "few_channels.FewCorrelated.source",
    "few_channels.FewCorrelated.read",
    "few_channels.FewCorrelated.weight",
    "few_channels.FewCorrelated.weight_read",
    "few_channels.FewCorrelated.rows",
    "few_channels.FewCorrelated.patch",
)
QUADS, LINES, TILES, BANDS, PITCH = map(size, ("quads", "lines", "tiles", "bands", "pitch"))
SIDES, PASSES, HELD, EACH = map(size, ("sides", "passes", "held", "each"))
I, K, O, S = (axes(letter, 3) for letter in "IKOs")
T, P = offsets("t", 3), offsets("p", 3)
BLOCK, THREAD, PLANE = map(index, ("block", "thread", "plane"))
_n, _line, _quad, _turn, _m, _r, _p, _side = map(
    index, ("n", "line", "quad", "pass", "m", "r", "p", "side")
)
_k = (index("k_2"), index("k_3"))
_row, _j, _i, _u, _q = map(index, ("row", "j", "i", "u", "q"))


def of_one_group(trace: Trace | None = None, **others: Any) -> Sizes:
    """Return the sizes of three axes in one group."""
    return sizes(3, trace, groups=1, **others)


def forward(trace: Trace) -> FewCorrelated:
    """Return the map on symbols: a block has ``passes sides`` times eight channels."""
    plan = Forward(
        quads=QUADS, lines=LINES, tiles=TILES, bands=BANDS, pitch=PITCH, sides=SIDES,
        chunk=PASSES * SIDES * CHANNELS, held=HELD,
    )  # fmt: skip
    told = {name: trace.integer(getattr(plan, name)) for name in _NAMES}
    threads = trace.integer(SIDES * EACH)
    return FewCorrelated(of_one_group(trace), Forward(**told), threads)


_NAMES = ("quads", "lines", "tiles", "bands", "pitch", "sides", "chunk", "held")


def integers(trace: Trace, *terms: Term) -> Any:
    """Return formulas as integers whose fate is recorded."""
    return tuple(map(trace.integer, terms))


def _written() -> Claim:
    """Return that the position of a sum is ``flat`` of what number its block, thread and sum."""
    trace = Trace()
    held = forward(trace)
    block, thread, *of = integers(trace, BLOCK, THREAD, _turn, _m, _r, _p)
    address = held.result(block, thread, tuple(of))
    _, chunk, tile, band, depth, _, side, line = trace.divisions
    channel = flat((chunk.remainder, _turn, side.quotient, _m), (1, PASSES, SIDES, CHANNELS))
    row = flat((band.remainder, line.quotient, _r), (1, LINES, ROWS))
    column = flat((tile.remainder, line.remainder, _p), (1, QUADS, QUAD))
    place = (depth.quotient, channel, depth.remainder, row, column)
    conditions = (lt(channel, M), lt(row, O[1]), lt(column, O[2]))
    return Claim(
        name="the output of a sum is numbered by its block, thread and place",
        goal=both(
            eq(term_of(address.offset), flat(place, (N, M, *O))),
            every(*map(iff, address.inside[1:], conditions)),
        ),
        hypotheses=euclid(line),
    )


def _bounds() -> Claim:
    """Return that an output whose number is made of positions that there are lies in ``y``."""
    trace, told = Trace(), of_one_group()
    places = (_n, _m, *map(index, ("o_1", "o_2", "o_3")))
    flat(integers(trace, *places), integers(trace, N, M, *O))
    number = told.answer(places[0], 0, places[1], flat(places[2:], O))
    return within(
        "what is written lies in y",
        Address(term_of(number)),
        N * M * many("O", 3),
        trace,
        dict(zip(places, (N, M, *O), strict=True)),
    )


def _covered() -> Iterator[Claim]:
    """Yield that what an output is made of is launched: chunk, band, tile, and the thread."""
    chunk, held, parts = size("chunk"), index("held"), size("chunks")
    for name, end, of, each in (
        ("chunk", M, parts, chunk),
        ("tile", O[2], TILES, QUAD * QUADS),
    ):
        yield Claim(
            name=f"the {name} of an output is launched",
            goal=both(*box(0, _q, of)),
            hypotheses=(
                *box(0, _i, end),
                eq(_i, _q * each + held),
                *box(0, held, each),
                eq(end + each - 1, of * each + _u),
                *box(0, _u, each),
                BELOW.at(_q, held, each),
                BELOW.at(of - 1 - _q, _u, each),
            ),
        )
    half = size("half")
    yield Claim(
        name="the band of an output is launched",
        goal=both(*box(0, _q, BANDS)),
        hypotheses=(
            *box(0, _i, O[1]),
            eq(_i, (_q * LINES + _line) * ROWS + _r),
            *box(0, _r, ROWS),
            *box(0, _line, LINES),
            eq(O[1] + ROWS - 1, ROWS * half + index("e")),
            *box(0, index("e"), ROWS),
            eq(half + LINES - 1, BANDS * LINES + _u),
            *box(0, _u, LINES),
            BELOW.at(_q, _line, LINES),
            BELOW.at(BANDS - 1 - _q, _u, LINES),
        ),
    )
    yield Claim(
        name="the thread of a line and a quad is launched",
        goal=both(*box(0, _line * QUADS + _quad, EACH)),
        hypotheses=(
            *box(0, _line, LINES),
            *box(0, _quad, QUADS),
            le(LINES * QUADS, EACH),
            FLATTEN.at(_line, LINES, _quad, QUADS),
        ),
    )


def _staged() -> Iterator[Claim]:
    """Yield that what is staged lies in the arrays, and where it is staged in a patch."""
    trace = Trace()
    told = of_one_group(trace)
    begin = Tile(*integers(trace, _n, index("depth"), _row, _j))
    first, at = (integers(trace, *map(index, names)) for names in (("a", "b"), ("r'", "j'")))
    address = staged(told, begin, trace.integer(PLANE), first, at)
    ends = {_n: N, PLANE: C * K[0]}
    yield within("what is staged lies in x", address, N * C * many("I", 3), trace, ends)

    trace = Trace()
    rows = size("rows")
    place = term_of(slot(*integers(trace, _row, _j, S[2], PITCH)))
    (column,) = trace.divisions
    yield Claim(
        name="a column is staged at flat(row, remainder, quotient), in the patch",
        goal=both(
            *box(0, place, rows * S[2] * PITCH),
            eq(place, flat((_row, column.remainder, column.quotient), (rows, S[2], PITCH))),
        ),
        hypotheses=(
            *box(0, _row, rows),
            *box(0, _j, S[2] * PITCH),
            *trace.definitions(),
            BELOW.at(*column.parts, S[2]),
            ABOVE.at(column.quotient, PITCH, column.remainder, S[2]),
            FLATTEN.at(_row, rows, column.remainder, S[2]),
            FLATTEN.at(_row * S[2] + column.remainder, rows * S[2], column.quotient, PITCH),
        ),
    )


def staged_at(read: Term, at: tuple[Term, Term], trace: Trace, step: Term, beside: Term) -> Claim:
    """Return that what is read is what was staged of a row and a column.

    Args:
        read: where.
        at: the row and the column.
        trace: of the computation, which divided ``step`` by the stride.
        step: of the tap along the width.
        beside: the output's column within the tile.
    """
    (tap,) = (d for d in trace.divisions if d.number == step)
    place = term_of(slot(*integers(trace, *at, S[2], PITCH)))
    column = trace.divisions[-1]
    return Claim(
        name="what is read is what is staged of that column",
        goal=both(
            eq(column.quotient, tap.quotient + beside),
            eq(column.remainder, tap.remainder),
            eq(
                read - place,
                (tap.remainder - column.remainder) * PITCH
                + tap.quotient
                + beside
                - column.quotient,
            ),
        ),
        hypotheses=(
            *euclid(tap),
            *euclid(column),
            UNIQUE.at(*column.parts, tap.quotient + beside, tap.remainder, S[2]),
        ),
    )


def _at() -> tuple[Any, Any]:
    """Return the row and the column of a patch that an output meets at a tap."""
    return (
        S[1] * (ROWS * _line + _r) + T[1] * _k[0],
        S[2] * (QUAD * _quad + _p) + T[2] * _k[1],
    )


def _read() -> Iterator[Claim]:
    """Yield that a thread reads, at a tap, the input that the relation names."""
    trace = Trace()
    held = forward(trace)
    taps, of = integers(trace, *_k), integers(trace, _r, _p)
    read = term_of(held.read(trace.integer(THREAD), taps, of))
    thread = next(d for d in trace.divisions if d.divisor == QUADS)
    names = dict(zip((_line, _quad), thread.parts, strict=True))
    row, column = (each.xreplace(names) for each in _at())
    beside = QUAD * thread.remainder + _p
    yield staged_at(read, (row, column), trace, T[2] * _k[1], beside)

    trace = Trace()
    held = forward(trace)
    at = integers(trace, *(each.xreplace(names) for each in _at()))
    source = held.source(trace.integer(BLOCK), trace.integer(PLANE), at)
    _, _, tile, band, depth, plane = trace.divisions
    o = (
        depth.remainder,
        flat((band.remainder, thread.quotient, _r), (1, LINES, ROWS)),
        flat((tile.remainder, thread.remainder, _p), (1, QUADS, QUAD)),
    )
    told = of_one_group(trace)
    meets = told.input_of(integers(trace, *o), integers(trace, plane.remainder, *_k))
    image = told.image(depth.quotient, 0, plane.quotient, meets.offset)
    yield Claim(
        name="what is staged there is the input of the relation",
        goal=both(
            eq(term_of(source.offset), term_of(image)),
            every(*map(iff, source.inside, meets.inside)),
        ),
    )


def in_row(width: Term) -> Claim:
    """Return that a column that is read at a tap of so many lies within its row's pitch."""
    trace, (step, beside) = Trace(), (T[2] * _k[1], QUAD * _quad + _p)
    pitch_ = term_of(pitch(*integers(trace, QUADS, S[2], T[2] * (width - 1))))
    reach, _ = trace.divisions
    rest, window = index("rest"), pitch_ - QUAD * (QUADS - 1)
    return Claim(
        name="a column that is read lies in its row, and so do the quads of a window",
        goal=every(
            *box(0, beside + _q, pitch_),
            le(reach.quotient + QUAD, window),
            le(QUAD * _quad + window, pitch_),
        ),
        hypotheses=(
            *trace.definitions(),
            *box(0, _k[1], width),
            le(1, T[2]),
            eq(step, S[2] * _q + rest),
            *box(0, rest, S[2]),
            *box(0, _quad, QUADS),
            *box(0, _p, QUAD),
            SCALED.at(_k[1], width - 1, T[2]),
            SCALED.at(0, _k[1], T[2]),
            BELOW.at(reach.quotient - _q, reach.remainder, S[2]),
            BELOW.at(_q, rest, S[2]),
        ),
    )


def _in_patch() -> Claim:
    """Return that a row that is read lies in the patch, whose size is that of its rows."""
    trace = Trace()
    held = forward(trace)
    rows, patch, (row, _) = term_of(held.rows), term_of(held.patch), _at()
    return Claim(
        name="a row that is read lies in the patch",
        goal=both(*box(0, row, rows), eq(patch, rows * S[2] * PITCH)),
        hypotheses=(
            *box(0, _line, LINES),
            *box(0, _r, ROWS),
            *box(0, _k[0], K[1]),
            le(1, T[1]),
            SCALED.at(ROWS * _line + _r, ROWS * LINES - 1, S[1]),
            SCALED.at(0, ROWS * _line + _r, S[1]),
            SCALED.at(_k[0], K[1] - 1, T[1]),
            SCALED.at(0, _k[0], T[1]),
        ),
    )


def _weights() -> Iterator[Claim]:
    """Yield that a thread reads the weights of its channels at the tap, and that they are of w."""
    area, trace = K[1] * K[2], Trace()
    held = forward(trace)
    tap = _k[0] * K[2] + _k[1]
    told = integers(trace, THREAD, _turn, *_k, _m)
    read = term_of(held.weight_read(told[0], told[1], told[2:4], told[4]))
    side = trace.divisions[1]
    number = flat((_turn, side.quotient, tap, _m), (1, SIDES, area, CHANNELS))
    yield Claim(name="a weight that is read is numbered", goal=eq(read, number))

    trace, places = Trace(), (_u, _q, _m)
    held = forward(trace)
    address = held.weight(*integers(trace, BLOCK, PLANE, flat(places, (1, area, CHANNELS))))
    divided = [d for d in trace.divisions if d.divisor in (CHANNELS, CHANNELS * area, area)]
    group, lane, of_tap = divided
    first = trace.divisions[1].remainder * PASSES * SIDES * CHANNELS
    channel = first + group.quotient * CHANNELS + lane.remainder
    inside = (lt(channel, M),)
    yield Claim(
        name="the weight of that number is that of the channel and the tap",
        goal=both(
            every(
                eq(group.quotient, _u),
                eq(lane.remainder, _m),
                eq(of_tap.remainder, _q),
            ),
            eq(
                term_of(address.offset),
                flat((channel, PLANE, of_tap.remainder), (M, C * K[0], area)),
            ),
            every(*map(iff, address.inside, inside)),
        ),
        hypotheses=(
            *(fact for step in divided for fact in euclid(step)),
            *box(0, _q, area),
            *box(0, _m, CHANNELS),
            FLATTEN.at(_q, area, _m, CHANNELS),
            UNIQUE.at(*lane.parts, _u * area + _q, _m, CHANNELS),
            UNIQUE.at(*of_tap.parts, _u, _q, area),
            UNIQUE.at(*group.parts, _u, _q * CHANNELS + _m, CHANNELS * area),
        ),
    )
    trace = Trace()
    own = flat(integers(trace, _m, PLANE, _q), integers(trace, M, C * K[0], area))
    ends = {_m: M, PLANE: C * K[0], _q: area}
    yield within("a weight lies in w", own, M * C * many("K", 3), trace, ends)


def _steps() -> Iterator[Claim]:
    yield from bijections(3, 4, 5)
    yield SCALED.claim
    yield from (_written(), _bounds())
    yield from _covered()
    yield from _staged()
    yield from _read()
    yield from (in_row(K[2]), _in_patch())
    yield from _weights()


def _twin() -> Twin:
    step = _in_patch()
    return without(step, lt(_r, ROWS))


PROOF = Proof(
    name="few_channels",
    statement="A forward block of few channels stages what its outputs read and owns them alone.",
    latex=r"(\mathrm{chunk}, \mathrm{pass}, \mathrm{side}, m),\ (\mathrm{band}, \mathrm{line}, r), "
    r"(\mathrm{tile}, \mathrm{quad}, p) \leftrightarrow (m', o_2, o_3)",
    source="lecture 7, convolution of several channels",
    steps=_steps,
    twin=_twin,
)
