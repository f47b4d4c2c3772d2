"""A block and a thread compute sums of one tile, and every sum is of one block and one thread.

With ``DOWN x ACROSS`` threads, each of ``TR x TC`` sums, a tile has ``DOWN TR`` rows and
``ACROSS TC`` columns, and as ``contraction.cuh`` has it::

    product, split, tile row, tile column  =  unflat(block)
    row     = tile row * ROWS + thread / ACROSS + i DOWN               i < TR
    column  = tile column * COLUMNS + thread % ACROSS + j ACROSS       j < TC
    depth   in [split E, split E + E),   E = DEPTH ceil(ceil(depths / DEPTH) / splits)

for all sizes of tiles and products. A row below the tiles' is ``flat(tile, i, thread / ACROSS)``,
and a block ``flat(product, split, tile row, tile column)``, so that both are one to one; there are
``ceil(rows / ROWS)`` tiles, which reach every row, and the parts of the depth reach every depth.
"""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from convproof.index_maps.address import flat
from convproof.symbolic.integers import Divided, SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, lt, remainder
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import BELOW, FLATTEN, QUOTIENT, UNIQUE, every, ranges
from convproof.theorems.proof import Proof, Twin, without

TR, TC, DOWN, ACROSS = map(size, ("TR", "TC", "DOWN", "ACROSS"))
_row, _tile, _lane, _other, _i, _j = map(index, ("row", "tile", "lane", "lane'", "i", "j"))
_split, _depth = index("split"), index("depth")


def sum_of(first_row: Any, first_column: Any, thread: Any, i: Any, j: Any, grid: Any) -> Any:
    """Return row and column of sum ``(i, j)`` of a thread, as ``contract`` finds them.

    Args:
        first_row: of the tile.
        first_column: of the tile.
        thread: its number.
        i: which of its rows.
        j: which of its columns.
        grid: threads ``DOWN`` and ``ACROSS`` a tile.
    """
    down, across = grid
    return first_row + thread // across + i * down, first_column + thread % across + j * across


def part_of(split: Any, depths: Any, splits: Any, step: Any) -> tuple[Any, Any]:
    """Return begin and end of a part of the depth, the end before it is cut off at ``depths``."""
    steps = (depths + step - 1) // step
    each = (steps + splits - 1) // splits
    return split * each * step, split * each * step + each * step


def _threads() -> Claim:
    """Return that a thread's sums are numbered by tile, sum and lane."""
    trace = Trace(reduces=True)
    lanes = index("down"), index("across")
    grid = tuple(map(trace.integer, (DOWN, ACROSS)))
    thread = flat(tuple(map(trace.integer, lanes)), grid)
    tiles = index("tile row"), index("tile column")
    firsts = trace.integer(tiles[0] * DOWN * TR), trace.integer(tiles[1] * ACROSS * TC)
    row, column = sum_of(*firsts, thread, trace.integer(_i), trace.integer(_j), grid)
    return Claim(
        name="a row is flat(tile, i, down), a column flat(tile, j, across)",
        goal=every(
            eq(row.term, flat((tiles[0], _i, lanes[0]), (1, TR, DOWN))),
            eq(column.term, flat((tiles[1], _j, lanes[1]), (1, TC, ACROSS))),
        ),
        hypotheses=ranges({lanes[0]: DOWN, lanes[1]: ACROSS, _i: TR, _j: TC}),
    )


def _covered() -> Claim:
    """Return that the tile of a row is one of those launched; of a column the same."""
    rows, whole = size("rows"), size("ROWS")
    tiles = term_of((SymbolicInt(rows) + whole - 1) // SymbolicInt(whole))
    return Claim(
        name="the tile of a row is launched",
        goal=both(*box(0, _tile, tiles)),
        hypotheses=(
            *box(0, _row, rows),
            eq(_row, _tile * whole + _lane),
            *box(0, _lane, whole),
            BELOW.at(_tile, _lane, whole),
            BELOW.at(tiles - 1 - _tile, _spare(rows, whole), whole),
        ),
    )


def _spare(count: sp.Expr, whole: sp.Expr) -> sp.Expr:
    """Return by how many less than ``whole`` the tiles exceed a count, with a lane to spare."""
    return remainder(count + whole - 1, whole)


def _parts() -> Iterator[Claim]:
    """Yield that every depth lies in one part, and in one that is launched."""
    depths, splits, step = map(size, ("depths", "splits", "DEPTH"))
    trace, other, place = Trace(), index("split'"), index("place")
    bounds = part_of(*map(trace.integer, (_split, depths, splits, step)))
    begin, end = (bound.term for bound in bounds)
    shifted = begin.xreplace({_split: other}), end.xreplace({_split: other})
    steps, each = (s.quotient for s in trace.steps if isinstance(s, Divided))
    whole = each * step
    yield Claim(
        name="a depth is in one part",
        goal=eq(_split, other),
        hypotheses=(
            *trace.definitions(),
            *box(begin, _depth, end),
            *box(shifted[0], _depth, shifted[1]),
            UNIQUE.at(_split, _depth - begin, other, _depth - shifted[0], whole),
        ),
    )
    yield Claim(
        name="the part of a depth is launched",
        goal=both(*box(0, _split, splits), *box(begin, _depth, end)),
        hypotheses=(
            *trace.definitions(),
            *box(0, _depth, depths),
            eq(_depth, _split * whole + place),
            *box(0, place, whole),
            BELOW.at(_split, place, whole),
            BELOW.at(splits - 1 - _split, whole - 1 - place, whole),
            FLATTEN.at(splits * each - steps, splits * each - steps + 1, 0, step),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3, 4)
    yield QUOTIENT
    yield _threads()
    yield _covered()
    yield from _parts()


def _twin() -> Twin:
    return without(_covered(), lt(_row, size("rows")))


PROOF = Proof(
    name="tiles",
    statement="Every sum of a matrix product is computed by exactly one block and thread.",
    latex=r"\mathrm{row} = \mathrm{tile} \cdot \mathrm{ROWS} + i\,\mathrm{DOWN} + \lfloor "
    r"\mathrm{thread} / \mathrm{ACROSS} \rfloor",
    source="lecture 7, matrix multiplication",
    steps=_steps,
    twin=_twin,
)
