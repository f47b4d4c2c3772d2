"""Pooling and periodic borders compute nothing on the way to an address that leaves 32 bits.

For every limit ``L``, and so for that below which ``pooling._integer`` chooses ``int``, and
``wrapping._wrap``::

    windows   P I, P O, R_1 R_2 R_3 <= L,   s (O + 1) + R + D (I + p + 2) + t + above <= L
    borders   P B <= L,   B + I <= L                       =>   -L <= v <= L

for each sum, difference, product and quotient ``v`` of ``windows.cuh`` and ``wrapping.cuh`` along
an axis, for windows, inputs and positions that there are, and ``0 <= below <= p``: a mean counts no
more taps below the input than there is padding; and for the row-major number that a loop over
positions counts on, of one, two and three axes. What a kernel divides is not negative
(``truncation``), so that a quotient is at most its dividend.
"""

from collections.abc import Iterator
from typing import Any

from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.ends import Ends, below
from convproof.theorems.addresses.int32 import LIMIT
from convproof.theorems.addresses.lemmas import FLATTEN, LEMMAS, Lemma, every
from convproof.theorems.addresses.symbols import DIMS, axes, offsets
from convproof.theorems.addresses.windows import LOW, PARTS, REACH, I, O, S, T, i, o
from convproof.theorems.proof import Proof, Twin, without

_a, _b, _q, _r, _x, _y = map(index, ("a", "b", "q", "r", "x", "y"))
_at, _below, _above, _begin, _end = map(index, ("at", "below", "above", "begin", "end"))
_p, _low, _left = map(index, ("p'", "low", "left"))
_B, _P = size("B"), size("P")

SMALLER = Lemma(
    Claim(
        name="a quotient is at most its dividend",
        goal=both(le(0, _q), le(_q, _a), *box(0, _b * _q, _a + 1)),
        hypotheses=(le(0, _a), le(1, _b), eq(_a, _b * _q + _r), *box(0, _r, _b)),
    ),
    (_a, _b, _q, _r),
)
_BOTH = Lemma(
    Claim(
        name="a product of what is smaller",
        goal=both(le(0, _x * _y), le(_x * _y, _a * _b)),
        hypotheses=(le(0, _x), le(_x, _a), le(0, _y), le(_y, _b)),
    ),
    (_x, _a, _y, _b),
)


def fits(name: str, trace: Trace, *given: Boolean) -> Claim:
    """Return that what was computed is within the limit, and at most that of what is divided."""
    numbers = [n for n in dict.fromkeys(trace.partials) if n.free_symbols and not n.is_Symbol]
    numbers += [step.quotient for step in trace.divisions]
    smaller = (SMALLER.at(a, b, q, r) for a, b, q, r in trace.divisions)
    return Claim(
        name=name,
        goal=every(*(bound for n in numbers for bound in (le(-LIMIT, n), le(n, LIMIT)))),
        hypotheses=(*given, *trace.definitions(), *smaller),
    )


def _axis() -> tuple[Boolean, ...]:
    """Return the limit along an axis of a pooling, and what padding and counts may be."""
    whole = S * (O + 1) + REACH + PARTS * (I + LOW + 2) + T + _above
    sizes = (GROWN.at(each, by) for each, by in ((I + LOW + 2, PARTS), (O + 1, S)))
    return le(whole, LIMIT), *box(0, _below, LOW + 1), le(0, _above), *sizes


GROWN = Lemma(
    Claim(name="a product is no smaller", goal=le(_x, _x * _b), hypotheses=(le(0, _x), le(1, _b))),
    (_x, _b),
)


def _first(trace: Trace, window: Any) -> Any:
    """Return where a window begins: ``Windows::first``."""
    stride, parts, low = map(trace.integer, (S, PARTS, LOW))
    return stride * trace.integer(window) // parts - low


def _taps() -> Iterator[Claim]:
    """Yield of ``Windows::taps`` the ends, and the first tap where some are skipped."""
    trace = Trace()
    stride, parts, dilation, low = map(trace.integer, (S, PARTS, T, LOW))
    first = _first(trace, o)
    missing = -trace.integer(_below) - first
    (stride * trace.integer(o) + trace.integer(REACH) + parts - 1) // parts - low
    trace.integer(I) + trace.integer(_above)
    given = (*box(0, o, O), *_axis(), FLATTEN.at(o, O, 0, S))
    yield fits("the ends of a window", trace, *given)
    held = trace.definitions()
    trace.partials.clear()
    skipped = dilation * ((missing + dilation - 1) // dilation)
    first + skipped
    yield fits("the first tap of a window", trace, *given, *held, le(1, missing.term))
    trace = Trace()
    at, end, begin, dilation = map(trace.integer, (_at, _end, _begin, T))
    at + dilation
    (end - begin + dilation - 1) // dilation
    range_ = (le(-_below, _begin), le(_begin, _at), lt(_at, _end), le(_end, I + _above))
    yield fits("the next tap of a window, and their number", trace, *_axis(), *range_)


def _readers() -> Iterator[Claim]:
    """Yield of ``Windows::readers`` the ends, and of ``reads`` what is divided."""
    trace = Trace()
    parts, stride = map(trace.integer, (PARTS, S))
    place = parts * (trace.integer(i) + trace.integer(LOW))
    (place + parts + stride - 1) // stride
    within = (*box(0, i, I), *_axis(), FLATTEN.at(i + LOW, I + LOW, 0, PARTS))
    given = (*within, GROWN.at(O, S), GROWN.at(I + LOW, PARTS))
    yield fits("the end of the readers", trace, *given)
    trace.partials.clear()
    (place - trace.integer(REACH)) // stride + 1
    yield fits("the first reader", trace, *given, le(REACH, place.term))
    trace = Trace()
    trace.integer(i) - _first(trace, o)
    yield fits("how far a tap lies", trace, *given, *box(0, o, O), FLATTEN.at(o, O, 0, S))


def _count() -> Claim:
    """Return that a window has at most ``R`` positions, so that ``R_1 R_2 R_3`` limits its taps."""
    trace = Trace()
    first = _first(trace, o)
    last = (trace.integer(S * o + REACH) + trace.integer(PARTS - 1)) // trace.integer(PARTS)
    start, end = trace.divisions
    spare = (REACH - 1) * (PARTS - 1)
    return Claim(
        name="a window has at most R positions",
        goal=le(term_of(last) - LOW - term_of(first), REACH),
        hypotheses=(
            *trace.definitions(),
            FLATTEN.at(REACH - 1, REACH, 0, PARTS),
            le(0, spare),
            BEYOND.at(end.quotient - start.quotient - REACH - 1, end.remainder, PARTS),
        ),
    )


BEYOND = Lemma(
    Claim(
        name="what is not negative times a size",
        goal=le(0, _x * _b + _y),
        hypotheses=(le(0, _x), le(0, _y), le(1, _b)),
    ),
    (_x, _y, _b),
)


def _border() -> Iterator[Claim]:
    """Yield of ``Wrapping::origin`` and ``copies`` what they compute."""
    limits = (le(_B + I, LIMIT), le(0, _low), le(_low + I, _B))
    trace = Trace()
    trace.integer(_p) - trace.integer(_low)
    trace.integer(_left) + trace.integer(I)
    given = (*box(0, _p, _B), lt(-I, _left), lt(_left, I))
    yield fits("the origin of a border", trace, *limits, *given)
    trace = Trace()
    trace.integer(i) + trace.integer(_low)
    trace.integer(_at) + trace.integer(I)
    yield fits("the copies of an input", trace, *limits, *box(0, i, I), *box(0, _at, _B))


def _numbers(dims: int) -> Iterator[Claim]:
    """Yield that a thread's place, and the numbers of what it visits, are below their arrays."""
    trace, number = Trace(), index("number")
    own, other = (tuple(map(trace.integer, axes(letter, dims))) for letter in ("A", "B"))
    plane, *_ = unflat(trace.integer(number), (trace.integer(_P), *own))
    image = plane * volume(other)
    visited = flat(tuple(map(trace.integer, offsets("at", dims))), other)
    image + visited
    trace.integer(number) - plane * volume(own)
    ends = {number: term_of(trace.integer(_P) * volume(own))}
    ends |= dict(zip(offsets("at", dims), axes("B", dims), strict=True))
    arrays = (_P * volume(axes("A", dims)), _P * volume(axes("B", dims)))
    claims, left = below(f"of {dims} axes", trace.partials, Ends(trace, ends), arrays)
    yield from claims
    if [number - term_of(plane * volume(own))] != left:
        msg = f"of {left} no end is known."
        raise ClaimError(msg)


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, SMALLER.claim, _BOTH.claim, GROWN.claim, BEYOND.claim)
    yield Claim(
        name="a place in its plane: a number less another",
        goal=every(le(-LIMIT, _x - _y), le(_x - _y, LIMIT)),
        hypotheses=(*box(0, _x, LIMIT), *box(0, _y, LIMIT)),
    )
    yield from _taps()
    yield from _readers()
    yield _count()
    yield from _border()
    for dims in DIMS:
        yield from _numbers(dims)


def _twin() -> Twin:
    step, *_ = _taps()
    return without(step, lt(o, O))


PROOF = Proof(
    name="int32_windows",
    statement="No number that a pooling or a periodic border computes of positions overflows.",
    latex=r"s(O + 1) + R + D(I + p + 2) + t \le L,\ PI,\ PO \le L \Rightarrow -L \le v \le L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
