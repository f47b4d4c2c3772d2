"""Pooled, or with channels last, a convolution on tensor cores has every window once, in its array.

::

    column < 4 N P       =>   n < N,  q < 2 P_1 <= Q_1,  2 P_2 <= Q_2        P = P_1 P_2
    4 ((n P_1 + p_1) P_2 + p_2) + 2 a + b     is the column of n, 2 p_1 + a and 2 p_2 + b
    cell < N P, row < R  =>   0 <= ((n G + g) R + row) P + p < N G R P,   0 <= cell R + row < N P R

for ``index_maps.pooled`` run on symbols: so of the columns four neighbours are a window, each once,
and a row or a column of outputs that no window has is none's. Both addresses are ``flat`` of an
image, a row and a window, and so are a thread's own (``flatten``). Where rows are whole units,
16 bytes that begin at one lie inside. Not pooled, a cell is an output, and ``P`` is ``Q``.

Of sums in parts, a window's members are read where the parts have them, in the same order::

    m < s^2,  s D <= H,  s A <= W
        =>   0 <= ((n R + row) H + s d + m / s) W + s a + m % s < N R H W
"""

from collections.abc import Iterator
from typing import Any

from convproof.index_maps.address import flat
from convproof.index_maps.pooled import SIDE, Cells, first, last, member
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, eq, le
from convproof.theorems.addresses.lemmas import (
    FLATTEN,
    LEMMAS,
    QUOTIENT,
    UNIQUE,
    every,
    instances,
    ranges,
)
from convproof.theorems.addresses.symbols import G, N, axes, within
from convproof.theorems.addresses.tensor_sums import PRODUCT, ROW, R, correlations
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "pooled.Cells.read",
    "pooled.Cells.written",
    "pooled.first",
    "pooled.last",
    "pooled.member",
    "pooled.windows_of",
    "pooled.Cells.of",
)
P, Q = axes("P", 2), axes("Q", 2)
WINDOWS = P[0] * P[1]
COLUMN, CELL = index("column"), index("cell")
H, W, D, A, SIDES = map(size, ("H", "W", "D", "A", "s"))
IMAGE, WINDOW, MEMBER = index("n"), index("w"), index("m")
_p, _a, _b, _which, _k = (index("p_1"), index("p_2")), *map(index, ("a", "b", "which", "k"))
WHOLE = tuple(le(SIDE * p, q) for p, q in zip(P, Q, strict=True))


def _windows() -> Claim:
    """Return that there are as many windows as are whole."""
    trace = Trace()
    rows, *outputs, side = map(trace.integer, (R, H, W, SIDES))
    held = Cells.of(rows, outputs, side, last=False)
    found = zip(map(term_of, (held.down, held.along)), (H, W), strict=True)
    return Claim(
        name="whole windows, and no more",
        goal=every(*(part for d, h in found for part in box(SIDES * d, h, SIDES * d + SIDES))),
        hypotheses=trace.definitions(),
    )


def _decoded() -> Claim:
    """Return that a column has an image and an output, of a window that there is."""
    trace = Trace()
    n, *q = member(trace.integer(COLUMN), tuple(map(trace.integer, P)))
    ends = {COLUMN: N * WINDOWS * SIDE * SIDE}
    return Claim(
        name="a column is an output",
        goal=every(
            *box(0, term_of(n), N),
            *(part for at, end in zip(q, Q, strict=True) for part in box(0, term_of(at), end)),
        ),
        hypotheses=(
            *ranges(ends),
            *WHOLE,
            *trace.definitions(),
            *instances(trace, ends),
        ),
    )


def _encoded() -> Claim:
    """Return that every member of every window has its column, and four neighbours are one's."""
    trace = Trace(reduces=True)
    windows = tuple(map(trace.integer, P))
    at = tuple(map(trace.integer, (IMAGE, *_p, _a, _b)))
    number = flat(at, (1, *windows, SIDE, SIDE))
    window = flat(at[:3], (1, *windows))
    n, *q = member(trace.integer(number.term), windows)
    place = flat((IMAGE, *_p), (1, *P))
    ends = {IMAGE: N, _p[0]: P[0], _p[1]: P[1], _a: SIDE, _b: SIDE}
    return Claim(
        name="a member of a window has a column",
        goal=every(
            eq(term_of(n), IMAGE),
            *(eq(term_of(at), SIDE * p + m) for at, p, m in zip(q, _p, (_a, _b), strict=True)),
            eq(number.term, SIDE**2 * term_of(window) + SIDE * _a + _b),
            *box(0, number.term, N * WINDOWS * SIDE * SIDE),
        ),
        hypotheses=(
            *ranges(ends),
            FLATTEN.at(IMAGE, N, _p[0], P[0]),
            FLATTEN.at(IMAGE * P[0] + _p[0], N * P[0], _p[1], P[1]),
            FLATTEN.at(place, N * WINDOWS, SIDE * _a + _b, SIDE**2),
        ),
    )


def _results() -> Iterator[Claim]:
    """Yield that what is written of a cell lies in ``y``."""
    trace = Trace()
    row, cell = trace.integer(ROW), trace.integer(CELL)
    ends = {ROW: R, CELL: N * WINDOWS}
    held = last(row, cell, trace.integer(R))
    yield within("a cell with the channels last", held, N * WINDOWS * R, trace, ends)
    trace = Trace()
    s, product, row, cell = pooled(trace), *map(trace.integer, (PRODUCT, ROW, CELL))
    ends = {PRODUCT: G, ROW: R, CELL: N * WINDOWS}
    held = first(s, product, row, cell)
    yield within("a cell with the channels first", held, N * G * R * WINDOWS, trace, ends)


def pooled(trace: Trace) -> Any:
    """Return a correlation of two axes whose positions are windows."""
    made = correlations(2, trace)
    return type(made)(
        **{name: getattr(made, name) for name in made.__slots__}
        | {"positions": tuple(map(trace.integer, P))}
    )


def _unit() -> Claim:
    """Return that a unit of rows lies in ``y``, and begins at whole units."""
    unit, many = size("unit"), size("many")
    begin = term_of(last(unit * _which, CELL, unit * many))
    return Claim(
        name="a unit of channels that lie last",
        goal=every(
            eq(begin, unit * (CELL * many + _which)),
            *box(0, begin + _k, N * WINDOWS * unit * many),
        ),
        hypotheses=(
            *ranges({CELL: N * WINDOWS, _which: many, _k: unit}),
            FLATTEN.at(CELL, N * WINDOWS, _which, many),
            FLATTEN.at(CELL * many + _which, N * WINDOWS * many, _k, unit),
        ),
    )


def cells(trace: Trace, *, is_last: bool = False) -> Cells:
    """Return which sums a number is of, of symbols."""
    rows, height, width, down, along, side = map(trace.integer, (R, H, W, D, A, SIDES))
    return Cells(
        rows=rows, height=height, width=width, down=down, along=along, side=side, last=is_last
    )


def _parts() -> Iterator[Claim]:
    """Yield that the members of a window are read and their greatest is written."""
    trace = Trace()
    image, row, window, m = map(trace.integer, (IMAGE, ROW, WINDOW, MEMBER))
    held = cells(trace).read(image, row, window, m)
    ends = {IMAGE: N, ROW: R, WINDOW: D * A, MEMBER: SIDES * SIDES}
    claim = within("a member in the parts", held, N * R * H * W, trace, ends)
    whole = (le(D * SIDES, H), le(A * SIDES, W))
    yield Claim(name=claim.name, goal=claim.goal, hypotheses=(*claim.hypotheses, *whole))
    for is_last in (False, True):
        trace = Trace()
        image, row, window = map(trace.integer, (IMAGE, ROW, WINDOW))
        held = cells(trace, is_last=is_last).written(image, row, window)
        ends = {IMAGE: N, ROW: R, WINDOW: D * A}
        name = f"the greatest, channels {'last' if is_last else 'first'}"
        yield within(name, held, N * R * D * A, trace, ends)


def _same() -> Claim:
    """Return that the members in the parts are those of the columns, in the same order."""
    trace = Trace(reduces=True)
    windows = tuple(map(trace.integer, P))
    at = tuple(map(trace.integer, (IMAGE, *_p, _a, _b)))
    _, *q = member(trace.integer(flat(at, (1, *windows, SIDE, SIDE)).term), windows)
    rows, height, width = map(trace.integer, (R, *Q))
    held = Cells(
        rows=rows, height=height, width=width, down=windows[0], along=windows[1], side=SIDE, last=0
    )
    window = flat((trace.integer(0), *at[1:3]), (1, *windows))
    m = flat((trace.integer(0), *at[3:]), (1, SIDE, SIDE))
    read = held.read(at[0], trace.integer(ROW), window, m)
    place = flat((IMAGE, ROW, *map(term_of, q)), (0, R, *Q))
    return Claim(
        name="the members in the parts are those of the columns",
        goal=eq(term_of(read), place),
        hypotheses=(
            *ranges({_p[0]: P[0], _p[1]: P[1], _a: SIDE, _b: SIDE}),
            *trace.definitions(),
            *(UNIQUE.at(*d.parts, 0, d.number, d.divisor) for d in trace.divisions),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, UNIQUE.claim, QUOTIENT)
    yield from (_windows(), _decoded(), _encoded())
    yield from _results()
    yield _unit()
    yield from _parts()
    yield _same()


def _twin() -> Twin:
    return without(_decoded(), WHOLE[0])


PROOF = Proof(
    name="pooled",
    statement="A convolution on tensor cores that is pooled, or has its channels last, has every "
    "member of every window once, and writes inside its array.",
    latex=r"\mathrm{column} = 4(nP + p) + 2a + b \mapsto (n,\ 2p_1 + a,\ 2p_2 + b)",
    source="lecture 7, max pooling",
    steps=_steps,
    twin=_twin,
)
