"""Nothing that the input's gradient of few channels computes for an address leaves 32 bits.

With ``L = 2^31 - 2^16``, below which the launcher holds arrays and axes, strides along depth and
height of at most 16, a block of at most ``2^9`` threads, each of four rows and quotients at most,
and ``A = 58112``, the numbers of 227 KiB of shared memory::

    N C I,  N M O,  M C K <= L,    I + s O + t K + |p| <= L  along each axis,
    staged cotangents and weights <= A              =>    -2^31 < v < 2^31

for each sum, difference, product and quotient ``v``. A quotient is at most that of the last input
and a tile more; a row or a column that is staged, an input that is written, lie little beyond.
Elements of arrays are computed where they are there (``int32_few_channels``, whose steps of arrays
and of numbers of blocks are these too). Without the bound of a tile the law is false (the twin).
"""

from collections.abc import Iterator

import sympy as sp

from convproof.index_maps.few_channels_input import MOST_STRIDE
from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, box, eq, le, lt
from convproof.theorems.addresses.int32_few_channels import END, LIMIT, STAGED
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import FLATTEN, every
from convproof.theorems.addresses.named import named
from convproof.theorems.proof import Proof, Twin, without

MOST_TILE = 2**11  # rows or quotients of a tile, at most 4 to a thread
_i, _k, _q, _r, _u, _b, _e, _j, _x = map(index, ("i", "k", "q", "r", "u", "b", "e", "j", "x"))
_inputs, _taps, _outputs, _s, _t, _tile = map(size, ("I", "K", "O", "s", "t", "tile"))
_low = count("p")
_first, _phase, _back, _last, _f, _g = map(
    index, ("first", "phase", "back", "last", "f", "g")
)  # fmt: skip
_WITHIN = le(_inputs + _s * _outputs + _t * _taps + _low, LIMIT)


def _fits(*numbers: Term) -> sp.Basic:
    return every(*(part for n in numbers for part in (lt(-END, n), lt(n, END))))


def _quotients() -> Claim:
    """Return that of a tile's quotients, what is beyond the last input's is less than a tile."""
    return Claim(
        name="quotients of a tile, and the inputs at them, also beyond the last",
        goal=_fits(_u + _tile, _s * (_u + _j), _s * (_u + _j) + _e, _s * (_u + _j) + _e - _low),
        hypotheses=(
            le(_tile, MOST_TILE),
            _WITHIN,
            le(_s, MOST_STRIDE),
            eq(_inputs - 1 + _low, _s * _last + _g),
            *box(0, _g, _s),
            *box(-MOST_TILE, _u, _last + 1),
            *box(0, _j, _tile),
            *box(0, _e, _s),
            SCALED.at(_u + _j, _last + _tile, _s),
            SCALED.at(-MOST_TILE, _u + _j, _s),
            SCALED.at(_tile, MOST_TILE, _s),
            SCALED.at(_s, MOST_STRIDE, sp.Integer(MOST_TILE)),
            SCALED.at(1, _s, _outputs),
            SCALED.at(1, _s, _last),
            SCALED.at(_last, -1, _s),
        ),
    )


def _staged() -> Claim:
    """Return that rows and columns that are staged lie little beyond the outputs."""
    return Claim(
        name="rows and columns of outputs that are staged, also those that are not there",
        goal=_fits(_t * (_taps - 1), _u - _back, _u - _back + _j, _u - _f - _back),
        hypotheses=(
            _WITHIN,
            le(1, _t),
            eq(_inputs - 1 + _low, _s * _last + _g),
            *box(0, _g, _s),
            *box(-MOST_TILE, _u, _last + 1),
            *box(0, _j, STAGED),
            *box(0, _back, _t * (_taps - 1) + 1),
            *box(0, _f, _t * (_taps - 1) + 1),
            le(_back + _f, _t * (_taps - 1)),
            SCALED.at(1, _s, _last),
            SCALED.at(0, _s, _outputs),
            SCALED.at(1, _taps, _t),
            SCALED.at(_last, -1, _s),
        ),
    )


def _met() -> Iterator[Claim]:
    """Yield what finds the taps that a phase meets."""
    step = index("step")
    yield Claim(
        name="multiples of a dilation's remainder",
        goal=_fits(step * _k),
        hypotheses=(
            le(_s, MOST_STRIDE),
            *box(0, step, _s),
            *box(0, _k, _s + 1),
            SCALED.at(_k, MOST_STRIDE, step),
            SCALED.at(step, MOST_STRIDE, sp.Integer(MOST_STRIDE)),
            SCALED.at(0, _k, step),
        ),
    )
    yield Claim(
        name="where a tap that there is lies",
        goal=_fits(_t * _k, _t * _k - _phase, _t * _k + _low),
        hypotheses=(
            _WITHIN,
            *box(0, _k, _taps),
            *box(0, _phase, _s),
            le(_s, MOST_STRIDE),
            le(1, _t),
            SCALED.at(_k, _taps, _t),
            SCALED.at(0, _k, _t),
            SCALED.at(0, _s, _outputs),
        ),
    )


def _turns() -> Iterator[Claim]:
    """Yield what is computed of turns, slabs and places in shared memory."""
    channels, slab, slabs, depth = size("M"), size("slab"), size("slabs"), size("K_1")
    yield Claim(
        name="a turn, and the channels of its slab",
        goal=_fits(channels + slab - 1, depth * slabs + 1, _q * slab, _q * slab + slab),
        hypotheses=(
            le(channels * depth, LIMIT),
            le(slab, STAGED),
            eq(channels + slab - 1, slab * slabs + _r),
            *box(0, _r, slab),
            *box(0, _q, slabs),
            SCALED.at(1, depth, channels),
            SCALED.at(slabs, channels, depth),
            SCALED.at(_q + 1, slabs, slab),
            SCALED.at(0, _q, slab),
            SCALED.at(1, slab, slabs - 1),
            SCALED.at(0, slabs, depth),
        ),
    )
    planes, of = size("planes"), size("patch")
    yield Claim(
        name="a place in shared memory, and what is one plane beyond it",
        goal=_fits(_q * of, _q * of + _x, _q * of + of, _x + of),
        hypotheses=(
            le(planes * of, STAGED),
            *box(0, _q, planes),
            *box(0, _x, of),
            FLATTEN.at(_q, planes, _x, of),
            FLATTEN.at(_q, planes, 0, of),
            SCALED.at(1, planes, of),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, SCALED.claim)
    yield from named((_quotients(), _staged()))
    for claims in (_met, _turns):
        yield from named(claims())


def _twin() -> Twin:
    (step,) = named((_quotients(),))
    return without(step, le(_tile, MOST_TILE))


PROOF = Proof(
    name="int32_few_channels_input",
    statement="No number that the input's gradient of few channels computes on the way to an "
    "address overflows.",
    latex=r"I + s O + t K + |p| \le L,\ s \le 16 \Rightarrow -2^{31} < v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
