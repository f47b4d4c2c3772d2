"""Nothing that a depthwise kernel computes on its way to an address leaves 32 bits.

For every limit ``L`` of an array, and so for ``2**31 - 2**16``, and what ``depthwise.fits`` asks::

    N G I,  N G M O,  G M K <= L,      I + p + s O < 2^29  along each axis
    a box has at most 7168 positions,  t (K - 1) < 7168,  t <= 7168,  a tile at most 2^12 results
    at most 2^30 blocks, and tiles of a channel      =>   -2^31 < v < 2^31

for each sum, difference and product ``v`` of ``depthwise.cuh`` and of the three kernels: what a
block and a thread take apart, where a tile and its chunk of channels begin (``chunk`` is of ``M``
in ``2^k <= 2^11`` parts), a position along an axis, an element of an array and of a box, and the
shares of a gradient. Every number that is divided lies in ``0 <= n < 2^30``, of which quotients are
exact (``quotients``).

Two places are computed and not read. The taps of a strided input VJP are found one by one, so that
its box is smaller than its tile; and a warp whose unit of taps is beyond the last, less than as
many again, finds where that would lie: for a single tap only the launcher bounds ``t`` (the twin).
"""

from collections.abc import Iterator

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.index_maps.depthwise import inputs_begin, inputs_of
from convproof.symbolic.integers import SymbolicInt, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, le, lt
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.int32_windows import SMALLER
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, every
from convproof.theorems.addresses.named import named
from convproof.theorems.addresses.symbols import sizes
from convproof.theorems.proof import Proof, Twin, without

LIMIT, END = size("L"), 2**31
FAR, DIVIDED = 2**29, 2**30  # positions of an axis, and what a quotient is exact of
MOST_BOX, MOST_TILE, MOST_PARTS, WIDEST = 7168, 2**12, 2**11, 8
_N, _G, _P, _M, _R, _T = map(size, "NGPMRT")
_I, _K, _O, _s = map(size, "IKOs")
_S, _E = ([size(f"{letter}_{axis}") for axis in (1, 2, 3)] for letter in "SE")
_n, _g, _e, _j, _r, _q, _x, _y = map(index, ("n", "g", "e", "j", "r", "q", "x", "y"))
_k, _p, _t, _first, _before, _place = map(index, ("k", "p", "t", "first", "before", "place"))


def _fits(*numbers: sp.Expr, end: int = END) -> sp.Basic:
    """Return that numbers of either sign fit."""
    return every(*(part for n in numbers for part in (lt(-end, n), lt(n, end))))


def _natural(*numbers: sp.Expr, end: Term) -> sp.Basic:
    return every(*(part for n in numbers for part in box(0, n, end)))


def _first_of_a_tile() -> Claim:
    """Return that a tile, or its images, begins at one that there is, and ends little beyond it."""
    tiles = size("tiles")
    return Claim(
        name="where a tile begins",
        goal=both(*box(0, _j * _T, _R), lt(_j * _T + _T, _R + _T)),
        hypotheses=(
            eq(_R + _T - 1, _T * tiles + _r),
            *box(0, _r, _T),
            *box(0, _j, tiles),
            SCALED.at(_j + 1, tiles, _T),
            SCALED.at(0, _j, _T),
        ),
    )


def _chunk() -> Claim:
    """Return that a chunk of channels ends at most ``2^11`` beyond the channels."""
    chunk, chunks, parts = map(size, ("chunk", "chunks", "parts"))
    return Claim(
        name="where a chunk of channels ends",
        goal=_natural(_j * chunk, (_j + 1) * chunk, end=LIMIT + MOST_PARTS),
        hypotheses=(
            le(_M, LIMIT),
            eq(_M + parts - 1, parts * chunk + _r),
            *box(0, _r, parts),
            le(parts, MOST_PARTS),
            le(chunks, parts),
            *box(0, _j, chunks),
            SCALED.at(0, _j, chunk),
            SCALED.at(_j + 1, parts, chunk),
        ),
    )


def _elements() -> Iterator[Claim]:
    """Yield of an array ``(N, G, P)``, with ``P = E_1 E_2 E_3``, where its elements lie."""
    channel = _n * _G + _g
    yield Claim(
        name="where a plane begins, and an element of it lies",
        goal=_natural(_n * _G, channel, channel * _P, channel * _P + _e, end=LIMIT),
        hypotheses=(
            *box(0, _n, _N),
            *box(0, _g, _G),
            *box(0, _e, _P),
            le(_N * _G * _P, LIMIT),
            FLATTEN.at(_n, _N, 0, _G),
            FLATTEN.at(_n, _N, _g, _G),
            FLATTEN.at(channel, _N * _G, 0, _P),
            FLATTEN.at(channel, _N * _G, _e, _P),
            SCALED.at(1, _P, _n * _G),
            SCALED.at(1, _P, channel),
        ),
    )
    yield Claim(
        name="how far an element of another image lies",
        goal=_natural(_n * (_G * _P), _n * (_G * _P) + _e, end=LIMIT),
        hypotheses=(
            *box(0, _n, _N),
            *box(0, _e, _P),
            le(_N * (_G * _P), LIMIT),
            SCALED.at(1, _G, _P),
            FLATTEN.at(_n, _N, 0, _G * _P),
            FLATTEN.at(_n, _N, _e, _G * _P),
        ),
    )
    places = [index(f"x_{axis}") for axis in (1, 2, 3)]
    row = places[0] * _E[1] + places[1]
    yield Claim(
        name="an element of a plane, and of the rows after it",
        goal=_natural(
            row, row * _E[2], row * _E[2] + places[2], _j * _E[2], end=_E[0] * _E[1] * _E[2]
        ),
        hypotheses=(
            *(part for x, e in zip(places, _E, strict=True) for part in box(0, x, e)),
            *box(0, _j, _E[1] - places[1]),
            FLATTEN.at(places[0], _E[0], places[1], _E[1]),
            FLATTEN.at(row, _E[0] * _E[1], 0, _E[2]),
            FLATTEN.at(row, _E[0] * _E[1], places[2], _E[2]),
            SCALED.at(1, _E[2], row),
            FLATTEN.at(_j, _E[0] * _E[1], 0, _E[2]),
            FLATTEN.at(places[0], _E[0], 0, _E[1]),
            SCALED.at(1, _E[0], _E[1]),
        ),
    )


def _far() -> tuple[Boolean, ...]:
    """Return how far apart positions along an axis are at most, of what ``depthwise.fits``."""
    return lt(_I + _p + _s * _O, FAR), le(0, _p), SCALED.at(1, _O, _s)


def _window() -> tuple[Boolean, ...]:
    """Return how far apart taps along an axis are at most."""
    return le(1, _t), le(_t, MOST_BOX), lt(_t * (_K - 1), MOST_BOX), le(_K, MOST_BOX)


def _positions() -> Iterator[Claim]:
    """Yield what is computed along an axis: where a box begins, and what of it lies where."""
    told = sizes(1)
    begin = term_of(inputs_begin(told, 0, SymbolicInt(_first)))
    yield Claim(
        name="along an axis, a window's positions",
        goal=_fits(_s * _first, begin, begin - _before, begin + _place, end=DIVIDED),
        hypotheses=(
            *box(0, _first, _O),
            *box(0, _before, WIDEST),
            *box(-WIDEST, _place, MOST_BOX),
            *_far(),
            SCALED.at(_first, _O, _s),
            SCALED.at(0, _first, _s),
        ),
    )
    result = size("R")
    yield Claim(
        name="along an axis, a result, and how many are left",
        goal=_fits(_first + _e, result - _first - _e, end=DIVIDED),
        hypotheses=(
            *box(0, _first, result),
            *box(0, _e, MOST_TILE),
            lt(result, FAR),
        ),
    )
    least = _first + _p - _t * (_K - 1)
    yield Claim(
        name="along an axis, what the first output of a box is divided from",
        goal=_fits(_first + _p, least, -least, least + _s - 1, end=DIVIDED),
        hypotheses=(
            *box(0, _first, _I),
            *_far(),
            *_window(),
            SCALED.at(0, _K - 1, _t),
        ),
    )


def _taps() -> Iterator[Claim]:
    """Yield what a strided input VJP computes of the taps that meet an input, along an axis."""
    lifted, at, begin = index("lifted"), index("at"), index("begin")
    yield Claim(
        name="along an axis, the first tap that meets an input",
        goal=both(
            _fits(lifted, at - _t, _k + _r, _q - begin, end=DIVIDED),
            *box(0, _q, DIVIDED),
            *box(0, _s * _q, DIVIDED),
        ),
        hypotheses=(
            *_far(),
            *_window(),
            *box(_p, lifted, _I + _p),
            *box(0, at, lifted + 1),
            *box(0, _k, _K),
            eq(at, _s * _q + _r),
            *box(0, _r, _s),
            SMALLER.at(at, _s, _q, _r),
            *box(-MOST_BOX, begin, FAR),
        ),
    )
    a, back, common, place = size("a"), size("back"), size("h"), index("o")
    yield Claim(
        name="along an axis, the next tap that meets an input, and its output",
        goal=_fits(_k + a, place - back, end=DIVIDED),
        hypotheses=(
            *_far(),
            *_window(),
            *box(0, _k, _K),
            eq(_s, common * a),
            eq(_t, common * back),
            SCALED.at(1, common, a),
            SCALED.at(1, common, back),
            *box(0, place, MOST_BOX),
        ),
    )


def _boxes() -> Iterator[Claim]:
    """Yield where in a box a tap lies that a result meets, and what a strided result computes."""
    told, slice_, width = sizes(1), index("slice"), size("WIDTH")
    length = term_of(inputs_of(told, 0, SymbolicInt(_T)))
    yield Claim(
        name="a tap of a result is a position of the box",
        goal=both(
            _natural(_s * slice_, _t * _k, _s * slice_ + _t * _k, end=length),
            lt(_s * slice_ + _t * _k + _before, length + width - 1),
        ),
        hypotheses=(
            *box(0, _before, width),
            *box(0, slice_, _T),
            *box(0, _k, _K),
            SCALED.at(0, slice_, _s),
            SCALED.at(slice_, _T - 1, _s),
            SCALED.at(0, _k, _t),
            SCALED.at(_k, _K - 1, _t),
            le(1, _t),
        ),
    )
    x = [index(f"x_{axis}") for axis in (1, 2, 3)]
    whole = _n * _S[0] + x[0]
    images = size("images")
    rows = whole * _S[1] + x[1]
    yield Claim(
        name="an element of a box",
        goal=_natural(whole, rows, rows * _S[2], rows * _S[2] + x[2], end=MOST_BOX),
        hypotheses=(
            *box(0, _n, images),
            *(part for each, end in zip(x, _S, strict=True) for part in box(0, each, end)),
            le(images * _S[0] * _S[1] * _S[2], MOST_BOX),
            FLATTEN.at(_n, images, x[0], _S[0]),
            FLATTEN.at(whole, images * _S[0], x[1], _S[1]),
            FLATTEN.at(rows, images * _S[0] * _S[1], 0, _S[2]),
            FLATTEN.at(rows, images * _S[0] * _S[1], x[2], _S[2]),
            SCALED.at(1, _S[2], rows),
            SCALED.at(1, _S[1], whole),
        ),
    )
    area = size("area")
    yield Claim(
        name="where a result would lie in a box that is smaller than the tile",
        goal=_natural(
            _n * _S[0] + x[0],
            (_n * _S[0] + x[0]) * _S[1] + x[1],
            _n * (_S[0] * area) + x[0] * area + x[1] * _S[2] + x[2] + _before,
            end=END,
        ),
        hypotheses=(
            *box(0, _n, images),
            *(part for each in x for part in box(0, each, MOST_TILE)),
            *box(0, _before, WIDEST),
            eq(area, _S[1] * _S[2]),
            le(images * (_S[0] * area), MOST_BOX),
            SCALED.at(_n, images, _S[0] * area),
            SCALED.at(1, images, _S[0] * area),
            SCALED.at(1, _S[0], area),
            SCALED.at(1, _S[1], _S[2]),
            SCALED.at(1, _S[2], _S[1]),
            SCALED.at(_n, images, _S[0]),
            SCALED.at(1, area, images * _S[0]),
            SCALED.at(_n * _S[0] + x[0], MOST_BOX + MOST_TILE, _S[1]),
            SCALED.at(_S[1], MOST_BOX, MOST_BOX + MOST_TILE),
            SCALED.at(x[0], MOST_TILE, area),
            SCALED.at(x[1], MOST_TILE, _S[2]),
            *(SCALED.at(0, each, by) for each, by in ((_n, _S[0]), (x[0], area), (x[1], _S[2]))),
            SCALED.at(0, _n, _S[0] * area),
            SCALED.at(0, _n * _S[0] + x[0], _S[1]),
        ),
    )


def _threads() -> Claim:
    """Return what a thread's number grows to, as it goes over a box or a tile."""
    units = size("units")
    return Claim(
        name="the numbers of a thread",
        goal=_natural(_x, _x + 8 * 256, _x + 256 * _j, end=DIVIDED),
        hypotheses=(*box(0, _x, units), le(units, MOST_BOX), *box(0, _j, 8)),
    )


def _shares() -> Iterator[Claim]:
    """Yield what a gradient computes of its parts, its units of taps, and one beyond them."""
    splits, tiles, run, split = size("splits"), size("tiles"), size("run"), index("split")
    yield Claim(
        name="the tiles of a part",
        goal=_natural(split * run, (split + 1) * run, end=END),
        hypotheses=(
            le(tiles, DIVIDED),
            le(splits, DIVIDED),
            eq(tiles + splits - 1, splits * run + _r),
            *box(0, _r, splits),
            *box(0, split, splits),
            SCALED.at(split + 1, splits, run),
            SCALED.at(0, split, run),
        ),
    )
    needed, passes, units = map(size, ("needed", "passes", "units"))
    pass_, own = index("pass"), index("own")
    of = pass_ * units + own
    yield Claim(
        name="the unit of a warp is below twice as many as there are",
        goal=both(*box(0, of, 2 * needed), le(0, pass_ * units)),
        hypotheses=(
            eq(needed + 7, 8 * passes + _q),
            *box(0, _q, 8),
            eq(needed + passes - 1, passes * units + _r),
            *box(0, _r, passes),
            *box(0, pass_, passes),
            *box(0, own, units),
            FLATTEN.at(pass_, passes, own, units),
            SCALED.at(0, pass_, units),
        ),
    )


def _tap() -> Claim:
    """Return what of a unit is a tap: a kernel has at most 1024."""
    unit, taps, own, kernel = index("unit"), size("taps"), index("a"), size("kernel")
    return Claim(
        name="the taps of a unit",
        goal=_fits(unit * taps, unit * taps + own, kernel - unit * taps),
        hypotheses=(
            *box(0, unit, 2**11),
            *box(0, own, 8),
            le(taps, 8),
            le(kernel, 1024),
            SCALED.at(unit, 2**11, taps),
            SCALED.at(0, unit, taps),
        ),
    )


def _away() -> Iterator[Claim]:
    """Yield that where a unit's first tap lies fits, also of a unit beyond the last."""
    unit, area, taps, far = index("unit"), size("area"), size("K_3"), index("far")
    yield Claim(
        name="how far a unit's tap lies along the first axis, or would",
        goal=_natural(_q * _t, end=3 * MOST_BOX),
        hypotheses=(
            *box(0, _q, 2 * _K),
            le(1, _t),
            le(_t, MOST_BOX),
            lt(_t * (_K - 1), MOST_BOX),
            SCALED.at(_q, 2 * _K - 1, _t),
            SCALED.at(0, _q, _t),
        ),
    )
    rest = (
        Claim(
            name="the tap along the first axis of a unit, also of one beyond the last",
            goal=_natural(_q, end=2 * _K),
            hypotheses=(
                eq(unit, taps * _q + _r),
                *box(0, _r, taps),
                *box(0, unit, 2 * _K * taps),
                BELOW.at(_q, _r, taps),
                ABOVE.at(_q, 2 * _K, _r, taps),
            ),
        ),
        Claim(
            name="where a unit of taps lies, or would",
            goal=_natural(far * area, far * area + _x, end=END),
            hypotheses=(
                *box(0, far, 3 * MOST_BOX),
                *box(0, _x, MOST_BOX),
                le(area, MOST_BOX),
                SCALED.at(far, 3 * MOST_BOX, area),
                SCALED.at(0, far, area),
            ),
        ),
    )
    yield from named(rest)


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, BELOW.claim, ABOVE.claim, SCALED.claim, SMALLER.claim)
    yield from named((_first_of_a_tile(), _chunk()))
    for claims in (_elements, _positions, _taps, _boxes, _shares):
        yield from named(claims())
    yield from (_threads(), _tap(), *_away())


def _twin() -> Twin:
    step, *_ = _away()
    return without(step, le(_t, MOST_BOX))


PROOF = Proof(
    name="int32_depthwise",
    statement="No number that a depthwise kernel computes on its way to an address overflows.",
    latex=r"N G I,\ N G M O,\ G M K \le L,\ I + p + sO < 2^{29} \Rightarrow -2^{31} < v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
