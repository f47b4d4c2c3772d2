"""A local response normalisation computes nothing that leaves 32 bits, read or not.

::

    (N C + z) I <= L     =>     -L <= v <= L

for ``N`` images, ``C`` channels, ``I`` positions and windows of ``z``, for every ``L``, and so for
that up to which ``integer_type`` chooses ``int``, ``2**31 - 2**16``, and each sum and product ``v``
of ``norm.cuh``. A thread that walks loads some channels from ``a`` on, ``-z < a < C + z - 1``, and
computes ``origin + a I`` though channel ``a`` may not be there: without the ``z I`` to spare this
overflows (the twin). Where no thread walks, ``N C I`` and ``C + z <= L`` are enough. Ends of
windows, of chunks and of steps along the channels lie beyond them by less than ``z + 2**6``.
"""

from collections.abc import Iterator

from convproof.index_maps.norm import CHUNK
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, eq, le, lt
from convproof.theorems.addresses.int32 import LIMIT
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.int32_windows import SMALLER, fits
from convproof.theorems.addresses.lemmas import FLATTEN, every
from convproof.theorems.addresses.norm import C, Z
from convproof.theorems.proof import Proof, Twin, without

N, I = size("N"), size("I")
_n, _p, _c, _a, _i, _at, _q = map(index, ("n", "p", "c", "a", "i", "at", "q"))
_begin, _chunk, _chunks, _r = index("begin"), index("chunk"), size("chunks"), index("r")
_MORE = 2**6  # channels that a chunk, a tile and a step are less than


def _window() -> Claim:
    """Return the ends of a channel's window, and of its readers."""
    trace = Trace()
    c, z = trace.integer(_c), trace.integer(Z)
    half = z // 2
    (c - half) + z
    (c + half) - z + 1
    (c + half) + 1
    return fits("the window of a channel, and its readers", trace, *box(0, _c, C), le(C + Z, LIMIT))


def _walk() -> Claim:
    """Return the ends of chunks, and of steps of eight, along the channels."""
    first = _chunk * CHUNK
    numbers = (C + CHUNK - 1, first, first + CHUNK, _c + 8, _a, _a + 8)
    return Claim(
        name="the channels of a walk",
        goal=every(*(part for n in numbers for part in box(-LIMIT, n, LIMIT + _MORE))),
        hypotheses=(
            *box(0, _chunk, _chunks),
            eq(C + CHUNK - 1, _chunks * CHUNK + _r),
            *box(0, _r, CHUNK),
            *box(first, _c, C),
            *box(1 - Z, _a, C + Z - 1),
            le(C + Z, LIMIT),
        ),
    )


def _load() -> Claim:
    """Return where the first of some channels would lie, which may not be there."""
    origin = _n * C * I + _p
    numbers = (_a * I, origin + _a * I, _i * I)
    return Claim(
        name="the channels that are loaded at once",
        goal=every(*(part for n in numbers for part in box(-LIMIT, n, LIMIT + 1))),
        hypotheses=(
            *box(0, _n, N),
            *box(0, _p, I),
            *box(1 - Z, _a, C + Z - 1),
            le(0, _i),
            *box(0, _a + _i, C),
            le(N * C * I, LIMIT),
            le((N * C + Z) * I, LIMIT),
            FLATTEN.at(_n, N, 0, C),
            FLATTEN.at(_n * C, N * C, 0, I),
            SCALED.at(_n, N - 1, C),
            SCALED.at(1, N, C),
            SCALED.at(-Z, _a, I),
            SCALED.at(_a, C + Z, I),
            SCALED.at(C, N * C, I),
            SCALED.at(_n * C + _a + 1, N * C + Z, I),
            SCALED.at(_i, C + Z, I),
            SCALED.at(0, _i, I),
        ),
    )


def _back() -> Claim:
    """Return where channel 0 of an element's position lies, from which a window is summed."""
    return Claim(
        name="the first channel of an element's position",
        goal=every(*box(0, _c * I, LIMIT), *box(0, _at - _c * I, LIMIT)),
        hypotheses=(
            eq(_at, (_n * C + _c) * I + _p),
            *box(0, _n, N),
            *box(0, _c, C),
            *box(0, _p, I),
            lt(_at, LIMIT),
            FLATTEN.at(_n, N, 0, C),
            FLATTEN.at(_n * C, N * C, 0, I),
            FLATTEN.at(_c, C, 0, I),
        ),
    )


def _tile() -> Claim:
    """Return what a block of the derivative counts on, beyond its channels by less than a tile."""
    numbers = (_begin, _begin + 32, _c + 32, N * I + 32)
    return Claim(
        name="the channels of a tile",
        goal=every(*(part for n in numbers for part in box(0, n, LIMIT + _MORE))),
        hypotheses=(
            *box(0, _begin, C),
            *box(0, _c, C),
            le(C + Z, LIMIT),
            le(N * C * I, LIMIT),
            SCALED.at(1, C, N * I),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, SCALED.claim, SMALLER.claim)
    yield from (_window(), _walk(), _load(), _back(), _tile())


def _twin() -> Twin:
    return without(_load(), le((N * C + Z) * I, LIMIT))


PROOF = Proof(
    name="int32_norm",
    statement="No number that a local response normalisation computes of channels overflows "
    "32 bits.",
    latex=r"(NC + z) I \le L,\ -z < a < C + z - 1 \Rightarrow -L \le (nC + a) I + p \le L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
