"""A tap of a pixel reads the staged position that holds what the correlation meets there.

For ``index_maps.halo`` run on symbols, of ``D A`` squares of pixels and ``J`` taps along each axis,
``v`` positions apart, ``b = 0`` for ``v > 0`` and ``b = -v (J - 1)`` for ``v < 0``::

    t(j) = (b_0 + v_0 j_0) P + b_1 + v_1 j_1,    0 <= b + v j <= |v| (J - 1)
    0 <= s(q) + t(j) < S = s(last) + |v_0| (J_0 - 1) P + |v_1| (J_1 - 1) + 1
    x + |v_1| (J_1 - 1) < P   =>   position(s(q) + t(j)) = position(s(q)) + b + v j

of a pixel in column ``x`` of its line of ``P`` positions: no tap leads to the next line (the twin).
So it is with ``P >= 8 A + |v_1| (J_1 - 1)`` of a block, whose pixels are those of ``8 D`` lines and
``8 A`` columns; and with ``P = Q_1 + |v_1| (J_1 - 1)`` of a run, whose pixels are the positions of
all lines, one after another. Every output is of one tile, and one pixel of it.
"""

from collections.abc import Iterator
from typing import Any

from convproof.index_maps.address import flat
from convproof.index_maps.halo import corner, held, place, position, tap
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, le, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import (
    ABOVE,
    BELOW,
    FLATTEN,
    QUOTIENT,
    UNIQUE,
    every,
    ranges,
)
from convproof.theorems.addresses.named import named
from convproof.theorems.addresses.symbols import within
from convproof.theorems.proof import Proof, Twin, without

PROVES = ("halo.place", "halo.tap", "halo.corner", "halo.position", "halo.held")
EIGHT = 8
A, D, P, APART, PIXELS, BESIDE, BELOW_, I, Q1, N = map(
    size, ("A", "D", "P", "apart", "pixels", "beside", "below", "I", "Q_1", "N")
)
J, S, V = tuple(map(size, ("J_0", "J_1"))), tuple(map(size, ("S_0", "S_1"))), size("v")
ROW, COLUMN, LINE, PIXEL = map(index, ("row", "col", "line", "p"))
FAR = (index("d_0"), index("d_1"))  # how far a tap lies from the first, along each axis
REACH = (index("e_0"), index("e_1"))
_j, _line, _column, _shift, _staged, _tile, _m, _image = map(
    index, ("j", "y", "x", "shift", "s", "tile", "m", "image")
)
_a, _v, _b, _js = (tuple(map(index, (f"{n}_0", f"{n}_1"))) for n in ("a", "v", "b", "j"))
_SQUARES = {ROW: D, COLUMN: A, LINE: EIGHT, PIXEL: EIGHT}


def of(trace: Trace, *terms: Term) -> Any:
    """Return formulas as integers whose fate is recorded."""
    return tuple(map(trace.integer, terms))


def places(apart: Term, across: Term = A) -> Term:
    """Return ``s(q)`` of the pixel of a square's row and column, a line and one of eight."""
    trace = Trace(reduces=True)
    told = of(trace, ROW, COLUMN, LINE, PIXEL)
    number = flat(told, (1, trace.integer(across), EIGHT, EIGHT))
    found: Term = term_of(place(trace.integer(number.term), *of(trace, across, apart)))
    return found


def _taken_apart() -> tuple[Any, ...]:
    return (
        *ranges(_SQUARES),
        FLATTEN.at(ROW, D, COLUMN, A),
        FLATTEN.at(ROW * A + COLUMN, D * A, LINE, EIGHT),
    )


def _place() -> Iterator[Claim]:
    """Yield where a pixel lies, and that none lies after the last."""
    below, beside = EIGHT * ROW + LINE, EIGHT * COLUMN + PIXEL
    yield Claim(
        name="the place of a pixel, which is not after the last one's",
        goal=every(
            eq(places(APART), below * APART + beside),
            *box(0, below, EIGHT * D),
            *box(0, beside, EIGHT * A),
            *box(0, below * APART + beside, (EIGHT * D - 1) * APART + EIGHT * A),
        ),
        hypotheses=(
            *_taken_apart(),
            SCALED.at(below, EIGHT * D - 1, APART),
            SCALED.at(0, below, APART),
        ),
    )


def _taps() -> Iterator[Claim]:
    """Yield how far a tap lies: along an axis, forward and backward; and of both."""
    (taps, _), step = J, _v[0]
    for name, sign in (("up", 1), ("down", -1)):
        first = 0 if sign > 0 else V * (taps - 1)
        far = first + sign * V * _j
        yield Claim(
            name=f"how far a tap lies from the first, {name} an axis",
            goal=every(*box(0, far, V * (taps - 1) + 1)),
            hypotheses=(
                *box(0, _j, taps),
                SCALED.at(0, _j, V),
                SCALED.at(_j, taps - 1, V),
            ),
        )
    trace = Trace()
    first = _b[0] * P + _b[1]
    found = term_of(tap(of(trace, *_js), *of(trace, first, step * P, _v[1])))
    far_below, far = (b + v * j for b, v, j in zip(_b, _v, _js, strict=True))
    yield Claim(
        name="how far a tap lies, in lines and positions",
        goal=eq(found, far_below * P + far),
    )
    last = index("last")
    yield Claim(
        name="a tap of a pixel is staged",
        goal=both(*box(0, _staged + FAR[0] * P + FAR[1], last + REACH[0] * P + REACH[1] + 1)),
        hypotheses=(
            *box(0, _staged, last + 1),
            *box(0, FAR[0], REACH[0] + 1),
            *box(0, FAR[1], REACH[1] + 1),
            SCALED.at(0, FAR[0], P),
            SCALED.at(*(FAR[0], REACH[0]), P),
        ),
    )


def meets() -> Claim:
    """Return that a tap of a pixel is staged of the position that it meets."""
    trace = Trace()
    begin, pitch = of(trace, _line, _column, _shift), trace.integer(P)
    at = position(trace.integer(_staged), begin, pitch)
    there = position(trace.integer(_staged + FAR[0] * P + FAR[1]), begin, pitch)
    pixel, tapped = trace.divisions
    return Claim(
        name="what a tap of a pixel reads is staged of the position that it meets",
        goal=both(
            *(eq(term_of(b), term_of(a) + d) for a, b, d in zip(at, there, FAR, strict=True))
        ),
        hypotheses=(
            *trace.definitions(),
            le(0, FAR[1]),
            le(FAR[1], REACH[1]),
            lt(pixel.remainder + REACH[1], P),
            UNIQUE.at(*tapped.parts, pixel.quotient + FAR[0], pixel.remainder + FAR[1], P),
        ),
    )


def _held() -> Claim:
    """Return that what is staged lies in ``x'``."""
    trace = Trace()
    at, first, source = of(trace, _line, _column), of(trace, *_a), of(trace, *S)
    address = held(at, trace.integer(_image), first, source)
    return within("what is staged lies in x'", address, N * S[0] * S[1], trace, {_image: N})


def _no_wrap() -> Iterator[Claim]:
    """Yield that no pixel's taps lead to the next line: of a block, and of a run."""
    trace = Trace()
    found = position(trace.integer(places(P)), of(trace, _line, _column, 0), trace.integer(P))
    (step,) = trace.divisions
    below, beside = EIGHT * ROW + LINE, EIGHT * COLUMN + PIXEL
    yield Claim(
        name="a pixel of a block, and its last tap",
        goal=every(
            eq(term_of(found[0]), _line + below),
            eq(term_of(found[1]), _column + beside),
            lt(step.remainder + REACH[1], P),
        ),
        hypotheses=(
            *_taken_apart(),
            *trace.definitions(),
            le(0, REACH[1]),
            le(EIGHT * A + REACH[1], P),
            UNIQUE.at(*step.parts, below, beside, P),
            lt(beside, EIGHT * A),
            le(0, beside),
        ),
    )
    yield Claim(
        name="a pixel of a run, and its last tap",
        goal=both(
            eq(places(EIGHT, 1), flat((ROW, COLUMN, LINE, PIXEL), (1, 1, EIGHT, EIGHT))),
            lt(_column + REACH[1], P),
        ),
        hypotheses=(eq(COLUMN, 0), lt(_column, Q1), le(Q1 + REACH[1], P)),
    )


def _corners() -> Iterator[Claim]:
    """Yield where tiles begin, and that each output is of one tile that there is."""
    trace = Trace(reduces=True)
    tile = flat(of(trace, ROW, COLUMN), (1, trace.integer(BESIDE)))
    steps = of(trace, 0, EIGHT * D, EIGHT * A)
    line, column, shift = corner(
        trace.integer(tile.term), trace.integer(BESIDE), trace.integer(P), steps
    )
    (begin,) = trace.divisions
    yield Claim(
        name="where a block begins",
        goal=every(
            eq(term_of(line), ROW * EIGHT * D),
            eq(term_of(column), COLUMN * EIGHT * A),
            eq(term_of(shift), 0),
        ),
        hypotheses=(*trace.definitions(), UNIQUE.at(*begin.parts, 0, 0, P)),
    )
    for name, each, end, parts in (
        ("line", EIGHT * D, I, BELOW_),
        ("column", EIGHT * A, Q1, BESIDE),
    ):
        yield Claim(
            name=f"the {name} of an output is of one block that there is",
            goal=every(*box(0, ROW, parts), eq(ROW, COLUMN), eq(LINE, PIXEL)),
            hypotheses=(
                *box(0, _m, end),
                *(
                    part
                    for whole, rest in ((ROW, LINE), (COLUMN, PIXEL))
                    for part in (eq(_m, whole * each + rest), *box(0, rest, each))
                ),
                le(end, parts * each),
                UNIQUE.at(ROW, LINE, COLUMN, PIXEL, each),
                BELOW.at(ROW, LINE, each),
                ABOVE.at(ROW, parts, LINE, each),
            ),
        )
    trace = Trace()
    pitch = trace.integer(P)
    steps = of(trace, PIXELS, 0, 0)
    first = corner(trace.integer(COLUMN), trace.integer(BESIDE), pitch, steps)
    found = position(trace.integer(_m), first, pitch)
    of_beside = trace.divisions[0]
    yield Claim(
        name="a position of a run is that of its number",
        goal=both(
            eq(of_beside.remainder, COLUMN),
            eq(
                flat(tuple(map(term_of, found)), (1, P)),
                flat((of_beside.remainder, _m), (1, PIXELS)),
            ),
        ),
        hypotheses=(
            *trace.definitions(),
            *ranges({COLUMN: BESIDE, _m: PIXELS}),
            UNIQUE.at(*of_beside.parts, 0, COLUMN, BESIDE),
        ),
    )
    yield Claim(
        name="an output is of a run that there is",
        goal=both(*box(0, COLUMN, BESIDE)),
        hypotheses=(
            *ranges({_line: I, _column: Q1, _m: PIXELS}),
            eq(_line * P + _column, COLUMN * PIXELS + _m),
            le((I - 1) * P + Q1, BESIDE * PIXELS),
            SCALED.at(_line, I - 1, P),
            SCALED.at(0, _line, P),
            BELOW.at(COLUMN, _m, PIXELS),
            ABOVE.at(COLUMN, BESIDE, _m, PIXELS),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3, 4)
    yield from (QUOTIENT, SCALED.claim)
    for claims in (_place, _taps):
        yield from named(claims())
    yield from (meets(), _held())
    for claims in (_no_wrap, _corners):
        yield from named(claims())


def _twin() -> Twin:
    step = meets()
    return without(step, step.hypotheses[-2])


PROOF = Proof(
    name="halo",
    statement="A tap of a pixel reads the staged position that holds what it meets, in one tile.",
    latex=r"x + |v_1|(J_1 - 1) < P \Rightarrow "
    r"\mathrm{position}(s(q) + t(j)) = \mathrm{position}(s(q)) + b + vj",
    source="lecture 7, convolution of several channels",
    steps=_steps,
    twin=_twin,
)
