"""Nothing that the kernels of few channels compute on the way to an address leaves 32 bits.

With ``L = 2^31 - 2^16``, below which ``few_channels`` holds arrays and axes, and ``A = 58112``, the
numbers of 227 KiB, the most that a block's shared memory has::

    N C I,  N M O,  M C K <= L,    I + s O + t K + |p| <= L  along each axis,
    a patch and the staged weights or cotangents <= A,    splits < 2^16 - 2^11,
    ((N - 1) M + chunk ceil(M / chunk) - 7) O <= L       =>    -2^31 < v < 2^31

for each sum, difference, product and quotient ``v`` of ``few_channels.cuh`` and its two kernels.
Blocks and tiles begin at channels, planes, taps and positions that there are, and end little
beyond; so do the rows and columns that are staged, ``A`` and a load more. An element of an array is
computed where it is there, but for a thread's first output: of the last chunk also for channels
that there are not, whose outputs are skipped. The last law is for these, and is what
``few_channels_plans.addressable`` asks; without it 2^31 is exceeded (the twin).
"""

from collections.abc import Iterator

import sympy as sp

from convproof.index_maps.few_channels import CHANNELS, QUAD, ROWS
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, le, lt
from convproof.theorems.addresses.few_channels import (
    BLOCK,
    LINES,
    PASSES,
    QUADS,
    SIDES,
    THREAD,
    O,
    forward,
    integers,
)
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.int32_windows import SMALLER
from convproof.theorems.addresses.lemmas import FLATTEN, every
from convproof.theorems.addresses.named import named
from convproof.theorems.addresses.symbols import M, N, many
from convproof.theorems.proof import Proof, Twin, without

PROVES = ("few_channels.FewCorrelated.end",)
LIMIT, END = 2**31 - 2**16, 2**31
STAGED, AHEAD, PARTS = 227 * 256, 256, 2**16 - 2**11  # numbers; of a warp's loads; of a sum
_i, _j, _k, _q, _r, _u, _x, _turn, _side = map(
    index, ("i", "j", "k", "q", "r", "u", "x", "pass", "side")
)
_o, _s, _t, _p = index("o"), size("s"), index("t"), index("p")


def _fits(*numbers: Term, least: int = -END) -> sp.Basic:
    return every(*(part for n in numbers for part in (lt(least, n), lt(n, END))))


def _begins() -> Claim:
    """Return that what a block begins with is there, and its end little beyond.

    Channels, planes, rows of taps, bands and tiles of outputs are cut alike.
    """
    end, each, parts = size("end"), size("each"), size("parts")
    return Claim(
        name="where a block's share of something begins, and what is in it",
        goal=both(
            *box(0, _q * each, end),
            _fits(end + each - 1, _q * each + _j, least=-1),
        ),
        hypotheses=(
            le(end, LIMIT),
            le(each, STAGED),
            eq(end + each - 1, parts * each + _r),
            *box(0, _r, each),
            *box(0, _q, parts),
            *box(0, _j, STAGED + 2**11),
            SCALED.at(_q + 1, parts, each),
            SCALED.at(0, _q, each),
        ),
    )


def _rows_of_bands() -> Claim:
    """Return the same of forward's bands: each line has two rows, the last perhaps one."""
    lines, bands, half = size("lines"), size("bands"), size("half")
    return Claim(
        name="where a band of lines of two rows begins, and what is in it",
        goal=both(
            *box(0, _q * (ROWS * lines), O[1]),
            _fits(_q * (ROWS * lines) + ROWS * _j + 1, least=-1),
        ),
        hypotheses=(
            le(O[1], LIMIT),
            eq(O[1] + ROWS - 1, ROWS * half + _u),
            *box(0, _u, ROWS),
            eq(half + lines - 1, bands * lines + _r),
            *box(0, _r, lines),
            *box(0, _q, bands),
            *box(0, _j, 2**8),
            SCALED.at(_q + 1, bands, lines),
            SCALED.at(0, _q, lines),
        ),
    )


def _along() -> Iterator[Claim]:
    """Yield what is computed along an axis: the first position of a patch, and those in it."""
    inputs, taps, outputs = map(size, "IKO")
    reach = (
        le(inputs + _s * outputs + _t * taps + sp.Abs(_p), LIMIT),
        *box(0, _o, outputs),
        *box(0, _k, taps),
        le(1, _t),
        SCALED.at(_o, outputs, _s),
        SCALED.at(0, _o, _s),
        SCALED.at(_k, taps, _t),
        SCALED.at(0, _k, _t),
    )
    begin = _s * _o + _t * _k - _p
    yield Claim(
        name="along an axis, where a patch begins and what is loaded of it lies",
        goal=_fits(
            _s * _o, _t * _k, _s * _o + _t * _k, _s * _o - _p, begin, begin + _j, _s * _o - _p + _j
        ),
        hypotheses=(*reach, *box(0, _j, STAGED + AHEAD)),
    )
    yield Claim(
        name="along an axis, how many outputs are left of a row",
        goal=_fits(outputs - _o - _j),
        hypotheses=(le(outputs, LIMIT), *box(0, _o, outputs), *box(0, _j, STAGED)),
    )


def _arrays() -> Iterator[Claim]:
    """Yield that of an element that is there each number is below the elements of the array."""
    places = [index(f"x_{axis}") for axis in range(5)]
    ends = [size(f"E_{axis}") for axis in range(5)]
    number, end = places[0], ends[0]
    steps: list[Term] = []
    facts = []
    for place, by in zip(places[1:], ends[1:], strict=True):
        facts += [FLATTEN.at(number, end, 0, by), FLATTEN.at(number, end, place, by)]
        steps += [(number * by, end * by), (number * by + place, end * by)]
        number, end = number * by + place, end * by
    for i, (step, most) in enumerate(steps):
        whole = 2 * (i // 2 + 1)
        yield Claim(
            name=f"an element of an array, step {i + 1}",
            goal=both(*box(0, step, most)),
            hypotheses=(
                *(b for x, e in zip(places, ends, strict=True) for b in box(0, x, e)),
                *facts[:whole],
            ),
        )
    part, rest = size("part"), size("rest")
    yield Claim(
        name="the elements of some axes of an array are at most those of all",
        goal=both(le(part, LIMIT), le(rest, LIMIT)),
        hypotheses=(le(part * rest, LIMIT), SCALED.at(1, rest, part), SCALED.at(1, part, rest)),
    )


def _first_output() -> Iterator[Claim]:
    """Yield what a thread's first output is, and that it is below ``end``, with all on the way."""
    trace, positions = Trace(), size("positions")
    held = forward(trace)
    block, thread, turn = integers(trace, BLOCK, THREAD, _turn)
    address = held.result(block, thread, (turn, 0, 0, 0))
    _, chunk, tile, band, depth, _, side, line = trace.divisions
    channel = chunk.remainder * (PASSES * SIDES * CHANNELS)
    channel += (_turn * SIDES + side.quotient) * CHANNELS
    row = ROWS * (band.remainder * LINES + line.quotient)
    column = QUAD * (tile.remainder * QUADS + line.remainder)
    yield Claim(
        name="a thread's first output is that of the map",
        goal=eq(
            term_of(address.offset),
            (depth.quotient * M + channel) * many("O", 3)
            + (depth.remainder * O[1] + row) * O[2]
            + column,
        ),
    )

    trace, n = Trace(), index("n")
    channels = sp.expand(sp.cancel(term_of(forward(trace).end) / many("O", 3)))
    (chunks,) = trace.divisions
    group = _turn * SIDES + _side
    channel = _q * (PASSES * SIDES * CHANNELS) + group * CHANNELS
    image = n * M + channel
    yield Claim(
        name="the channel of a thread's first output, also if there is none",
        goal=both(
            _fits(channel + CHANNELS - 1, n * M, least=-1),
            *box(0, image, channels),
        ),
        hypotheses=(
            *box(0, n, N),
            *box(0, _q, chunks.quotient),
            *box(0, _turn, PASSES),
            *box(0, _side, SIDES),
            le(N * M, LIMIT),
            le(M, LIMIT),
            le(PASSES * SIDES * CHANNELS, STAGED),
            *trace.definitions(),
            FLATTEN.at(_turn, PASSES, _side, SIDES),
            FLATTEN.at(_q, chunks.quotient, group, PASSES * SIDES),
            SCALED.at(n, N - 1, M),
            SCALED.at(0, n, M),
        ),
    )
    end, of = size("channels"), index("channel")
    yield Claim(
        name="where a thread's first output lies, or would",
        goal=_fits(of * positions, of * positions + _x, least=-1),
        hypotheses=(
            le(end * positions, LIMIT),
            le(N * M * positions, LIMIT),
            *box(0, of, end),
            *box(0, _x, positions),
            FLATTEN.at(of, end, _x, positions),
            FLATTEN.at(of, end, 0, positions),
        ),
    )


def _shared() -> Iterator[Claim]:
    """Yield what is computed of places in shared memory, all of them there or a load further."""
    held, size_, place = size("held"), size("size"), index("place")
    yield Claim(
        name="a place in shared memory, and what a thread goes on to",
        goal=_fits(
            held * size_, place * size_, place * size_ + _x, _x + AHEAD, _x + STAGED, least=-1
        ),
        hypotheses=(
            le(held * size_, STAGED),
            *box(0, place, held),
            *box(0, _x, size_),
            FLATTEN.at(place, held, 0, size_),
            FLATTEN.at(place, held, _x, size_),
            SCALED.at(1, held, size_),
        ),
    )
    lines, quads, line = size("lines"), size("quads"), index("line")
    yield Claim(
        name="a line and a quad, also of the turn after the last",
        goal=_fits(line * quads + _q, line * quads * QUAD + QUAD * _q + QUAD, least=-1),
        hypotheses=(
            le(lines * quads, STAGED),
            *box(0, line, lines + 2**6),
            le(quads, STAGED),
            *box(0, _q, 2 * quads + 2**5),
            SCALED.at(line, lines + 2**6, quads),
            SCALED.at(0, line, quads),
        ),
    )
    step, stride = index("step"), size("stride")
    yield Claim(
        name="a tap along the width, of a stride that is divided",
        goal=both(*box(0, _q, step + 1), *box(0, stride * _q, step + 1), *box(0, _r, stride)),
        hypotheses=(
            le(0, step),
            eq(step, stride * _q + _r),
            *box(0, _r, stride),
            SMALLER.at(step, stride, _q, _r),
        ),
    )


def _numbers() -> Iterator[Claim]:
    """Yield what is taken apart: the number of a block or of a strip, and the parts of a sum."""
    number, by = index("number"), size("by")
    yield Claim(
        name="the number of a block, and what is left of it",
        goal=both(*box(0, _q, END), *box(0, by * _q, END)),
        hypotheses=(
            *box(0, number, END - 1),
            eq(number, by * _q + _r),
            *box(0, _r, by),
            SMALLER.at(number, by, _q, _r),
        ),
    )
    strips, splits, each, split = size("strips"), size("splits"), size("each"), index("split")
    yield Claim(
        name="the strips of a part",
        goal=_fits(strips + splits - 1, split * each, (split + 1) * each, least=-1),
        hypotheses=(
            le(strips, LIMIT),
            lt(splits, PARTS),
            eq(strips + splits - 1, splits * each + _r),
            *box(0, _r, splits),
            *box(0, split, splits),
            SCALED.at(split + 1, splits, each),
            SCALED.at(0, split, each),
        ),
    )
    bands, lines, tiles, quads = map(size, ("bands", "lines", "tiles", "quads"))
    tile = QUAD * quads
    yield Claim(
        name="the tiles of a plane are at most its outputs",
        goal=both(le(bands, O[1]), le(tiles, O[2]), le(bands * tiles, O[1] * O[2])),
        hypotheses=(
            eq(O[1] + lines - 1, bands * lines + _r),
            *box(0, _r, lines),
            eq(O[2] + tile - 1, tiles * tile + _u),
            *box(0, _u, tile),
            SCALED.at(1, lines, bands - 1),
            SCALED.at(1, tile, tiles - 1),
            SCALED.at(bands, O[1], tiles),
            SCALED.at(tiles, O[2], O[1]),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, SCALED.claim, SMALLER.claim)
    yield from named((_begins(), _rows_of_bands()))
    for claims in (_along, _arrays, _shared, _numbers):
        yield from named(claims())
    yield from _first_output()


def _twin() -> Twin:
    *_, step = _first_output()
    return without(step, step.hypotheses[0])


PROOF = Proof(
    name="int32_few_channels",
    statement="No number that the kernels of few channels compute on the way to an address "
    "overflows.",
    latex=r"N C I,\ N M O,\ M C K,\ \bigl((N - 1) M + \lceil M / c \rceil c - 7\bigr) O \le L "
    r"\Rightarrow -2^{31} < v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
