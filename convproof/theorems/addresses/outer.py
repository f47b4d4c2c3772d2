"""A sum of outer products reads and writes what a convolution's does, each sum in one thread.

::

    w_bar, of one window, I = K    left  n M + m    right  n C K + column    result  m C K + column
    y, of one tap                  w[m C + c]       x[(n C + c) O + o]       y[(n M + m) O + o]
    x_bar, of one tap              w[m C + c]       y_bar[(n M + m) O + o]   x_bar[(n C + c) O + o]
    line  = tile E G w + i  of lane, i = e w + p       =  flat(tile, e, lane, p)
    down, across  =  flat(a, c), flat(b, d)            of thread  flat(a, b, c, d)
    depth, line   =  flat(j, own), unit w              of unit j of thread  flat(own, unit)
    row           =  own U + unit                      of thread  own 2 U + unit,   unit < U

for ``index_maps.outer`` run on symbols: the first are those of ``Paired``, ``Correlated`` and
``Spread``, of one to three axes, for a convolution whose one window is its input, or of one tap.
With ``flat`` one to one, every line of a block is of one lane and every unit of a slab, also of
rows that lie turned, of one thread; that the tiles reach every line is ``tiles``'.
What is loaded or stored at once, ``w`` neighbours from a multiple of ``w`` on, lies in the row if
it begins there and the row is a multiple of ``w``.
"""

from collections.abc import Iterator

from convproof.index_maps import Correlated, Paired, Sizes, Spread
from convproof.index_maps.address import flat, volume
from convproof.index_maps.outer import (
    Outer,
    lanes_of,
    line_of,
    outer_of,
    pointwise_of,
    staged,
    turned,
)
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, either, eq, le, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import ABOVE, FLATTEN, QUOTIENT, every, ranges
from convproof.theorems.addresses.symbols import DIMS, C, M, N, axes, offsets
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "outer.Outer.left",
    "outer.Outer.right",
    "outer.Outer.result",
    "outer.Pointwise.left",
    "outer.Pointwise.turned",
    "outer.Pointwise.begin",
    "outer.Pointwise.right",
    "outer.Pointwise.result",
    "outer.lanes_of",
    "outer.line_of",
    "outer.outer_of",
    "outer.pointwise_of",
    "outer.staged",
    "outer.turned",
)
_R, _J, _E, _G, _w, _U = map(size, ("R", "J", "E", "G", "w", "U"))
_n, _m, _c, _d, _row, _column = map(index, ("n", "m", "c", "d", "row", "column"))
_tile, _e, _lane, _p, _q, _own, _unit, _j = map(
    index, ("tile", "e", "lane", "p", "q", "own", "unit", "j")
)


def _window(dims: int) -> Claim:
    """Return that the addresses are those of ``Paired``, of a window that is the input."""
    trace, one = Trace(reduces=True), (1,) * dims
    taps, k = axes("K", dims), offsets("k", dims)
    sizes = Sizes(
        batch=trace.integer(N), groups=1, in_channels=trace.integer(C),
        out_channels=trace.integer(M), input=tuple(map(trace.integer, taps)),
        kernel=tuple(map(trace.integer, taps)), output=one,
        stride=tuple(map(trace.integer, axes("s", dims))), dilation=one, low=(0,) * dims,
    )  # fmt: skip
    column = flat(tuple(map(trace.integer, (_c, *k))), (1, *sizes.kernel))
    depth = flat((trace.integer(_n), *(trace.integer(0) for _ in k)), (1, *one))
    row, launched, meant = trace.integer(_m), outer_of(sizes), Paired(sizes)
    left, right = meant.left(0, row, depth), meant.right(0, column, depth)
    pairs = (
        (left.offset, launched.left(depth, row)),
        (right.offset, launched.right(depth, column)),
        (meant.result(0, row, column), launched.result(row, column)),
    )
    ends = {_n: N, _m: M, _c: C, **dict(zip(k, taps, strict=True))}
    return Claim(
        name=f"one window, {dims}d",
        goal=every(
            *(eq(term_of(one), term_of(other)) for one, other in pairs),
            *right.inside,
            eq(term_of(launched.columns), C * volume(taps)),
        ),
        hypotheses=(*ranges(ends), *trace.definitions()),
    )


def _tap(kind: type[Correlated | Spread], dims: int) -> Claim:
    """Return that the addresses of one tap are those of ``Correlated``, or of ``Spread``."""
    trace, one = Trace(reduces=True), (1,) * dims
    positions, o = axes("O", dims), offsets("o", dims)
    sizes = Sizes(
        batch=trace.integer(N), groups=1, in_channels=trace.integer(C),
        out_channels=trace.integer(M), input=tuple(map(trace.integer, positions)),
        kernel=one, output=tuple(map(trace.integer, positions)), stride=one, dilation=one,
        low=(0,) * dims,
    )  # fmt: skip
    places = tuple(map(trace.integer, o))
    for place in places:
        flat((place, 0), (1, 1))  # of which a stride of 1 is divided out
    n = trace.integer(_n)
    column = flat((n, *places), (1, *sizes.output))
    by_image = flat((n, flat(places, sizes.output)), (1, volume(sizes.output)))
    is_adjoint, nothing = kind is Spread, (trace.integer(0) for _ in o)
    depth = flat((trace.integer(_d), *nothing), (1, *one))
    row, launched, meant = trace.integer(_row), pointwise_of(sizes, adjoint=is_adjoint), kind(sizes)
    right = meant.right(0, column, depth)
    left = launched.left if is_adjoint else launched.turned
    pairs = (
        (meant.left(0, row, depth).offset, left(depth, row)),
        (right.offset, launched.right(depth, by_image)),
        (meant.result(0, row, column), launched.result(row, by_image)),
        (column, by_image),
    )
    depths, rows = (M, C) if is_adjoint else (C, M)
    ends = {_n: N, _d: depths, _row: rows, **dict(zip(o, positions, strict=True))}
    return Claim(
        name=f"one tap, {kind.__name__}, {dims}d",
        goal=every(*(eq(term_of(a), term_of(b)) for a, b in pairs), *right.inside),
        hypotheses=(*ranges(ends), *trace.definitions()),
    )


def _dilated() -> Claim:
    """Return that the taps of a window are at their places if it is not dilated, or has one tap."""
    t, k, taps = index("t"), index("k"), size("K")
    return Claim(
        name="a tap is at its place",
        goal=eq(t * k, k),
        hypotheses=(*box(0, k, taps), either(eq(t, 1), eq(taps, 1))),
    )


def _in_arrays() -> Claim:
    held = Outer(images=N, rows=_R, columns=_J)
    ends = {_n: N, _row: _R, _column: _J}
    return Claim(
        name="an element lies in its array",
        goal=every(
            *box(0, term_of(held.left(_n, _row)), N * _R),
            *box(0, term_of(held.right(_n, _column)), N * _J),
            *box(0, term_of(held.result(_row, _column)), _R * _J),
        ),
        hypotheses=(
            *ranges(ends),
            FLATTEN.at(_n, N, _row, _R),
            FLATTEN.at(_n, N, _column, _J),
            FLATTEN.at(_row, _R, _column, _J),
        ),
    )


def _lines() -> Claim:
    """Return that a line is numbered by its tile, a thread's group of lines, the lane and a place.

    In ``flat(e, p)`` of a thread, ``p`` is below the width.
    """
    trace = Trace(reduces=True)
    grid, width = trace.integer(_G), trace.integer(_w)
    i = flat((trace.integer(_e), trace.integer(_p)), (1, width))
    line = trace.integer(_tile * _E * _G * _w) + line_of(trace.integer(_lane), i, width, grid)
    return Claim(
        name="a line is flat(tile, e, lane, p)",
        goal=eq(line.term, flat((_tile, _e, _lane, _p), (1, _E, _G, _w))),
        hypotheses=ranges({_e: _E, _lane: _G, _p: _w}),
    )


def _lanes() -> Claim:
    """Return that the lanes of a thread are numbered by its warp and by its place in that."""
    trace, sizes = Trace(reduces=True), (4, 2, 4, 8)
    a, b, c, d = places = tuple(map(index, "abcd"))
    down, across = lanes_of(flat(tuple(map(trace.integer, places)), sizes))
    return Claim(
        name="the lanes of a thread are flat(a, c) and flat(b, d)",
        goal=every(eq(down.term, flat((a, c), (4, 4))), eq(across.term, flat((b, d), (2, 8)))),
        hypotheses=ranges(dict(zip(places, sizes, strict=True))),
    )


def _units() -> Claim:
    """Return that what a thread stages is numbered by depth and unit of the slab."""
    trace = Trace(reduces=True)
    units, width = trace.integer(_U), trace.integer(_w)
    thread = flat((trace.integer(_own), trace.integer(_unit)), (1, units))
    depth, line = staged(thread, trace.integer(_j), width, units)
    return Claim(
        name="a unit of a slab is flat(j, own) and unit",
        goal=every(eq(depth.term, flat((_j, _own), (1, _w))), eq(line.term, _unit * _w)),
        hypotheses=ranges({_own: _w, _unit: _U}),
    )


def _turned() -> Claim:
    """Return that of half the units each is of a row, whose first depths its thread stages."""
    trace = Trace(reduces=True)
    units = trace.integer(2 * _U)
    row = turned(flat((trace.integer(_own), trace.integer(_unit)), (1, units)), units)
    return Claim(
        name="a row that lies turned is flat(own, unit)",
        goal=eq(row.term, flat((_own, _unit), (1, _U))),
        hypotheses=(*ranges({_own: _w, _unit: _U}), *trace.definitions()),
    )


def _at_once() -> Claim:
    """Return that the neighbours of what begins in a row lie in the row."""
    return Claim(
        name="neighbours lie in the row",
        goal=every(*box(0, _q * _w + _p, _J)),
        hypotheses=(
            eq(_J, _U * _w),
            le(0, _q),
            lt(_q * _w, _J),
            *box(0, _p, _w),
            ABOVE.at(_q, _U, 0, _w),
            FLATTEN.at(_q, _U, _p, _w),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3, 4)
    yield from (QUOTIENT, FLATTEN.claim, ABOVE.claim)
    yield from map(_window, DIMS)
    yield from (_tap(kind, dims) for kind in (Correlated, Spread) for dims in DIMS)
    yield from (_dilated(), _in_arrays(), _lines(), _lanes(), _units(), _turned(), _at_once())


def _twin() -> Twin:
    step = _at_once()
    return without(step, eq(_J, _U * _w))


PROOF = Proof(
    name="outer",
    statement="A sum of outer products reads and writes what a convolution's products do.",
    latex=r"\bar w_{rJ + j} = \sum_n \bar y_{nR + r}\, x_{nJ + j},\quad J = C K",
    source="lecture 7, fully connected layers",
    steps=_steps,
    twin=_twin,
)
