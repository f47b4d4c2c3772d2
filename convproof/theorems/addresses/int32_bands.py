"""A pooling in bands computes nothing on the way to an address that leaves 32 bits.

::

    planes, I, O, p <= 2^28,   I_0 I_1 <= L,   e T W <= 2^24,   e R I_1 <= 2^12
        =>      -2^31 <= v < 2^31

for each ``v`` of ``bands.cuh``, where a block owns ``e`` planes, or a band, and of each at most
``T`` rows of inputs that it makes and of windows, ``E = e T`` in all, and at most ``R`` rows of
inputs that it stages, ``H = e R`` in all. ``W`` is the greater of both widths, and
``L = 2^31 - 2^16``: the laws of ``convproof_gpu.bands``, whose ``fits`` has the last (``staged``).
Of ``I_1`` alone, ``W`` is ``I_1``. Places are computed as by ``index_maps.bands.Run``. A unit of a
thread begins and ends beyond its band by a few rows, of which places are computed, and neither read
nor written. A window whose taps are counted reads some input, and so what is staged begins in the
input.
"""

from collections.abc import Iterator
from typing import Any

from sympy.logic.boolalg import Boolean

from convproof.index_maps.bands import Run
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, implies, le, lt
from convproof.theorems.addresses.int32_tiles import LIMIT, SCALED
from convproof.theorems.addresses.int32_windows import GROWN
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, every
from convproof.theorems.proof import Proof, Twin, without

MOST, BAND = 2**28, 2**24  # positions along an axis, or planes; elements of what a block owns
RUN = 2**12  # elements that a block stages of an array
_END = 2**31
_FEW = 16  # rows that a unit reaches beyond its band
_planes, _e, _bands, _rows, _T, _W, _I, _K, _s, _blocks = map(
    size, ("planes", "e", "bands", "rows", "T", "W", "I", "K", "s", "blocks")
)
_groups, _columns, _all, _OWN = map(size, ("groups", "columns", "size", "E"))
_R, _HELD = size("R"), size("H")
_BAND, _PLANE = size("B"), size("L")  # any limits, of which 2^24 and 2^31 - 2^16 are two
_RUN = size("S")  # another: of what is staged, which is 2^12
_low, _count, _above, _below = map(count, ("p", "count", "above", "below"))
_number, _q, _r, _b, _c, _plane, _row, _beside = map(
    index, ("number", "q", "r", "b", "c", "plane", "row", "beside")
)
_x, _y, _a, _m, _u, _v, _begin, _end = map(index, ("x", "y", "a", "m", "u", "v", "begin", "end"))
_SQUARE = (le(_s, 2), le(_K, 3))  # of the windows of ``Square``


def _fits(name: str, numbers: tuple[Any, ...], *given: Boolean) -> Claim:
    return Claim(
        name=name,
        goal=every(*(part for n in numbers for part in box(-_END, n, _END))),
        hypotheses=given,
    )


def _part() -> Iterator[Claim]:
    """Yield the planes and the rows of a block."""
    yield Claim(
        name="the group of planes of a block",
        goal=every(*box(0, _q, _blocks)),
        hypotheses=(
            eq(_number, _q * _bands + _r),
            *box(0, _r, _bands),
            *box(0, _number, _blocks * _bands),
            BELOW.at(_q, _r, _bands),
            ABOVE.at(_q, _blocks, _r, _bands),
        ),
    )
    for name, place, all_, each in (
        ("the planes of a block", _q, _planes, _e),
        ("the rows of a block", _q, _all, _rows),
    ):
        yield Claim(
            name=name,
            goal=every(*box(0, place * each, all_), lt(place * each + each, all_ + each)),
            hypotheses=(
                *box(0, place, _blocks),
                eq(all_ + each - 1, each * _blocks + _x),
                *box(0, _x, each),
                SCALED.at(0, place, each),
                SCALED.at(place, _blocks - 1, each),
            ),
        )


def _ends() -> Claim:
    """Return where rows and columns begin and end that are read, or that read."""
    far = 4 * MOST - 4  # a reader's end is beyond the windows, a unit's row beyond the band
    numbers = (_s * _b, _s * _b - _low, _s * _b - _low + _K, _b + _low, _b + _low - _K, _b + 16)
    return _fits(
        "the ends of what is read",
        numbers,
        *_SQUARE,
        *box(-_FEW, _b, far // 2),
        le(_low, MOST),
        SCALED.at(_s, 2, _b + _FEW),
        SCALED.at(-_FEW, _b, _s),
    )


def _image() -> Iterator[Claim]:
    """Yield how much is staged; where row 0 of a plane would lie, were it; a tap from there."""
    trace, run = _run()
    run.image(trace.integer(_plane))
    rows, row, first = trace.partials
    yield Claim(
        name="the rows of a plane that are staged",
        goal=every(*box(0, rows, _e * _R + 1), *box(-_I, row, _e * _R + 1)),
        hypotheses=(
            *box(0, _plane, _e + 1),  # one more: all of the planes
            le(_count, _R),
            *box(0, _begin, _I),
            SCALED.at(0, _plane, _count),
            SCALED.at(_count, _R, _plane),
            SCALED.at(_plane, _e, _R),
        ),
    )
    yield Claim(
        name="what is staged",
        goal=both(*box(0, _row * _W, _RUN + 1)),
        hypotheses=(
            *box(0, _row, _HELD + 1),
            le(_HELD * _W, _RUN),
            SCALED.at(0, _row, _W),
            SCALED.at(_row, _HELD, _W),
        ),
    )
    numbers = _row, first.xreplace({row: _row})
    yield Claim(
        name="row 0 of a plane",
        goal=every(*(part for n in numbers for part in (le(-_PLANE, n), le(n, _RUN)))),
        hypotheses=(
            *box(-_I, _row, _HELD + 1),
            le(_HELD * _W, _RUN),
            le(_I * _W, _PLANE),
            SCALED.at(_row, _HELD, _W),
            SCALED.at(-_I, _row, _W),
            GROWN.at(_HELD, _W),
            GROWN.at(_I, _W),
        ),
    )
    trace, run = _run()
    run.tap(*map(trace.integer, (_row, _c)))
    yield _fits(
        "a tap of a plane",
        tuple(trace.partials),
        *box(0, _row, _I),
        *box(0, _c, _W),
        le(_I * _W, LIMIT),
        FLATTEN.at(_row, _I, 0, _W),
        FLATTEN.at(_row, _I, _c, _W),
    )


def _place() -> Iterator[Claim]:
    """Yield the place of a unit's row, few rows beyond the band."""
    trace, run = _run()
    run.place(*map(trace.integer, (_plane, _row, _c)))
    rows, below, row, first, place = trace.partials
    yield Claim(
        name="the row of a unit",
        goal=every(*box(0, rows, _e * _T), *box(-_FEW, row, _e * _T + _FEW)),
        hypotheses=(
            *box(0, _plane, _e),
            le(_count, _T),
            *box(-_FEW, _row - _begin, _T + _FEW),
            SCALED.at(0, _plane, _count),
            SCALED.at(_count, _T, _plane),
            SCALED.at(_plane, _e - 1, _T),
        ),
    )
    yield _fits(
        "the row of a unit, and those of the planes before",
        (below.xreplace({rows: _x}),),
        *box(0, _x, BAND),
        *box(-_FEW, _row, MOST + BAND + _FEW),
    )
    first = first.xreplace({row: _row})
    yield Claim(
        name="where the row of a unit begins",
        goal=every(le(-_FEW * _BAND, first), le(first, (1 + _FEW) * _BAND)),
        hypotheses=(
            *box(-_FEW, _row, _OWN + _FEW),
            le(_OWN * _W, _BAND),
            SCALED.at(_row, _OWN + _FEW, _W),
            SCALED.at(-_FEW, _row, _W),
            SCALED.at(1, _OWN, _W),
        ),
    )
    yield _fits(
        "the place of a unit",
        (_x, place.xreplace({row * _W: _x})),
        *box(-_FEW * BAND, _x, (1 + _FEW) * BAND + 1),
        *box(-_FEW, _c, 2 * MOST + 4 * BAND),
    )


def _run() -> tuple[Trace, Run]:
    trace = Trace()
    return trace, Run(*map(trace.integer, (_begin, _count, _W)))


def _near() -> Iterator[Claim]:
    """Yield that a unit of inputs has readers from few rows around the windows' begin on."""
    numbers = le(-_FEW, _a - _beside - _v), lt(_a - _beside - _v, _T + _FEW)
    missed = _begin + _low - _K
    given = (
        *_SQUARE,
        *box(0, _beside, 3),
        *box(_begin - _s + 1, _row, _begin + _T + 4),
        le(0, _begin),
        eq(_row + _low, _s * _a + _x),
        *box(0, _x, _s),
    )
    yield Claim(
        name="the readers of a unit, of a later band",
        goal=every(*numbers),
        hypotheses=(
            *given,
            eq(missed, _s * _m + _y),
            *box(0, _y, _s),
            eq(_v, _m + 1),
            GROWN.at(_a - _m, _s),
            GROWN.at(_m - _a, _s),
        ),
    )
    yield Claim(
        name="the readers of a unit, of the first band",
        goal=every(*numbers),
        hypotheses=(
            *given,
            lt(missed, 0),
            eq(_v, 0),
            le(0, _row + _low),
            GROWN.at(_a, _s),
            BELOW.at(_a, _x, _s),
        ),
    )


def _units() -> Claim:
    """Return that the units of a block, and a thread's next, are few enough for ``Quotient``."""
    return Claim(
        name="the units of a block",
        goal=every(*box(0, _groups, 2**30), *box(0, _groups * _columns + 256, 2**30)),
        hypotheses=(
            le(_groups, 2 * _OWN),
            le(_columns, 4 * _W),
            le(_OWN * _W, BAND),
            SCALED.at(_groups, 2 * _OWN, _columns),
            SCALED.at(_columns, 4 * _W, 2 * _OWN),
            GROWN.at(_OWN, _W),
        ),
    )


def _divisor() -> Claim:
    """Return how many taps count along an axis, of a window that reads some input."""
    low, high = -_below, _I + _above
    return Claim(
        name="the taps that count along an axis",
        goal=every(*box(1, _v - _u, _K + 1)),
        hypotheses=(
            lt(_begin, _I),
            lt(0, _begin + _K),
            *_extreme(_v, (_begin + _K, high), least=True),
            *_extreme(_u, (_begin, low), least=False),
        ),
    )


def _extreme(name: Any, pair: tuple[Any, Any], *, least: bool) -> tuple[Boolean, ...]:
    """Return that a number is the lesser of two, or the greater."""
    one, other = pair
    if least:
        return implies(le(one, other), eq(name, one)), implies(lt(other, one), eq(name, other))
    return implies(le(other, one), eq(name, one)), implies(lt(one, other), eq(name, other))


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, BELOW.claim, ABOVE.claim, SCALED.claim, GROWN.claim)
    yield from _part()
    yield _ends()
    yield from _image()
    yield from _place()
    yield from _near()
    yield from (_units(), _divisor())


def _twin() -> Twin:
    row, *_ = _place()
    return without(row, le(_count, _T))


PROOF = Proof(
    name="int32_bands",
    statement="No number that a pooling in bands computes of rows, units and taps overflows "
    "32 bits.",
    latex=r"I_0 I_1 \le 2^{31} - 2^{16},\ e T W \le 2^{24},\ e R I_1 \le 2^{12} \Rightarrow "
    r"-2^{31} \le v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
