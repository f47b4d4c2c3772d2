"""Where the tiles of a product reach beyond it, their numbers still fit in 32 bits.

::

    rows, columns, depths <= 2^31 - 2^16,   a tile has at most 2^8,   splits DEPTH < 2^16 - 2^11
        =>   0 <= v < 2^31

for what ``contraction.cuh`` and ``tensor_contraction.cuh`` compute of a block and a thread: the
first row of a tile and each of its lines, of columns the same, and of a part ``begin``, ``end`` and
the depths of the tiles that are on their way, one ahead or, on tensor cores, as many as 128 threads
look at, each at a unit of at most 8 depths. The number of a thread, ``blockIdx blockDim +
threadIdx``, exceeds the elements by less than a block.

Of the shares of the depth, ``(split + 1) E <= depths + splits DEPTH``, which is why there may not
be too many of them: there are at most 2112 of 16 depths, or 128 of 64.
"""

from collections.abc import Iterator

import sympy as sp

from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, eq, le, lt
from convproof.theorems.addresses.lemmas import FLATTEN, Lemma, every
from convproof.theorems.proof import Proof, Twin, without

LIMIT, END = 2**31 - 2**16, 2**31
SHARED = 2**16 - 2**11
_AHEAD = 128 * 8  # depths of a page
_ROWS, _DEPTH, _splits, _steps_, _each, _blocks = map(
    size, ("ROWS", "DEPTH", "splits", "steps", "each", "blocks")
)
_rows, _depths = count("rows"), count("depths")
_tile, _line, _split, _r, _q, _slab, _ahead = map(
    index, ("tile", "line", "split", "r", "r'", "slab", "ahead")
)
_x, _y, _b = map(index, "xyb")
SCALED = Lemma(
    Claim(
        name="what is smaller, times a size, is smaller",
        goal=le(_x * _b, _y * _b),
        hypotheses=(le(_x, _y), le(0, _b)),
    ),
    (_x, _y, _b),
)


def _fits(*numbers: sp.Expr) -> sp.Basic:
    return every(*(part for n in numbers for part in box(0, n, END)))


def _lines() -> Claim:
    """Return that of a tile which is launched every line has a number."""
    first = _tile * _ROWS
    return Claim(
        name="the lines of a tile",
        goal=_fits(_rows + _ROWS - 1, first, first + _line),
        hypotheses=(
            le(_rows, LIMIT),
            le(_ROWS, 2**8),
            eq(_rows + _ROWS - 1, _ROWS * _blocks + _r),
            *box(0, _r, _ROWS),
            *box(0, _tile, _blocks),
            *box(0, _line, 2 * _ROWS),
            SCALED.at(_tile, _blocks - 1, _ROWS),
            FLATTEN.at(_tile, _blocks, 0, _ROWS),
        ),
    )


def _shares() -> Claim:
    """Return that of a part of the depth its begin and end, and what is ahead of it, fit."""
    begin, end = _split * _each * _DEPTH, _split * _each * _DEPTH + _each * _DEPTH
    return Claim(
        name="the depths of a part",
        goal=_fits(_depths + _DEPTH - 1, begin, end, end + 3 * _DEPTH, end + _AHEAD),
        hypotheses=(
            le(_depths, LIMIT),
            le(_DEPTH, 2**8),
            lt(_splits * _DEPTH, SHARED),
            eq(_depths + _DEPTH - 1, _DEPTH * _steps_ + _r),
            *box(0, _r, _DEPTH),
            eq(_steps_ + _splits - 1, _splits * _each + _q),
            *box(0, _q, _splits),
            *box(0, _split, _splits),
            SCALED.at(_split + 1, _splits, _each * _DEPTH),
            SCALED.at(_splits * _each, _steps_ + _splits, _DEPTH),
            FLATTEN.at(_split, _splits, 0, _each * _DEPTH),
        ),
    )


def _thread() -> Claim:
    """Return that a thread has a number: of those that are launched for ``rows`` elements."""
    block, thread, own = index("block"), index("thread"), size("blockDim")
    return Claim(
        name="the number of a thread",
        goal=_fits(block * own + thread),
        hypotheses=(
            le(_rows, LIMIT),
            le(own, 2**10),
            *box(0, thread, own),
            le(0, block),
            lt(block * own, _rows),
            FLATTEN.at(block, block + 1, 0, own),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (SCALED.claim, FLATTEN.claim, _lines(), _shares(), _thread())


def _twin() -> Twin:
    return without(_shares(), lt(_splits * _DEPTH, SHARED))


PROOF = Proof(
    name="int32_tiles",
    statement="No number overflows that a tile of a product computes beyond the product.",
    latex=r"\mathrm{depths} \le 2^{31} - 2^{16},\ "
    r"\mathrm{splits}\,\mathrm{DEPTH} < 2^{16} - 2^{11} \Rightarrow "
    r"(\mathrm{split} + 1)E + 2^{10} < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
