"""No number that a kernel of outer products computes on its way to an address leaves 32 bits.

::

    elements of an array <= L,    rows, columns, depths <= L = 2^31 - 2^16     =>     0 <= v < 2^31

for each sum and product ``v`` of ``outer.cuh`` and the kernels that include it: the lines of a tile
of 128, with those of the columns, which a thread stages after the rows; the depths of a slab of 8,
and of the next; and an element, of a matrix or of an image of one tap. Of these no offset is
computed beyond the rows, columns and depths that there are: of one more, they may be too many (the
twin).
"""

from collections.abc import Iterator

from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, eq, le, lt
from convproof.theorems.addresses.int32 import GROW
from convproof.theorems.addresses.lemmas import FLATTEN, every
from convproof.theorems.addresses.named import named
from convproof.theorems.proof import Proof, Twin, without

LIMIT, END = 2**31 - 2**16, 2**31
SIDE, SLAB = 128, 8
_lines_, _blocks, _depths = map(count, ("lines", "blocks", "depths"))
_images_, _channels, _pitch = map(size, ("images", "channels", "pitch"))
_tile, _line, _r, _start, _depth, _at = map(index, ("tile", "line", "r", "start", "depth", "at"))
_n, _c = index("n"), index("c")


def _lines() -> Claim:
    """Return that a tile that is launched has lines with numbers, and columns after its rows."""
    first = _tile * SIDE
    return Claim(
        name="the lines of a tile",
        goal=every(*box(0, first, END), *box(0, first + _line, END), lt(_lines_ + SIDE - 1, END)),
        hypotheses=(
            le(_lines_, LIMIT),
            eq(_lines_ + SIDE - 1, SIDE * _blocks + _r),
            *box(0, _r, SIDE),
            *box(0, _tile, _blocks),
            *box(0, _line, 2 * SIDE),
        ),
    )


def _slabs() -> Claim:
    return Claim(
        name="the depths of a slab, and of the next",
        goal=every(*box(0, _start + SLAB, END), *box(0, _start + SLAB + _depth, END)),
        hypotheses=(*box(0, _start, _depths), le(_depths, LIMIT), *box(0, _depth, SLAB)),
    )


def _elements() -> Claim:
    """Return that of a row, of either operand or of the answer, every element has an offset."""
    return Claim(
        name="an element, and where its row begins",
        goal=every(*box(0, _depth * _pitch, END), *box(0, _depth * _pitch + _at, END)),
        hypotheses=(
            *box(0, _depth, _depths),
            *box(0, _at, _pitch),
            le(_depths * _pitch, LIMIT),
            FLATTEN.at(_depth, _depths, 0, _pitch),
            FLATTEN.at(_depth, _depths, _at, _pitch),
        ),
    )


def _images() -> Claim:
    """Return that of an image's channel every position has an offset, whatever is added first."""
    begin, element = _n * _channels * _pitch, (_n * _channels + _c) * _pitch + _at
    return Claim(
        name="a position of a channel, and where its image begins",
        goal=every(
            *(
                part
                for number in (
                    _n * _channels, begin, begin + _at, _c * _pitch, element,
                )
                for part in box(0, number, END)
            )
        ),
        hypotheses=(
            *box(0, _n, _images_),
            *box(0, _c, _channels),
            *box(0, _at, _pitch),
            le(_images_ * _channels * _pitch, LIMIT),
            FLATTEN.at(_n, _images_, 0, _channels),
            FLATTEN.at(_n, _images_, _c, _channels),
            FLATTEN.at(_n * _channels, _images_ * _channels, _at, _pitch),
            FLATTEN.at(_n * _channels, _images_ * _channels, 0, _pitch),
            FLATTEN.at(_n * _channels + _c, _images_ * _channels, _at, _pitch),
            FLATTEN.at(_c, _channels, 0, _pitch),
            GROW.at(_images_ * _channels, _pitch),
            GROW.at(_channels * _pitch, _images_),
        ),
    )  # fmt: skip


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, GROW.claim)
    yield from named((_lines(), _slabs(), _elements(), _images()))


def _twin() -> Twin:
    (step,) = named((_elements(),))
    return without(step, lt(_depth, _depths))


PROOF = Proof(
    name="int32_outer",
    statement="No number that a kernel of outer products computes for an address overflows.",
    latex=r"N C O, N M O, M C \le 2^{31} - 2^{16} \Rightarrow 0 \le v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
