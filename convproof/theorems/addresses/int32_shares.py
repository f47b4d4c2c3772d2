"""The sums of a bias's channels are shared out among blocks without a number beyond 32 bits.

So are the targets that ``cross_entropy_mean.cu`` counts: as the one channel of a vector each.

::

    each = 32 ceil(V / (32 W)),  splits = ceil(V / each)   =>   splits <= W,  splits each < V + 32 W
    n C I + c I + i width < N C I <= L,       channel splits + split < C splits <= L

as ``index_maps.lines.Shares`` computes them, for ``V`` vectors of a channel, or rows, and ``W``
parts that ``bias.Shared`` wants, at most ``2**10``, so that ``V + 32 W <= L + 2**15``; for every
``L``, and so for that up to which ``integer_type`` chooses ``int``, ``2**31 - 2**16``. A block
counts on beyond its last vector by less than ``2**12``. What it counts on are positions::

    (c, w)  of an element's successor       w + 1 = I  ->  (c + 1, 0),   c + 1 = C  ->  (0, 0)
    (n, i)  of the vector T later           n + floor(T / R),  i + T mod R,  one more where i >= R

so that they are ``unflat`` of the number that is counted (``flatten``).
"""

from collections.abc import Iterator

import sympy as sp

from convproof.index_maps.lines import Shares
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, implies, le, lt
from convproof.theorems.addresses.int32 import LIMIT
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.int32_windows import GROWN
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, CONGRUENT, FLATTEN, every
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "lines.Shares.share",
    "lines.Shares.vectors",
    "lines.Shares.element",
    "lines.Shares.part",
)

_V, _W, _splits, _each, _q, _N, _C, _I, _R, _T = map(
    size, ("V", "W", "splits", "each", "q", "N", "C", "I", "R", "T")
)
_n, _c, _i, _w, _v, _split, _thread, _r, _x = map(
    index, ("n", "c", "i", "w", "v", "split", "thread", "r", "x")
)
_images, _vectors, _block, _WIDTH = index("images"), index("vectors"), index("block"), size("WIDTH")


def _shared() -> tuple[sp.Basic, ...]:
    """Return how vectors are shared out."""
    return (
        eq(_V + 32 * _W - 1, 32 * _W * _q + _x),
        *box(0, _x, 32 * _W),
        eq(_each, 32 * _q),
        eq(_V + _each - 1, _each * _splits + _r),
        *box(0, _r, _each),
    )


def _parts() -> Claim:
    """Return that there are not more parts than are wanted: ``each W >= V``."""
    return Claim(
        name="no more parts than are wanted",
        goal=both(le(_splits, _W), le(_W * _each, _V + 32 * _W - 1)),
        hypotheses=(*_shared(), BELOW.at(_W - _splits, _each - 1, _each)),
    )


def _map(trace: Trace) -> Shares:
    return Shares(*map(trace.integer, (_C, _I, _WIDTH, _splits, _each)))


def _share() -> Claim:
    """Return that a block has a channel and a share that there are."""
    trace = Trace()
    channel, split = map(term_of, _map(trace).share(trace.integer(_block)))
    return Claim(
        name="the channel of a block",
        goal=every(*box(0, channel, _C), *box(0, split, _splits)),
        hypotheses=(
            *box(0, _block, _C * _splits),
            *trace.definitions(),
            BELOW.at(channel, split, _splits),
            ABOVE.at(channel, _C, split, _splits),
        ),
    )


def _ends() -> Claim:
    """Return that a part ends beyond the vectors by less than ``32 W <= 2^15``."""
    trace = Trace()
    begin, end = map(term_of, _map(trace).vectors(trace.integer(_split)))
    return Claim(
        name="the ends of a part",
        goal=every(
            *(le(0, n) for n in trace.partials),
            le(begin, end),
            lt(end, _V + 32 * _W),
            lt(begin + _thread, end + 256),
            le(_split + 1, _W),
        ),
        hypotheses=(
            le(_W * _each, _V + 32 * _W - 1),
            le(_splits, _W),
            *box(0, _split, _splits),
            *box(0, _thread, 256),
            SCALED.at(_split + 1, _W, _each),
            SCALED.at(0, _split, _each),
        ),
    )


def _element() -> Claim:
    """Return that what a block adds up to an address is below the array, to a vector's end."""
    trace = Trace()
    at = term_of(_map(trace).element(*map(trace.integer, (_c, _n, _i))))
    plane, last = _C * _I, at + _WIDTH - 1
    return Claim(
        name="an element of a channel",
        goal=every(
            *(part for n in trace.partials for part in box(0, n, LIMIT + 1)),
            lt(last, _N * plane),
        ),
        hypotheses=(
            *box(0, _n, _N),
            *box(0, _c, _C),
            *box(0, _i, _R),
            eq(_I, _R * _WIDTH),
            le(_N * plane, LIMIT),
            FLATTEN.at(_i, _R, _WIDTH - 1, _WIDTH),
            FLATTEN.at(_n, _N, 0, plane),
            FLATTEN.at(_c, _C, 0, _I),
            FLATTEN.at(_c, _C, _i * _WIDTH + _WIDTH - 1, _I),
            FLATTEN.at(_n, _N, _c * _I + _i * _WIDTH + _WIDTH - 1, plane),
            SCALED.at(0, _i, _WIDTH),
            SCALED.at(1, _N, plane),
        ),
    )


def _part() -> Claim:
    """Return that a part has a number in its array."""
    trace = Trace()
    _map(trace).part(trace.integer(_c), trace.integer(_split))
    return Claim(
        name="the number of a part",
        goal=both(*(part for n in trace.partials for part in box(0, n, LIMIT))),
        hypotheses=(
            *box(0, _c, _C),
            *box(0, _split, _splits),
            le(_C * _splits, LIMIT),
            FLATTEN.at(_c, _C, 0, _splits),
            FLATTEN.at(_c, _C, _split, _splits),
        ),
    )


def _successor() -> Claim:
    """Return that the channel and the place of the next element are counted on."""
    number = (_n * _C + _c) * _I + _w
    ends = eq(_w + 1, _I)
    return Claim(
        name="the channel of the next element",
        goal=both(
            implies(lt(_w + 1, _I), eq(number + 1, (_n * _C + _c) * _I + (_w + 1))),
            implies(both(ends, lt(_c + 1, _C)), eq(number + 1, (_n * _C + (_c + 1)) * _I)),
            implies(both(ends, eq(_c + 1, _C)), eq(number + 1, (_n + 1) * _C * _I)),
        ),
        hypotheses=(
            *box(0, _w, _I),
            *box(0, _c, _C),
            CONGRUENT.at(_c + 1, 0, _C, 0, _I),
        ),
    )


def _later() -> Iterator[Claim]:
    """Yield that image and vector are counted on by so many, and that what is counted fits."""
    i, n = _i + _vectors, _n + _images
    later = _v + _T
    given = (
        eq(_v, _n * _R + _i),
        *box(0, _i, _R),
        eq(_T, _images * _R + _vectors),
        *box(0, _vectors, _R),
    )
    yield Claim(
        name="the image of a later vector",
        goal=both(
            implies(lt(i, _R), both(eq(later, n * _R + i), *box(0, i, _R))),
            implies(le(_R, i), both(eq(later, (n + 1) * _R + (i - _R)), *box(0, i - _R, _R))),
        ),
        hypotheses=given,
    )
    yield Claim(
        name="how far images and vectors are counted",
        goal=every(*box(0, i, LIMIT + 2**12), *box(0, n + 1, LIMIT + 2**12)),
        hypotheses=(
            *given,
            le(_T, 256),
            le(_R, LIMIT),
            *box(0, _v, LIMIT + 2**11),
            BELOW.at(_n, _i, _R),
            BELOW.at(_images, _vectors, _R),
            GROWN.at(_n, _R),
            GROWN.at(_images, _R),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, BELOW.claim, ABOVE.claim, CONGRUENT.claim, SCALED.claim, GROWN.claim)
    yield from (_parts(), _share(), _ends(), _element(), _part(), _successor())
    yield from _later()


def _twin() -> Twin:
    return without(_part(), lt(_split, _splits))


PROOF = Proof(
    name="int32_shares",
    statement="The sums of a bias's channels are shared out without a number beyond 32 bits.",
    latex=r"\lceil V / \mathrm{each} \rceil\,\mathrm{each} < V + 32 W,\quad "
    r"\mathrm{each} = 32 \lceil V / (32 W) \rceil",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
