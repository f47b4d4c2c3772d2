"""Nothing that the kernels of few channels to a group compute on the way to an address overflows.

With ``L = 2^31 - 2^16``, below which ``grouped`` holds arrays and axes, and its other limits::

    N G C I,  N G M O,  G M C K <= L,   G >= 2,    C, M <= 8,   64 K <= 12288,
    I + p + s (O + 8) + t K <= L  along each axis,    splits < 2^16 - 2^11    =>    -2^31 < v < 2^31

for each sum, difference and product ``v`` of ``grouped.cuh`` and its two kernels. Every number
that is divided by a product and a shift, one of a strip, lies below ``2^30``: there are at most as
many strips as outputs of one channel of one group, and there are two groups (the twin). A strip of
8 rows, or 4, and the rows that its windows meet, may lie beyond the last; an element of an array is
computed where it is there. The input VJP is a correlation with ``I`` and ``O`` exchanged, ``s = 1``
and padding ``t (K - 1) - p``. Where a part of a gradient lies has 64 bits.
"""

from collections.abc import Iterator

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, le, lt
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import FLATTEN, every
from convproof.theorems.addresses.named import named
from convproof.theorems.addresses.symbols import C, G, M, N, axes, many
from convproof.theorems.proof import Proof, Twin, without

LIMIT, END, DIVIDED = 2**31 - 2**16, 2**31, 2**30
STRIP, SHORT, CREW, LANES = 8, 4, 128, 32
WEIGHTS, PARTS, UNITS, WARPS = 48 << 8, 2**16 - 2**11, 12, 4
_I, _K, _O, _s, _t, _p, _rows = map(size, (*"IKOstp", "rows"))
_q, _r, _j, _k, _n, _g, _c, _m, _x, _y, _z = map(index, "qrjkngcmxyz")
_P, _D, _H, _W = map(size, "PDHW")


def _fits(*numbers: Term, least: int = -END, end: Term = END) -> sp.Basic:
    return every(*(part for n in numbers for part in (lt(least, n), lt(n, end))))


def _cut(length: int, rows: Term, outputs: Term) -> tuple[sp.Basic, ...]:
    """Return that the rows of outputs are cut into so many strips."""
    return eq(outputs + length - 1, length * rows + _r), *box(0, _r, length)


def _counts() -> Iterator[Claim]:
    """Yield that strips are few enough to be divided, and what a thread has beyond the last."""
    depth, height, width = axes("O", 3)
    beside = N * depth * width
    for length in (STRIP, SHORT):
        yield Claim(
            name=f"the strips of {length} rows of all images",
            goal=_fits(beside * _rows + CREW, least=-1, end=DIVIDED),
            hypotheses=(
                le(2, G),
                le(N * G * M * many("O", 3), LIMIT),
                *_cut(length, _rows, height),
                SCALED.at(_rows, height, beside),
                SCALED.at(1, M, G),
                SCALED.at(2, G * M, beside * height),
            ),
        )
    count, blocks, number = size("count"), size("blocks"), index("number")
    for each in (CREW, LANES):
        yield Claim(
            name=f"the numbers of {each} strips, also of those beyond the last",
            goal=_fits(each * _q + number, count + each - 1, least=-1, end=count + each),
            hypotheses=(
                eq(count + each - 1, each * blocks + _r),
                *box(0, _r, each),
                *box(0, _q, blocks),
                *box(0, number, each),
            ),
        )


def _along() -> Iterator[Claim]:
    """Yield what is computed along an axis, of rows that windows of a strip meet."""
    for length in (STRIP, SHORT):
        yield Claim(
            name=f"a row of a strip of {length}, and how many are left",
            goal=both(
                *box(0, length * _q + _j, _O + length), _fits(_O - length * _q, end=LIMIT + 1)
            ),
            hypotheses=(
                *_cut(length, _rows, _O),
                *box(0, _q, _rows),
                *box(0, _j, length),
                le(_O, LIMIT),
            ),
        )
    met = {  # how far apart the rows of a strip are, and how many more its windows meet
        "one by one": (_s, STRIP - 1, _s),
        "in patches": (sp.Integer(1), STRIP + 1, sp.Integer(1)),
    }
    for name, (step, most, stride) in met.items():
        begin = stride * _x - _p
        yield Claim(
            name=f"along an axis, positions of windows, {name}",
            goal=_fits(
                stride * _x, begin, _t * _k, begin + _t * _k, step * _j,
                begin + _t * _k + step * _j,
            ),
            hypotheses=(
                le(_I + _p + stride * (_O + STRIP) + _t * _K, LIMIT),
                *box(0, _x, _O),
                *box(0, _k, _K),
                *box(0, _j, most + 1),
                SCALED.at(_x, _O, stride),
                SCALED.at(0, _x, stride),
                SCALED.at(_j, most, step),
                SCALED.at(0, _j, step),
                SCALED.at(_k, _K - 1, _t),
                SCALED.at(0, _k, _t),
                SCALED.at(1, _K, _t),
                SCALED.at(0, _K, _t),
            ),
        )  # fmt: skip
    low = _t * (_K - 1) - _p
    yield Claim(
        name="along an axis, positions of the windows of an input VJP",
        goal=_fits(low, _x - low, _x - low + _t * _k, _x - low + _t * _k + _j),
        hypotheses=(
            le(_I + _p + _O + STRIP + _t * _K, LIMIT),
            *box(0, _x, _I + STRIP),
            *box(0, _k, _K),
            *box(0, _j, STRIP + 2),
            SCALED.at(_k, _K - 1, _t),
            SCALED.at(0, _k, _t),
            SCALED.at(1, _K, _t),
        ),
    )


def _arrays() -> Iterator[Claim]:
    """Yield that of an element that is there each number is below the elements of the array."""
    image, channel = _n * G + _g, (_n * G + _g) * C + _c
    yield Claim(
        name="where a plane begins, and the one after it",
        goal=_fits(
            _n * G, image, image * C, image * (C * _P), image * (C * _P) + _c * _P,
            channel * _P + _P, least=-1, end=LIMIT + 1,
        ),
        hypotheses=(
            *box(0, _n, N), *box(0, _g, G), *box(0, _c, C),
            le(N * G * C * _P, LIMIT),
            FLATTEN.at(_n, N, 0, G), FLATTEN.at(_n, N, _g, G),
            FLATTEN.at(image, N * G, 0, C), FLATTEN.at(image, N * G, _c, C),
            SCALED.at(channel + 1, N * G * C, _P), SCALED.at(0, channel, _P),
            SCALED.at(0, image * C, _P), SCALED.at(0, _c, _P),
            SCALED.at(1, _P, N * G), SCALED.at(1, _P, N * G * C), SCALED.at(1, C, N * G),
        ),
    )  # fmt: skip
    row = _z * _H + _y
    yield Claim(
        name="an element of a plane",
        goal=_fits(
            _z * _H, _z * (_H * _W), _y * _W, row * _W + _x, least=-1, end=_D * _H * _W,
        ),
        hypotheses=(
            *box(0, _z, _D), *box(0, _y, _H), *box(0, _x, _W),
            FLATTEN.at(_z, _D, 0, _H), FLATTEN.at(_z, _D, _y, _H),
            FLATTEN.at(row, _D * _H, _x, _W), FLATTEN.at(row, _D * _H, 0, _W),
            SCALED.at(0, _z, _H * _W), SCALED.at(0, _y, _W),
            SCALED.at(1, _W, _D * _H),
        ),
    )  # fmt: skip
    inner = _g * C + _c
    outer = inner * M + _m
    yield Claim(
        name="where a weight lies, also of the last tap first",
        goal=_fits(
            _g * C, inner, inner * M, outer, outer * _K, outer * _K + _K - 1,
            outer * _K + _K - 1 - _k, outer * _K + _k, least=-1, end=LIMIT,
        ),
        hypotheses=(
            *box(0, _g, G), *box(0, _c, C), *box(0, _m, M), *box(0, _k, _K),
            le(G * C * M * _K, LIMIT),
            FLATTEN.at(_g, G, 0, C), FLATTEN.at(_g, G, _c, C),
            FLATTEN.at(inner, G * C, 0, M), FLATTEN.at(inner, G * C, _m, M),
            SCALED.at(outer + 1, G * C * M, _K), SCALED.at(0, outer, _K),
            SCALED.at(1, _K, G * C * M), SCALED.at(1, M, G * C),
        ),
    )  # fmt: skip


def _shares() -> Iterator[Claim]:
    """Yield what a gradient computes of its parts and patches."""
    rounds, splits, run, split = size("rounds"), size("splits"), size("run"), index("split")
    yield Claim(
        name="the strips of a part",
        goal=_fits(split * run, (split + 1) * run, split * run + _j, least=-1),
        hypotheses=(
            lt(rounds, DIVIDED),
            lt(splits, PARTS),
            eq(rounds + splits - 1, splits * run + _r),
            *box(0, _r, splits),
            *box(0, split, splits),
            *box(0, _j, run + WARPS),
            SCALED.at(split + 1, splits, run),
            SCALED.at(0, split, run),
        ),
    )
    all_, needed, units, beside, chunks = map(
        size, ("all", "needed", "UNITS", "beside", "chunks")
    )  # fmt: skip
    chunk, own = index("chunk"), index("u")
    yield Claim(
        name="the patches of a block, also those beyond the last",
        goal=_fits(chunk * beside * units + own, least=-1, end=2 * WEIGHTS),
        hypotheses=(
            le(all_, WEIGHTS),
            le(units, UNITS),
            le(beside, WARPS),
            eq(all_ + units - 1, needed * units + _r),
            *box(0, _r, units),
            eq(needed + beside - 1, chunks * beside + _q),
            *box(0, _q, beside),
            *box(0, chunk, chunks),
            *box(0, own, beside * units),
            SCALED.at(chunk + 1, chunks, beside),
            SCALED.at((chunk + 1) * beside, needed + beside, units),
            SCALED.at(0, chunk, beside * units),
            SCALED.at(beside, WARPS, units),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, SCALED.claim)
    for claims in (_counts, _along, _arrays, _shares):
        yield from named(claims())


def _twin() -> Twin:
    step = next(_counts())
    return without(step, le(2, G))


PROOF = Proof(
    name="int32_grouped",
    statement="No number that the kernels of few channels to a group compute on the way to an "
    "address overflows.",
    latex=r"N G C I,\ N G M O,\ G M C K \le L,\ I + p + s(O + 8) + tK \le L,\ G \ge 2 "
    r"\Rightarrow -2^{31} < v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
