"""No number overflows 32 bits that is computed of lines, planes, matrices and neighbours.

::

    outer size inner,  count max(inputs, outputs),  batch rows columns <= L    =>   0 <= v <= L

for every sum and product ``v`` that ``index_maps.lines`` computes of lines, elements, entries and
rows that there are, for every ``L``, and so for that up to which ``integer_type`` chooses ``int``,
``2**31 - 2**16``. Each is below a product of some sizes of an array. A thread is numbered beyond
what there is, and steps beyond it, by less than ``2**12``; what a lane holds in registers is of at
most ``256`` lanes of 32 elements each. Where a tile reaches beyond a matrix, its lines are those of
``int32_tiles``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from convproof.errors import ClaimError
from convproof.index_maps.address import flat
from convproof.index_maps.lines import Matrices, Planes, Shared, Strided
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, le, lt
from convproof.theorems.addresses.ends import Ends, below
from convproof.theorems.addresses.int32 import LIMIT
from convproof.theorems.addresses.int32_windows import GROWN
from convproof.theorems.addresses.lemmas import FLATTEN, LEMMAS, every
from convproof.theorems.addresses.lines import (
    BATCH,
    COLUMNS,
    COUNT,
    INNER,
    INPUTS,
    LANES,
    OUTER,
    OUTPUTS,
    ROWS,
    SIZE,
    WIDTH,
)
from convproof.theorems.proof import Proof, Twin, without

_WIDTHS = (1, 4, 8)
_line, _entry, _index, _n, _row, _column, _lane, _k, _e = map(
    index, ("line", "entry", "index", "n", "row", "column", "lane", "k", "e")
)
_b, _thread, _blocks, _elements = index("b"), index("thread"), size("B"), size("Y")
_vectors = size("VECTORS")


def within(name: str, trace: Trace, ends: Mapping[Any, Any], *arrays: sp.Expr) -> Iterator[Claim]:
    """Yield that every number that was computed is below a product of an array's sizes.

    Raises:
        ClaimError: if of one no end is known.
    """
    claims, left = below(name, trace.partials, Ends(trace, ends), arrays)
    if left:
        msg = f"{name}: of {left} no end is known."
        raise ClaimError(msg)
    yield from claims


def _arrays() -> Iterator[Claim]:
    """Yield the numbers of elements, entries and rows that there are."""
    trace, array = Trace(), OUTER * SIZE * INNER
    shape = tuple(map(trace.integer, (OUTER, SIZE, INNER)))
    Strided(*shape[1:]).element(trace.integer(_line), trace.integer(_e))
    ((n, p),) = (step.parts for step in trace.divisions)
    flat(tuple(map(trace.integer, (n, _e, p))), shape)  # records the steps of the same number
    yield from within("an element of a line", trace, {_line: OUTER * INNER, _e: SIZE}, array)
    trace, planes = Trace(), (COUNT * INPUTS, COUNT * OUTPUTS)
    named = Planes(*map(trace.integer, (COUNT, INPUTS, OUTPUTS)))
    named.named(trace.integer(_entry), trace.integer(_index))
    ends = {_entry: COUNT * INPUTS, _index: OUTPUTS}
    yield from within("the position that an entry names", trace, ends, *planes)
    for part in ("source", "result"):
        trace = Trace()
        shape = tuple(map(trace.integer, (BATCH, ROWS, COLUMNS)))
        at = tuple(map(trace.integer, (_n, _row, _column)))
        getattr(Matrices(*shape), part)(*at)
        swap = slice(None, None, 1 if part == "source" else -1)
        flat((at[0], *at[1:][swap]), (shape[0], *shape[1:][swap]))
        ends = {_n: BATCH, _row: ROWS, _column: COLUMNS}
        whole = BATCH * ROWS * COLUMNS
        yield from within(f"the {part} of a transposed element", trace, ends, whole)


def _neighbours(width: int) -> Claim:
    """Return that the number of a thread's neighbours is little beyond the elements."""
    first = (256 * _b + _thread) * width
    return Claim(
        name=f"the {width} neighbours of a thread",
        goal=both(*box(0, first, LIMIT + 256 * width), lt(first + width, LIMIT + 257 * width)),
        hypotheses=(
            *box(0, _b, _blocks),
            *box(0, _thread, 256),
            lt(256 * width * (_blocks - 1), _elements),
            le(_elements, LIMIT),
        ),
    )


def _step() -> Claim:
    """Return that a lane that steps beyond its line does so by less than a block."""
    return Claim(
        name="the next element of a lane",
        goal=both(*box(0, _e + LANES, LIMIT + 256)),
        hypotheses=(*box(0, _e, SIZE), le(SIZE, LIMIT), le(LANES, 256)),
    )


def _held() -> Claim:
    """Return that what a lane may hold is below ``2**13``."""
    trace = Trace()
    told = Shared(trace.integer(1), *map(trace.integer, (LANES, WIDTH)))
    told.taken(*map(trace.integer, (_lane, _k, 0)))
    numbers = [n for n in trace.partials if n.free_symbols]
    whole = _vectors * LANES
    return Claim(
        name="an element that a lane may hold",
        goal=every(*(part for n in numbers for part in box(0, n, 2**13))),
        hypotheses=(
            *box(0, _lane, LANES),
            *box(0, _k, _vectors),
            le(whole * WIDTH, 2**13),
            FLATTEN.at(_k, _vectors, 0, LANES),
            FLATTEN.at(_k, _vectors, _lane, LANES),
            FLATTEN.at(_lane + _k * LANES, whole, 0, WIDTH),
            FLATTEN.at(_k * LANES, whole, 0, WIDTH),
            FLATTEN.at(whole - 1, whole, 0, WIDTH),
            GROWN.at(whole, WIDTH),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, GROWN.claim)
    yield from _arrays()
    yield from map(_neighbours, _WIDTHS)
    yield from (_step(), _held())


def _twin() -> Twin:
    return without(_step(), le(LANES, 256))


PROOF = Proof(
    name="int32_lines",
    statement="No number that is computed of lines, planes, matrices and neighbours overflows "
    "32 bits.",
    latex=r"N S I \le L \Rightarrow 0 \le (\lfloor l / I \rfloor S + e) I + l \bmod I < L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
