"""Nothing that the kernel of staged taps computes on the way to an address leaves 32 bits.

With ``L = 2^31 - 2^16``, below which ``halo`` holds arrays and axes, and ``2^13`` positions, of
which a block stages fewer, two of whose eight planes of 16 bytes each are in 227 KiB::

    N G S C',  N G R Z,  G R J C' <= L,    |a| + Q + I <= L  along each axis,
    |v_0| (J_0 - 1) P + |v_1| (J_1 - 1) < 2^13,    blocks, tiles 64 W + 2^13 + P < 2^30
        =>    -2^31 < v < 2^31

for each sum, difference, product and quotient ``v`` of type ``int`` of ``halo.cuh``; what is
``unsigned`` is that of ``int32_tensor``. Every number that is divided by a product and a shift lies
below ``2^30``. A position beyond the last line or column has an address only if it lies in the
source; without the law of the axes its line does not fit (the twin).
"""

from collections.abc import Iterator

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, le, lt
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import FLATTEN, every
from convproof.theorems.addresses.named import named
from convproof.theorems.addresses.symbols import G, N
from convproof.theorems.proof import Proof, Twin, without

LIMIT, END, DIVIDED = 2**31 - 2**16, 2**31, 2**30
STAGED, UNITS, STAGES = 2**13, 8, 3
_P, _Q, _I, _W, _H, _C, _J, _pixels, _tiles, _each, _u, _v = map(
    size, ("P", "Q", "I", "W", "H", "C'", "J", "pixels", "tiles", "each", "u", "v")
)
_a, _y, _x, _q, _r, _s, _t, _n, _g, _c, _k, _b = map(index, "ayxqrstngckb")
_low, _high = _a - STAGED, _a + STAGED


def _fits(*numbers: Term, least: int = -END, end: Term = END) -> sp.Basic:
    return every(*(part for n in numbers for part in (lt(least, n), lt(n, end))))


def _divided() -> Iterator[Claim]:
    """Yield that what is divided is below 2^30: pixels, staged positions, tiles and taps."""
    yield Claim(
        name="the number of a staged position of a run",
        goal=_fits(_t * _pixels, _r + _s, _t * _pixels + _s, least=-1, end=DIVIDED),
        hypotheses=(
            lt(_tiles * _pixels + STAGED + _P, DIVIDED),
            *box(0, _t, _tiles),
            *box(0, _r, _P),
            *box(0, _s, STAGED),
            SCALED.at(_t + 1, _tiles, _pixels),
            SCALED.at(0, _t, _pixels),
            le(1, _pixels),
            SCALED.at(1, _tiles, _pixels),
        ),
    )
    yield Claim(
        name="a line, from the number of a position of it",
        goal=both(*box(0, _y, _Q + STAGED)),
        hypotheses=(
            eq(_n, _y * _P + _r),
            *box(0, _r, _P),
            *box(0, _n, _Q * _P + STAGED),
            SCALED.at(_Q + STAGED, _y, _P),
            SCALED.at(_y, -1, _P),
            SCALED.at(1, _P, STAGED),
        ),
    )


def _along() -> Iterator[Claim]:
    """Yield what is computed along an axis of a block, a run and the source."""
    yield Claim(
        name="where a block begins along an axis, and a position of it",
        goal=_fits(_t * _each, _t * _each + _s, least=-1, end=_Q + 2 * STAGED),
        hypotheses=(
            *box(0, _t, _tiles),
            lt((_tiles - 1) * _each, _Q),
            *box(0, _s, 2 * STAGED),
            SCALED.at(_t, _tiles - 1, _each),
            SCALED.at(0, _t, _each),
        ),
    )
    yield along()
    yield Claim(
        name="how far a tap lies, and the first of its pieces",
        goal=_fits(_v * _P, _v * _P * _k, _r + _v * _P * _k + _c, _b * _each, _b * _each + _each),
        hypotheses=(
            *box(0, _k, _J),
            le(2, _J),
            lt(_v * _P * (_J - 1), STAGED),
            lt(sp.Abs(_r), STAGED),
            lt(sp.Abs(_c), STAGED),
            SCALED.at(_k, _J - 1, _v * _P),
            SCALED.at(0, _k, _v * _P),
            SCALED.at(1, _J - 1, _v * _P),
            *box(0, _b, 2 * STAGED),
            le(_each, 2 * STAGED),
            SCALED.at(_b, 2 * STAGED, _each),
            SCALED.at(0, _b, _each),
        ),
    )


def along() -> Claim:
    """Return that a position of the source fits, also one that is not there."""
    return Claim(
        name="a position of the source",
        goal=_fits(_low, _low + _y, _a + _y),
        hypotheses=(
            le(sp.Abs(_a) + _Q + _I, LIMIT),
            *box(0, _y, _Q + 3 * STAGED),
        ),
    )


def _arrays() -> Iterator[Claim]:
    """Yield that of an element that is there each number is below the elements of the array."""
    image, volume = _n * G + _g, _H * _W
    inner = _y * _W + _x
    spot = image * volume + inner
    yield Claim(
        name="a staged element of x'",
        goal=_fits(
            _n * G, image, volume, image * volume, _y * _W, image * volume + _y * _W, spot,
            spot * _C, spot * _C + _c, least=-1, end=LIMIT + 1,
        ),
        hypotheses=(
            *box(0, _n, N), *box(0, _g, G), *box(0, _y, _H), *box(0, _x, _W), *box(0, _c, _C),
            le(N * G * volume * _C, LIMIT),
            FLATTEN.at(_n, N, 0, G), FLATTEN.at(_n, N, _g, G),
            FLATTEN.at(_y, _H, 0, _W), FLATTEN.at(_y, _H, _x, _W),
            FLATTEN.at(image, N * G, 0, volume), FLATTEN.at(image, N * G, _y * _W, volume),
            FLATTEN.at(image, N * G, inner, volume),
            FLATTEN.at(spot, N * G * volume, 0, _C), FLATTEN.at(spot, N * G * volume, _c, _C),
            SCALED.at(1, N * G, volume), SCALED.at(1, _C, N * G * volume),
            SCALED.at(1, volume, N * G),
        ),
    )  # fmt: skip
    units, rest = UNITS * _k * _J, _q * _b + _s
    yield Claim(
        name="the first unit of a tap's weights, and those beyond the last channels",
        goal=_fits(
            UNITS * _k, units, _q * _b, units + _q * _b, units + rest, _u * (units + rest),
            least=-1, end=LIMIT + 2**7,
        ),
        hypotheses=(
            le(_J * (UNITS * _k + _b) * _u, LIMIT),
            le(1, _b), le(_b, UNITS), le(0, _k), *box(0, _q, _J), *box(0, _s, UNITS),
            le(_u, 8),
            SCALED.at(_q + 1, _J, _b), SCALED.at(0, _q, _b), SCALED.at(0, _k, _J),
            SCALED.at(1, _J, UNITS * _k), SCALED.at(1, _u, units + _J * _b),
            SCALED.at(1, _u, units + _q * _b),
            SCALED.at(units + rest, units + _J * _b - _b + _s, _u), SCALED.at(0, units + rest, _u),
            SCALED.at(1, _b, _u), SCALED.at(_s - _b, UNITS - 1, _u), SCALED.at(_u, 8, UNITS - 1),
            SCALED.at(0, units + _q * _b, _u - 1),
        ),
    )  # fmt: skip
    yield Claim(
        name="bytes of shared memory",
        goal=_fits(16 * _s, 16 * _u * UNITS * 2 + _r, least=-1, end=2**22),
        hypotheses=(*box(0, _s, STAGED), le(_u, STAGED), *box(0, _r, 2**18)),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, SCALED.claim)
    for claims in (_divided, _along, _arrays):
        yield from named(claims())


def _twin() -> Twin:
    step = along()
    return without(step, step.hypotheses[0])


PROOF = Proof(
    name="int32_halo",
    statement="No number that the kernel of staged taps computes on the way to an address "
    "overflows.",
    latex=r"N G S C',\ N G R Z,\ G R J C' \le L,\ |a| + Q + I \le L,\ S, P, |v|J < 2^{13} "
    r"\Rightarrow -2^{31} < v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
