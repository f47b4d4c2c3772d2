"""Operands that are laid out anew for the tensor cores hold every element once, and zeros.

::

    channels_last   ((i S + p) C' + c)  ->  (i C + c) S + p        c < C
    rows_last       row Y + (n Q + q)   ->  (n R + row) Q + q      n Q + q < N Q <= Y

of ``index_maps.correlation``, run on symbols: ``I`` images of all groups, ``S`` positions, ``C``
channels of ``C'`` with zeros; ``R`` rows of all groups, and ``N Q`` depths of ``Y`` with zeros. The
numbers on the left are those of an element's position, one to one (``flatten``), so that each
element of ``x`` or ``y_bar`` has a place; two that hold the same one are one; and what is read lies
in the array.
"""

from collections.abc import Iterator
from typing import Any

from convproof.index_maps.address import flat
from convproof.index_maps.correlation import channels_last, rows_last
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, iff, le, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import (
    ABOVE,
    FLATTEN,
    QUOTIENT,
    UNIQUE,
    every,
    instances,
    ranges,
)
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "correlation.channels_last",
    "correlation.rows_last",
)
_I, _S, _C, _P, _R, _N, _Q, _Y = map(size, ("I", "S", "C", "C'", "R", "N", "Q", "Y"))
_number, _i, _p, _c, _row, _n, _q = map(index, ("number", "i", "p", "c", "row", "n", "q"))
_i2, _p2, _c2, _row2, _n2, _q2 = map(index, ("i'", "p'", "c'", "row'", "n'", "q'"))


def _source(trace: Trace, number: Any) -> Any:
    return channels_last(number, *map(trace.integer, (_C, _P, _S)))


def _rows(trace: Trace, number: Any) -> Any:
    rows, positions, images, length = map(trace.integer, (_R, _Q, _N, _Y))
    return rows_last(number, rows, positions, images * positions, length)


def _of_source() -> Claim:
    """Return which element of ``x`` lies at the number of a position and a channel."""
    trace = Trace(reduces=True)
    number = flat(tuple(map(trace.integer, (_i, _p, _c))), tuple(map(trace.integer, (1, _S, _P))))
    held = _source(trace, trace.integer(number.term))
    return Claim(
        name="x' has the element of an image, a position and a channel",
        goal=both(
            eq(held.offset.term, (_i * _C + _c) * _S + _p),
            iff(both(*held.inside), lt(_c, _C)),
            both(*box(0, number.term, _I * _S * _P)),
        ),
        hypotheses=(
            *ranges({_i: _I, _p: _S, _c: _P}),
            FLATTEN.at(_i, _I, _p, _S),
            FLATTEN.at(_i * _S + _p, _I * _S, _c, _P),
        ),
    )


def _source_inside() -> Claim:
    trace, ends = Trace(), {_number: _I * _S * _P}
    held = _source(trace, trace.integer(_number))
    return Claim(
        name="what x' holds of x lies in x",
        goal=every(*box(0, held.offset.term, _I * _C * _S)),
        hypotheses=(
            *ranges(ends),
            *held.inside,
            *trace.definitions(),
            *instances(trace, ends),
        ),
    )


def _source_once() -> Claim:
    places = {_i: _i2, _p: _p2, _c: _c2}
    channel, other = _i * _C + _c, _i2 * _C + _c2
    return Claim(
        name="x' holds an element of x once",
        goal=every(*(eq(one, two) for one, two in places.items())),
        hypotheses=(
            *ranges({_p: _S, _p2: _S, _c: _C, _c2: _C}),
            eq(channel * _S + _p, other * _S + _p2),
            UNIQUE.at(channel, _p, other, _p2, _S),
            UNIQUE.at(_i, _c, _i2, _c2, _C),
        ),
    )


def _of_rows() -> Claim:
    """Return which element of ``y_bar`` lies at the number of a row and a depth."""
    trace = Trace(reduces=True)
    depth = flat((trace.integer(_n), trace.integer(_q)), (1, trace.integer(_Q)))
    number = flat((trace.integer(_row), trace.integer(depth.term)), (1, trace.integer(_Y)))
    held = _rows(trace, trace.integer(number.term))
    return Claim(
        name="y_bar' has the element of a row, an image and a position",
        goal=both(
            eq(held.offset.term, (_n * _R + _row) * _Q + _q),
            both(*held.inside),
            both(*box(0, number.term, _R * _Y)),
        ),
        hypotheses=(
            *ranges({_row: _R, _n: _N, _q: _Q}),
            le(_N * _Q, _Y),
            FLATTEN.at(_n, _N, _q, _Q),
            FLATTEN.at(_row, _R, depth.term, _Y),
        ),
    )


def _rows_inside() -> Claim:
    trace, ends = Trace(), {_number: _R * _Y}
    held = _rows(trace, trace.integer(_number))
    n, q = trace.divisions[1].parts
    return Claim(
        name="what y_bar' holds of y_bar lies in y_bar",
        goal=every(*box(0, held.offset.term, _N * _R * _Q)),
        hypotheses=(
            *ranges(ends),
            *held.inside,
            *trace.definitions(),
            *instances(trace, {**ends, n: _N}),
            ABOVE.at(n, _N, q, _Q),
        ),
    )


def _rows_once() -> Claim:
    line, other = _n * _R + _row, _n2 * _R + _row2
    return Claim(
        name="y_bar' holds an element of y_bar once",
        goal=every(eq(_n, _n2), eq(_row, _row2), eq(_q, _q2)),
        hypotheses=(
            *ranges({_row: _R, _row2: _R, _q: _Q, _q2: _Q}),
            eq(line * _Q + _q, other * _Q + _q2),
            UNIQUE.at(line, _q, other, _q2, _Q),
            UNIQUE.at(_n, _row, _n2, _row2, _R),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3)
    yield QUOTIENT
    yield from (_of_source(), _source_inside(), _source_once())
    yield from (_of_rows(), _rows_inside(), _rows_once())


def _twin() -> Twin:
    step = _source_inside()
    (inside,) = _source(trace := Trace(), trace.integer(_number)).inside
    return without(step, inside)


PROOF = Proof(
    name="laid_out",
    statement="Operands that are laid out for the tensor cores hold every element once, and zeros.",
    latex=r"(iS + p)C' + c \mapsto (iC + c)S + p,\quad \mathrm{row}\,Y + nQ + q \mapsto "
    r"(nR + \mathrm{row})Q + q",
    source="Knuth, The Art of Computer Programming 1, section 2.2.6",
    steps=_steps,
    twin=_twin,
)
