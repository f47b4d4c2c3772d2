"""Nothing that a depthwise kernel of strips computes on its way to an address leaves 32 bits.

For what ``depthwise.fits`` and ``depthwise_strips.strips_of`` ask::

    planes R W <= L,   R, W < 2^28,   at most 2^30 strips      =>     -2^31 < v < 2^31

for each sum, difference and product ``v`` of ``depthwise_strips.cuh`` and of its kernels, with
``L = 2^31 - 2^16``: the number of a strip, by a block's and a thread's in blocks of 128, or of one
channel's in turns of 512; where a plane, a strip and a row of it begin; and the rows and columns
around it, of which a thread reads those in the plane: up to two before a strip, and six rows after
its first. An axis of more columns would be too many (the twin). Every number that is divided lies
in ``0 <= n < 2^30``, of which quotients are exact (``quotients``); an image, a plane and its
elements are those of ``int32_depthwise``.
"""

from collections.abc import Iterator

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, box, eq, le, lt
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import FLATTEN, every
from convproof.theorems.addresses.named import named
from convproof.theorems.proof import Proof, Twin, without

LIMIT, END = 2**31 - 2**16, 2**31
FAR, DIVIDED = 2**28, 2**30  # positions of an axis, and what a quotient is exact of
THREADS, SHARERS = 128, 512  # of a block
HALO, ROWS, WIDEST = 2, 7, 8  # around a strip; of it; elements loaded at once
_blocks, _strips, _splits, _run, _R, _W, _planes = map(
    size, ("blocks", "strips", "splits", "run", "R", "W", "planes")
)
_block, _thread, _end, _split, _n, _p, _q, _plane, _x = map(
    index, ("block", "thread", "end", "split", "n", "p", "q", "plane", "x")
)


def _fits(*numbers: sp.Expr) -> sp.Basic:
    """Return that numbers of either sign fit."""
    return every(*(part for n in numbers for part in (lt(-END, n), lt(n, END))))


def _natural(*numbers: sp.Expr, end: Term) -> sp.Basic:
    return every(*(part for n in numbers for part in box(0, n, end)))


def _numbers() -> Iterator[Claim]:
    """Yield the number of a strip: of all, and of those of a channel that a part goes over."""
    yield Claim(
        name="the number of a strip",
        goal=_natural(_block * THREADS, _block * THREADS + _thread, end=DIVIDED),
        hypotheses=(
            le(_strips, DIVIDED),
            lt(THREADS * _blocks, _strips + THREADS),
            *box(0, _block, _blocks),
            *box(0, _thread, THREADS),
        ),
    )
    yield Claim(
        name="the strips of a part",
        goal=_natural(_split * _run, (_split + 1) * _run, _split * _run + _thread, end=END),
        hypotheses=(
            le(_strips, DIVIDED),
            le(_splits, DIVIDED - SHARERS),
            eq(_strips + _splits - 1, _splits * _run + _x),
            *box(0, _x, _splits),
            *box(0, _split, _splits),
            *box(0, _thread, SHARERS),
            SCALED.at(_split + 1, _splits, _run),
            SCALED.at(0, _split, _run),
        ),
    )
    yield Claim(
        name="a strip of a part, and the thread's next",
        goal=every(*box(0, _n, DIVIDED), lt(_n + SHARERS, END)),
        hypotheses=(le(0, _n), lt(_n, _end), le(_end, _strips), le(_strips, DIVIDED)),
    )


def _places() -> Iterator[Claim]:
    """Yield where a plane begins, a strip in it, and the rows and columns around that."""
    area = size("area")
    yield Claim(
        name="where a plane begins, and an element of it",
        goal=_natural(_plane * area, _plane * area + _n, end=LIMIT),
        hypotheses=(
            *box(0, _plane, _planes),
            *box(0, _n, area),
            le(_planes * area, LIMIT),
            FLATTEN.at(_plane, _planes, _n, area),
            FLATTEN.at(_plane, _planes, 0, area),
        ),
    )
    yield Claim(
        name="where a strip begins in a plane",
        goal=_natural(_p * _W, _p * _W + _q, end=_R * _W),
        hypotheses=(
            *box(0, _p, _R),
            *box(0, _q, _W),
            FLATTEN.at(_p, _R, _q, _W),
            FLATTEN.at(_p, _R, 0, _W),
        ),
    )
    yield _around()


def _around() -> Claim:
    """Return that the rows and columns around a strip fit, also where there are none."""
    rows = (_p - HALO, _p + HALO + ROWS, (_p - HALO) * _W, (_p - HALO) * _W + _q)
    return Claim(
        name="the rows and columns around a strip",
        goal=_fits(*rows, (ROWS - 1) * _W, _q + WIDEST + HALO),
        hypotheses=(
            *box(0, _p, _R),
            lt(_R, FAR),
            *box(0, _q, _W),
            lt(_W, FAR),
            *box(0, _p * _W, LIMIT),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, SCALED.claim)
    yield from named((*_numbers(), *_places()))


def _twin() -> Twin:
    (step,) = named((_around(),))
    return without(step, lt(_W, FAR))


PROOF = Proof(
    name="int32_strips",
    statement="No number that a depthwise kernel of strips computes for an address overflows.",
    latex=r"N C R W \le L,\ R, W < 2^{28} \Rightarrow -2^{31} < v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
