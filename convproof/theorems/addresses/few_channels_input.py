"""A block of the input's gradient of few channels stages what its inputs meet, and owns them alone.

::

    u_2 = floor(p_2 / s_2) + flat(band, line, r)      i_2 + p_2 = s_2 u_2 + phase
    u_3 = first + flat(tile, quad, j)                 i_3 + p_3 = s_3 u_3 + e

of a block, a thread and one of its sums, for ``FewSpread`` of ``index_maps`` run on symbols. So
inputs and sums are one to one (``flatten``; a quotient and its phase are unique, ``phases``), and
every input is of a block and a thread that there are. What a thread reads for a sum at a tap of the
height and one of the width of the sum's phase, ``e = k_3 mod s_3``, is staged, and is the cotangent
of the relation

::

    s_2 o_2 = i_2 + p_2 - t_2 k_2,   s_3 o_3 = i_3 + p_3 - k_3

where ``s_2 start = t_2 first - phase`` and ``s_2 hop = t_2 every`` (``phases``, whose taps are all
that an input meets); the weight is that of the channel at these taps. What is staged is of the
arrays, also four at a time, of rows of whole quads.
"""

from collections.abc import Iterator
from typing import NamedTuple

import sympy as sp

from convproof.index_maps.address import flat
from convproof.index_maps.few_channels import QUAD
from convproof.index_maps.few_channels_input import FewSpread, Met, Spreading
from convproof.symbolic.integers import Divided, Trace, euclid, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, iff, le, lt
from convproof.theorems.addresses.few_channels import (
    BANDS,
    BLOCK,
    LINES,
    QUADS,
    THREAD,
    TILES,
    I,
    K,
    O,
    P,
    S,
    T,
    integers,
    of_one_group,
)
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import BELOW, FLATTEN, UNIQUE, every
from convproof.theorems.addresses.symbols import C, M, N, many, within
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "few_channels_input.Met.tap",
    "few_channels_input.Met.output",
    "few_channels_input.FewSpread.reach",
    "few_channels_input.FewSpread.above",
    "few_channels_input.FewSpread.staged_rows",
    "few_channels_input.FewSpread.columns",
    "few_channels_input.FewSpread.line",
    "few_channels_input.FewSpread.first_column",
    "few_channels_input.FewSpread.block",
    "few_channels_input.FewSpread.thread",
    "few_channels_input.FewSpread.place",
    "few_channels_input.FewSpread.result",
    "few_channels_input.FewSpread.source",
    "few_channels_input.FewSpread.read",
    "few_channels_input.FewSpread.weight",
    "few_channels_input.FewSpread.weight_read",
)
ROWS, SLAB, CHANNELS = map(size, ("rows", "slab", "channels"))
FIRST, EVERY, START, HOP = (
    index("first"), size("every"), index("start"), index("hop")
)  # fmt: skip
_c, _r, _j, _e, _b, _k, _z, _m, _tap = map(index, ("c", "r", "j", "e", "b", "k_3", "z", "m", "k_1"))
_i, _q, _u, _v, _line, _phase = map(index, ("i", "q", "u", "v", "line", "phase"))


def spread(trace: Trace) -> FewSpread:
    """Return the map on symbols."""
    names, terms = ("quads", "lines", "tiles", "bands", "slab"), (QUADS, LINES, TILES, BANDS, SLAB)
    plan = Spreading(**dict(zip(names, integers(trace, *terms), strict=True)))
    return FewSpread(of_one_group(trace), plan, *integers(trace, ROWS, CHANNELS))


def met(trace: Trace) -> Met:
    """Return the taps along the height on symbols."""
    return Met(*integers(trace, FIRST, EVERY, START, HOP))


class _Parts(NamedTuple):
    """What the numbers of a block and a thread are taken apart into, and the padding's quotient."""

    phase: Divided
    tile: Divided
    band: Divided
    depth: Divided
    low: Divided
    thread: Divided

    @property
    def quotient(self) -> Term:
        """The quotient along the height of a sum of row ``r``."""
        row = flat((self.band.remainder, self.thread.quotient, _r), (1, LINES, ROWS))
        return self.low.quotient + row

    def beside(self, first: Term) -> Term:
        """The quotient along the width of a sum of quotient ``j``, of which ``first`` is first."""
        place = (self.tile.remainder, self.thread.remainder, _j)
        return first + flat(place, (1, QUADS, QUAD))


def _parts(trace: Trace) -> _Parts:
    chain: list[Divided] = []
    number: Term = BLOCK
    for step in trace.divisions:
        if step.number == number and len(chain) < 4:
            chain.append(step)
            number = step.quotient
    low = next(d for d in trace.divisions if d.number == P[1])
    thread = next(d for d in trace.divisions if d.number == THREAD)
    phase, tile, band, depth = chain
    return _Parts(phase, tile, band, depth, low, thread)


def _written() -> Claim:
    """Return where a sum is written, by its block, thread and place."""
    trace = Trace()
    held = spread(trace)
    block, thread, c, r, j, e = integers(trace, BLOCK, THREAD, _c, _r, _j, _e)
    address = held.result(block, c, held.place(thread, r, j, e))
    first = term_of(held.first_column) + term_of(held.reach)
    of = _parts(trace)
    i = (
        S[1] * of.quotient + of.phase.remainder - P[1],
        S[2] * of.beside(first) + _e - P[2],
    )
    place = (of.depth.quotient, _c, of.depth.remainder, *i)
    conditions = [b for p, n in zip(i, I[1:], strict=True) for b in (le(0, p), lt(p, n))]
    return Claim(
        name="the input of a sum is numbered by its block, thread and place",
        goal=both(
            eq(term_of(address.offset), flat(place, (N, C, *I))),
            every(*map(iff, address.inside, (lt(_c, C), *conditions))),
        ),
    )


def _covered() -> Iterator[Claim]:
    """Yield that what an input is made of is launched: quotients, bands and tiles of them."""
    step, end = size("s"), size("I")
    low, of, last = index("low"), index("q'"), index("last")
    rest, before, after = map(index, ("rest", "f", "g"))
    yield Claim(
        name="the quotient of an input is one of those that are shared",
        goal=both(le(of, _q), le(_q, last)),
        hypotheses=(
            *box(0, _i, end),
            eq(_i + low, step * _q + rest),
            *box(0, rest, step),
            eq(low, step * of + before),
            *box(0, before, step),
            eq(end - 1 + low, step * last + after),
            *box(0, after, step),
            SCALED.at(_q + 1, of, step),
            SCALED.at(last + 1, _q, step),
        ),
    )
    for name, each in (("band", ROWS), ("tile", sp.Integer(QUAD))):
        of_all, parts, lines = size("quotients"), size("parts"), size("lines")
        half, left, more = size("half"), index("d"), index("a")
        yield Claim(
            name=f"the {name} of a quotient is launched",
            goal=both(*box(0, _q, parts)),
            hypotheses=(
                *box(0, _i, of_all),
                eq(_i, (_q * lines + _line) * each + _r),
                *box(0, _r, each),
                *box(0, _line, lines),
                eq(of_all + each - 1, half * each + left),
                *box(0, left, each),
                eq(half + lines - 1, parts * lines + more),
                *box(0, more, lines),
                BELOW.at(_q * lines + _line, _r, each),
                BELOW.at(half - 1 - (_q * lines + _line), left, each),
                BELOW.at(_q, _line, lines),
                BELOW.at(parts - 1 - _q, more, lines),
            ),
        )
    trace = Trace()
    held = spread(trace)
    skipped = term_of(held.sizes.low[2] // held.sizes.stride[2] - held.reach - held.first_column)
    yield Claim(
        name="the first tile begins at most three quotients too early, at a multiple of four",
        goal=both(
            *box(0, skipped, QUAD),
            eq(term_of(held.first_column), QUAD * (trace.divisions[-1].quotient - 1)),
        ),
        hypotheses=trace.definitions(),
    )


def _staged() -> Iterator[Claim]:
    """Yield that what is staged lies in the arrays, also four columns at a time."""
    trace = Trace()
    block, z, m, row, column = integers(trace, BLOCK, _z, _m, _i, _j)
    address = spread(trace).source(block, z, m, (row, column))
    ends = {BLOCK: N * I[0] * BANDS * TILES * S[1], _m: M}
    yield within("what is staged lies in y_bar", address, N * M * many("O", 3), trace, ends)
    at = QUAD * _v
    yield Claim(
        name="four columns of a row of whole quads are all there, or none",
        goal=iff(both(*box(0, at, QUAD * _u)), both(*box(0, at + _j, QUAD * _u))),
        hypotheses=box(0, _j, QUAD),
    )


def _read() -> Iterator[Claim]:
    """Yield that a thread reads, at a tap, the cotangent that the relation names."""
    trace = Trace()
    held = spread(trace)
    block, thread, z, m, r, j, b, k = integers(trace, BLOCK, THREAD, _z, _m, _r, _j, _b, _k)
    taps = met(trace)
    source = held.source(block, z, m, held.read(thread, taps, b, (r, j, k)))
    first = term_of(held.first_column) + term_of(held.reach)
    of = _parts(trace)
    (along,) = (d for d in trace.divisions if d.number == _k)
    o = (_z, term_of(taps.output(trace.integer(of.quotient), b)), of.beside(first) - along.quotient)
    inside = [part for p, n in zip(o, O, strict=True) for part in (le(0, p), lt(p, n))]
    yield Claim(
        name="what is read at a tap is the cotangent at quotients less what the taps take",
        goal=both(
            eq(term_of(source.offset), flat((of.depth.quotient, _m, *o), (N, M, *O))),
            every(*map(iff, source.inside, inside)),
        ),
    )
    tap = term_of(taps.tap(trace.integer(_b)))
    yield Claim(
        name="these are the outputs of the relation",
        goal=both(
            eq(S[1] * (_u - START - HOP * _b), S[1] * _u + _phase - T[1] * tap),
            eq(S[2] * (_v - along.quotient), S[2] * _v + _e - _k),
        ),
        hypotheses=(
            eq(T[1] * FIRST, S[1] * START + _phase),
            eq(T[1] * (EVERY * _b), S[1] * (HOP * _b)),
            *euclid(along),
            eq(_e, along.remainder),
        ),
    )


def _taken() -> Claim:
    """Return that a tap takes no less than nothing of a quotient, and no more than the last."""
    back, tap = index("back"), index("k_2")
    return Claim(
        name="what a tap of the height takes of a quotient",
        goal=both(le(0, back), le(S[1] * back, T[1] * (K[1] - 1))),
        hypotheses=(
            eq(T[1] * tap, S[1] * back + _phase),
            *box(0, _phase, S[1]),
            *box(0, tap, K[1]),
            le(1, T[1]),
            SCALED.at(0, tap, T[1]),
            SCALED.at(tap, K[1] - 1, T[1]),
            SCALED.at(back + 1, 0, S[1]),
        ),
    )


def _in_patch() -> Iterator[Claim]:
    """Yield that the row and the columns that are read are staged."""
    trace = Trace()
    held, taps = spread(trace), met(trace)
    thread, b, *of = integers(trace, THREAD, _b, _r, _j, _k)
    row, column = map(term_of, held.read(thread, taps, b, (of[0], of[1], of[2])))
    rows, columns = term_of(held.staged_rows), term_of(held.columns)
    thread = next(d for d in trace.divisions if d.number == THREAD)
    above = next(d for d in trace.divisions if d.divisor == S[1])
    back = START + _b * HOP
    yield Claim(
        name="a row that is read is staged",
        goal=both(*box(0, row, rows)),
        hypotheses=(
            *box(0, thread.quotient, LINES),
            *box(0, _r, ROWS),
            *euclid(above),
            le(0, back),
            le(S[1] * back, T[1] * (K[1] - 1)),
            FLATTEN.at(thread.quotient, LINES, _r, ROWS),
            SCALED.at(above.quotient + 1, back, S[1]),
        ),
    )
    along = next(d for d in trace.divisions if d.number == _k)
    reach = next(d for d in trace.divisions if d.number == K[2] - 1)
    window = next(d for d in trace.divisions if d.divisor == QUAD)
    yield Claim(
        name="a column that is read is staged, and so are the quads of a window",
        goal=every(
            *box(0, column, columns),
            le(QUAD * thread.remainder + QUAD + QUAD * window.quotient, columns),
            le(QUAD + reach.quotient, QUAD + QUAD * window.quotient),
        ),
        hypotheses=(
            *euclid(along),
            *euclid(reach),
            *euclid(window),
            *box(0, _k, K[2]),
            *box(0, _j, QUAD),
            *box(0, thread.remainder, QUADS),
            SCALED.at(reach.quotient + 1, along.quotient, S[2]),
            BELOW.at(along.quotient, along.remainder, S[2]),
        ),
    )


def _weights() -> Iterator[Claim]:
    """Yield that a thread multiplies the weight of the channel at the taps."""
    trace = Trace()
    held, taps = spread(trace), met(trace)
    m, tap, b, k, c = integers(trace, _m, _tap, _b, _k, _c)
    address = held.weight(m, tap, taps, held.weight_read(b, k, c))
    line = term_of(held.line)
    row = next(d for d in trace.divisions if d.divisor == line)
    within_row = next(d for d in trace.divisions if d.number == row.remainder)
    quads = next(d for d in trace.divisions if d.divisor == QUAD)
    place = (within_row.remainder, _tap, FIRST + EVERY * row.quotient, within_row.quotient)
    whole = (_m * C + place[0]) * many("K", 3)
    yield Claim(
        name="a weight is numbered by its channels and taps",
        goal=both(
            eq(term_of(address.offset), whole + flat(place[1:], K)),
            every(*map(iff, address.inside, (lt(place[3], K[2]), lt(place[0], C)))),
        ),
    )
    yield Claim(
        name="the weight that is read is that of the channel at the taps",
        goal=both(
            eq(row.quotient, _b),
            eq(within_row.quotient, _k),
            eq(within_row.remainder, _c),
        ),
        hypotheses=(
            *euclid(quads),
            *euclid(row),
            *euclid(within_row),
            *box(0, _k, K[2]),
            *box(0, _c, CHANNELS),
            FLATTEN.at(_k, K[2], _c, CHANNELS),
            UNIQUE.at(*row.parts, _b, _k * CHANNELS + _c, line),
            UNIQUE.at(*within_row.parts, _k, _c, CHANNELS),
        ),
    )
    trace = Trace()
    places = (_m, _c, _tap, _q, _k)
    own = flat(integers(trace, *places), integers(trace, M, C, *K))
    ends = dict(zip(places, (M, C, *K), strict=True))
    yield within("a weight lies in w", own, M * C * many("K", 3), trace, ends)


def _steps() -> Iterator[Claim]:
    yield from bijections(3, 4, 5)
    yield SCALED.claim
    yield _written()
    yield from _covered()
    yield from _staged()
    yield from _read()
    yield _taken()
    yield from _in_patch()
    yield from _weights()


def _twin() -> Twin:
    step, _ = _in_patch()
    return without(step, lt(_r, ROWS))


PROOF = Proof(
    name="few_channels_input",
    statement="A block of the input's gradient of few channels stages what its inputs meet and "
    "owns them alone.",
    latex=r"i_2 + p_2 = s_2 u_2 + e_2,\ i_3 + p_3 = s_3 u_3 + e_3,\ "
    r"(\mathrm{band}, \mathrm{line}, r) \leftrightarrow u_2,\ "
    r"(\mathrm{tile}, \mathrm{quad}, j) \leftrightarrow u_3",
    source="lecture 7, convolution of several channels",
    steps=_steps,
    twin=_twin,
)
