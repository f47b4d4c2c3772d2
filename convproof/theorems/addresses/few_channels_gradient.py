"""A block of the gradient of few channels stages what its warps read, and owns its weights alone.

::

    channel = flat(group, side, m)    plane = flat(depth, place)    tap = flat(height, level, t)

of a part, a block, a warp and one of its sums, for ``FewPaired`` of ``index_maps`` run on symbols.
So weights of a part and sums are one to one (``flatten``), and a sum of a weight is of a block that
is launched. Every strip of outputs is of one part, every quad of a strip's outputs of one lane and
turn. What a warp reads at a tap is staged at that row and column, and is the input that the
relation names of the output whose cotangent it reads beside it. What is staged is of the arrays
(``few_channels``).
"""

from collections.abc import Iterator

import sympy as sp

from convproof.index_maps.address import flat
from convproof.index_maps.few_channels import CHANNELS, LANES, QUAD, FewPaired, Gradient
from convproof.symbolic.integers import Trace, euclid, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, iff, le, lt
from convproof.theorems.addresses.few_channels import (
    BANDS,
    BLOCK,
    HELD,
    LINES,
    PITCH,
    QUADS,
    SIDES,
    TILES,
    K,
    O,
    S,
    T,
    integers,
    of_one_group,
    staged_at,
)
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, UNIQUE, every
from convproof.theorems.addresses.named import named
from convproof.theorems.addresses.symbols import C, M, N, many, within
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "few_channels.FewPaired.block",
    "few_channels.FewPaired.warp",
    "few_channels.FewPaired.part",
    "few_channels.FewPaired.tile",
    "few_channels.FewPaired.turn",
    "few_channels.FewPaired.source",
    "few_channels.FewPaired.answer",
    "few_channels.FewPaired.read",
    "few_channels.FewPaired.answer_read",
    "few_channels.FewPaired.result",
    "few_channels.FewPaired.lane",
    "few_channels.FewPaired.rows",
    "few_channels.FewPaired.patch",
    "few_channels.FewPaired.strips",
)
LEVELS, SPLITS, TALL = map(size, ("levels", "splits", "tall"))
_WARP, _STRIP, _SPLIT = map(index, ("warp", "strip", "split"))
_line, _quad, _m, _t, _k, _p, _q, _u, _i, _lane, _turn = map(
    index, ("line", "quad", "m", "t", "k_3", "p", "q", "u", "i", "lane", "turn")
)
_NAMES = ("quads", "lines", "tiles", "bands", "pitch", "sides", "held", "levels", "splits")


def gradient(trace: Trace) -> FewPaired:
    """Return the map on symbols."""
    terms = (QUADS, LINES, TILES, BANDS, PITCH, SIDES, HELD, LEVELS, SPLITS)
    plan = Gradient(**dict(zip(_NAMES, integers(trace, *terms), strict=True)))
    return FewPaired(of_one_group(trace), plan, trace.integer(TALL))


def _written() -> Claim:
    """Return that the place of a sum is ``flat`` of what number its block, warp and sum."""
    trace = Trace()
    held = gradient(trace)
    block, warp, *of = integers(trace, BLOCK, _WARP, _m, _t, _k)
    address = held.result(block, warp, tuple(of))
    height, depth, group, level, place = trace.divisions[3:]
    channel = flat((group.remainder, place.quotient, _m), (1, SIDES, CHANNELS))
    plane = flat((depth.remainder, place.remainder), (1, HELD))
    tap = flat((height.remainder, level.remainder, _t), (1, LEVELS, TALL))
    number = flat((group.quotient, channel, plane, tap, _k), (SPLITS, M, C * K[0], *K[1:]))
    conditions = (lt(channel, M), lt(plane, C * K[0]), lt(tap, K[1]))
    return Claim(
        name="the weight of a sum is numbered by its part, block, warp and place",
        goal=both(
            eq(term_of(address.offset), number), every(*map(iff, address.inside, conditions))
        ),
    )


def _bounds() -> Claim:
    """Return that a weight whose number is made of positions that there are lies in the parts."""
    trace = Trace()
    ends = {_SPLIT: SPLITS, _m: M, _q: C * K[0], _t: K[1], _k: K[2]}
    number = flat(integers(trace, *ends), integers(trace, *ends.values()))
    return within("a weight lies in the parts", number, SPLITS * M * C * many("K", 3), trace, ends)


def _covered() -> Iterator[Claim]:
    """Yield that what a weight is made of is launched, for as many blocks as the map says."""
    trace = Trace()
    gradient(trace).block(trace.integer(BLOCK))
    taps = LEVELS * TALL
    for name, end, step in zip(
        ("rows of taps", "planes", "channels"), (K[1], C * K[0], M), trace.divisions, strict=False
    ):
        of, each, rest = step.quotient, step.divisor, index("rest")
        yield Claim(
            name=f"the {name} of a weight are of a block",
            goal=both(*box(0, _q, of)),
            hypotheses=(
                *box(0, _i, end),
                eq(_i, _q * each + rest),
                *box(0, rest, each),
                *euclid(step),
                BELOW.at(_q, rest, each),
                BELOW.at(of - 1 - _q, step.remainder, each),
            ),
        )
    yield Claim(
        name="a row of a block's taps is of a level",
        goal=both(*box(0, _q, LEVELS)),
        hypotheses=(
            *box(0, _i, taps),
            eq(_i, _q * TALL + _t),
            *box(0, _t, TALL),
            BELOW.at(_q, _t, TALL),
            ABOVE.at(_q, LEVELS, _t, TALL),
        ),
    )


def _lanes() -> Iterator[Claim]:
    """Yield that a sum is written by one lane, and a quad of a strip read by one, in one turn."""
    trace = Trace()
    lane = gradient(trace).lane(integers(trace, _m, _t, _k))
    yield Claim(
        name="the lane that writes a sum is one of 32",
        goal=both(*box(0, term_of(lane), LANES)),
        hypotheses=trace.definitions(),
    )
    trace = Trace()
    line, quad = map(term_of, gradient(trace).turn(*integers(trace, _lane, _turn)))
    number = flat((_line, _quad), (LINES, QUADS))
    (step,) = trace.divisions
    yield Claim(
        name="a quad of a strip is of the lane and the turn that number it",
        goal=both(
            iff(
                both(eq(line, _line), eq(quad, _quad)),
                eq(_lane + LANES * _turn, number),
            ),
            le(0, number),
        ),
        hypotheses=(
            *euclid(step),
            *box(0, _line, LINES),
            *box(0, _quad, QUADS),
            UNIQUE.at(*step.parts, _line, _quad, QUADS),
            FLATTEN.at(_line, LINES, _quad, QUADS),
        ),
    )
    lines, quads, turned, over = index("l"), index("q'"), size("a"), index("b")
    yield Claim(
        name="the kernel's next line and quad are those of the next turn",
        goal=both(
            eq((lines + turned) * QUADS + quads + over, lines * QUADS + quads + LANES),
            eq(
                (lines + turned + 1) * QUADS + quads + over - QUADS,
                lines * QUADS + quads + LANES,
            ),
        ),
        hypotheses=(eq(LANES, QUADS * turned + over), *box(0, over, QUADS)),
    )


def _parts() -> Iterator[Claim]:
    """Yield that every strip is of one part, and of one that there is."""
    trace, other, place = Trace(), index("split'"), index("place")
    held = gradient(trace)
    begin, end = map(term_of, held.part(trace.integer(_SPLIT)))
    (step,) = trace.divisions
    strips, each = term_of(held.strips), step.quotient
    yield Claim(
        name="a strip is of one part",
        goal=eq(_SPLIT, other),
        hypotheses=(
            *euclid(step),
            *box(begin, _STRIP, end),
            *box(other * each, _STRIP, other * each + each),
            UNIQUE.at(_SPLIT, _STRIP - begin, other, _STRIP - other * each, each),
        ),
    )
    yield Claim(
        name="the part of a strip is launched",
        goal=both(*box(0, _SPLIT, SPLITS), *box(begin, _STRIP, end)),
        hypotheses=(
            *euclid(step),
            *box(0, _STRIP, strips),
            eq(_STRIP, _SPLIT * each + place),
            *box(0, place, each),
            BELOW.at(_SPLIT, place, each),
            BELOW.at(SPLITS - 1 - _SPLIT, each - 1 - place + step.remainder, each),
            SCALED.at(SPLITS, _SPLIT, each),
        ),
    )


def _read() -> Iterator[Claim]:
    """Yield that a warp reads, at a tap, the input of the relation, and the cotangent with it."""
    trace = Trace()
    held = gradient(trace)
    place, tap = integers(trace, _line, _quad), integers(trace, _t, _k)
    read, plane = held.read(trace.integer(_WARP), place, tap, trace.integer(_p))
    level, of_plane, _ = trace.divisions
    row = S[1] * _line + T[1] * (level.remainder * TALL + _t)
    beside = QUAD * _quad + _p
    at = row, S[2] * beside + _k
    yield staged_at(term_of(read), at, trace, _k, beside)

    trace = Trace()
    held = gradient(trace)
    block, strip, of = integers(trace, BLOCK, _STRIP, term_of(plane))
    source = held.source(block, strip, of, integers(trace, *at))
    tile, band, depth = trace.divisions[:3]
    height, of_block = trace.divisions[6:8]
    c = trace.divisions[-1]
    o = (
        depth.remainder,
        flat((band.remainder, _line), (1, LINES)),
        flat((tile.remainder, _quad, _p), (1, QUADS, QUAD)),
    )
    k = flat((height.remainder, level.remainder, _t), (1, LEVELS, TALL))
    sizes = of_one_group(trace, dilation=(*T[:2], sp.Integer(1)))
    meets = sizes.input_of(integers(trace, *o), integers(trace, c.remainder, k, _k))
    image = sizes.image(depth.quotient, 0, c.quotient, meets.offset)
    first = flat((of_block.remainder, of_plane.remainder), (1, HELD))
    yield Claim(
        name="what is staged there is the input of the relation",
        goal=both(
            eq(term_of(source.offset), term_of(image)),
            eq(c.number, first),
            every(*map(iff, source.inside, (lt(first, C * K[0]), *meets.inside))),
        ),
    )

    trace = Trace()
    held = gradient(trace)
    column, channel = held.answer_read(trace.integer(_WARP), place, *integers(trace, _m, _p))
    side = trace.divisions[1].quotient
    channel_, beside_ = term_of(channel), QUAD * _quad + _p
    staged = (channel_ * LINES + _line) * (QUAD * QUADS) + beside_
    read_there = channel_ * (LINES * QUAD * QUADS) + term_of(column)
    trace = Trace()
    held = gradient(trace)
    block, strip, *at = integers(trace, BLOCK, _STRIP, _line, beside_)
    address = held.answer(block, strip, trace.integer(channel_), tuple(at))
    group = trace.divisions[8]
    own = flat((group.remainder, side, _m), (1, SIDES, CHANNELS))
    number = flat((depth.quotient, own, *o), (N, M, *O))
    conditions = (lt(own, M), lt(o[1], O[1]), lt(o[2], O[2]))
    yield Claim(
        name="the cotangent beside it is that of the channel and the output",
        goal=both(
            eq(read_there, staged),
            eq(term_of(address.offset), number),
            every(*map(iff, address.inside, conditions)),
        ),
    )


def _in_patch() -> Claim:
    """Return that a row that is read lies in the patch, whose size is that of its rows."""
    trace, level = Trace(), index("level")
    held = gradient(trace)
    rows, patch = term_of(held.rows), term_of(held.patch)
    row = S[1] * _line + T[1] * (level * TALL + _t)
    return Claim(
        name="a row that is read lies in the patch",
        goal=both(*box(0, row, rows), eq(patch, rows * S[2] * PITCH)),
        hypotheses=(
            *box(0, _line, LINES),
            *box(0, level, LEVELS),
            *box(0, _t, TALL),
            le(1, T[1]),
            FLATTEN.at(level, LEVELS, _t, TALL),
            SCALED.at(_line, LINES - 1, S[1]),
            SCALED.at(0, _line, S[1]),
            SCALED.at(level * TALL + _t, LEVELS * TALL - 1, T[1]),
            SCALED.at(0, level * TALL + _t, T[1]),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3, 4, 5)
    yield SCALED.claim
    yield from named((_written(), _bounds()))
    yield from _covered()
    yield from _lanes()
    yield from _parts()
    yield from named(_read())
    yield _in_patch()


def _twin() -> Twin:
    return without(_in_patch(), lt(_line, LINES))


PROOF = Proof(
    name="few_channels_gradient",
    statement="A block of the gradient of few channels stages what its warps read and owns its "
    "weights alone.",
    latex=r"(\mathrm{group}, \mathrm{side}, m),\ (\mathrm{depth}, \mathrm{place}),\ "
    r"(\mathrm{height}, \mathrm{level}, t) \leftrightarrow (m', c K_1 + k_1, k_2)",
    source="lecture 7, convolution of several channels: weight derivative",
    steps=_steps,
    twin=_twin,
)
