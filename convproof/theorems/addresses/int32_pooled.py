"""No number overflows that a pooled convolution computes, or one with its channels last.

For every limit ``L <= 2^31 - 2^16``::

    N Q, N G R Q, N R H W <= L   =>   4 N P <= N Q,   0 <= v <= L

for each sum and product ``v`` of the maps of ``index_maps.pooled``, which the kernels compute of
what is there. Beyond it, ``conv_tensor_finish_fused`` computes of a block and a thread::

    0 <= v < 2^31,       N ceil(P / 32) ceil(R / 8) <= N P R   blocks

the first window and channel of each, of which it reads and writes those that there are. What a
kernel on tensor cores computes of a spot and a tap besides, ``int32_tensor`` says, and of a tile
beyond its product ``int32_tiles``.
"""

from collections.abc import Iterator
from typing import Any

from convproof.errors import ClaimError
from convproof.index_maps.pooled import SIDE, first, last, member
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le
from convproof.theorems.addresses.ends import Ends, below
from convproof.theorems.addresses.int32_tiles import END, LIMIT, SCALED
from convproof.theorems.addresses.lemmas import FLATTEN, LEMMAS, every, instances, ranges
from convproof.theorems.addresses.pooled import (
    CELL,
    COLUMN,
    IMAGE,
    MEMBER,
    SIDES,
    WHOLE,
    WINDOW,
    WINDOWS,
    A,
    D,
    H,
    P,
    Q,
    W,
    cells,
    pooled,
)
from convproof.theorems.addresses.symbols import G, N
from convproof.theorems.addresses.tensor_sums import PRODUCT, ROW, R
from convproof.theorems.proof import Proof, Twin, without

_CHANNELS, _WINDOWS = 8, 32  # of a block that adds parts
_i, _d, _q, _r, _s, _t = map(index, ("i", "d", "q", "r", "s'", "t"))
_V, _B, _E = map(size, ("V", "B", "E"))
_ENDS = {IMAGE: N, PRODUCT: G, ROW: R, CELL: N * WINDOWS, WINDOW: D * A, MEMBER: SIDES * SIDES}


def _maps() -> Iterator[tuple[str, Trace, Any]]:
    """Yield what the maps compute, and how many elements the array has that it is of."""
    trace = Trace()
    last(trace.integer(ROW), trace.integer(CELL), trace.integer(R))
    yield "a cell with the channels last", trace, N * WINDOWS * R
    trace = Trace()
    first(pooled(trace), *map(trace.integer, (PRODUCT, ROW, CELL)))
    yield "a cell with the channels first", trace, N * G * R * WINDOWS
    trace = Trace()
    cells(trace).read(*map(trace.integer, (IMAGE, ROW, WINDOW, MEMBER)))
    yield "a member in the parts", trace, N * R * H * W
    for is_last in (False, True):
        trace = Trace()
        held = cells(trace, is_last=is_last)
        held.written(*map(trace.integer, (IMAGE, ROW, WINDOW)))
        yield f"the greatest, channels {'last' if is_last else 'first'}", trace, N * R * D * A


def _computed() -> Iterator[Claim]:
    """Yield that numbers of the maps are below their arrays, but for those of a window.

    Raises:
        ClaimError: if of another number no end is known.
    """
    for name, trace, array in _maps():
        places = [step.value for step in trace.flattenings if step.size == SIDES]
        inside = [h for at, end in zip(places, (H, W), strict=False) for h in box(0, at, end)]
        numbers = [n for n in trace.partials if n not in places]
        claims, rest = below(name, numbers, Ends(trace, _ENDS, inside), (array,))
        yield from claims
        lost = [n for n in rest if n not in [step.number * SIDES for step in trace.flattenings]]
        if lost:
            msg = f"{name}: of {lost} no end is known."
            raise ClaimError(msg)


def _places() -> Iterator[Claim]:
    """Yield that positions of members fit, and that there are no more of them than outputs."""
    trace = Trace()
    member(trace.integer(COLUMN), tuple(map(trace.integer, P)))
    ends = {COLUMN: N * WINDOWS * SIDE**2}
    yield Claim(
        name="the position of a column",
        goal=every(*(part for n in trace.partials for part in box(0, n, LIMIT))),
        hypotheses=(
            *ranges(ends),
            *(le(q, LIMIT) for q in Q),
            *WHOLE,
            *trace.definitions(),
            *instances(trace, ends),
        ),
    )
    yield Claim(
        name="the position of a member in the parts",
        goal=both(*box(0, _d * SIDES, H), *box(0, _d * SIDES + _i, H)),
        hypotheses=(
            *ranges({_d: D, _i: SIDES}),
            le(D * SIDES, H),
            FLATTEN.at(_d, D, _i, SIDES),
            FLATTEN.at(_d, D, 0, SIDES),
        ),
    )
    yield Claim(
        name="members are no more than outputs",
        goal=le(N * D * A * SIDES * SIDES, N * H * W),
        hypotheses=(
            le(D * SIDES, H),
            le(A * SIDES, W),
            SCALED.at(D * SIDES, H, A * SIDES),
            SCALED.at(A * SIDES, W, H),
            SCALED.at(D * A * SIDES * SIDES, H * W, N),
        ),
    )


def _finish() -> Iterator[Claim]:
    """Yield that the windows and channels of a block fit, also those beyond the end."""
    yield Claim(
        name="the windows and channels of a block",
        goal=every(
            *(
                part
                for n in (
                    _V + _WINDOWS - 1,
                    R + _CHANNELS - 1,
                    _WINDOWS * _i + _s,
                    _CHANNELS * _d + _t,
                )
                for part in box(0, n, END)
            )
        ),
        hypotheses=(
            *(le(each, LIMIT) for each in (_V, R)),
            *_up(_B, _WINDOWS, _V, _r),
            *_up(_E, _CHANNELS, R, _q),
            *ranges({_i: _B, _d: _E, _s: _WINDOWS, _t: _CHANNELS}),
        ),
    )
    yield Claim(
        name="the blocks of windows and channels",
        goal=both(le(N * _E * _B, N * R * _V), le(_B, _V), le(_E, R)),
        hypotheses=(
            *_up(_B, _WINDOWS, _V, _r),
            *_up(_E, _CHANNELS, R, _q),
            SCALED.at(_B, _V, N * _E),
            SCALED.at(_E, R, N * _V),
        ),
    )


def _up(whole: Any, by: int, of: Any, rest: Any) -> tuple[Any, ...]:
    """Return that ``whole = ceil(of / by)``, by what is left."""
    return eq(of + by - 1, by * whole + rest), *box(0, rest, by)


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, SCALED.claim)
    yield from _computed()
    yield from _places()
    yield from _finish()


def _twin() -> Twin:
    step = next(_places())
    return without(step, WHOLE[0])


PROOF = Proof(
    name="int32_pooled",
    statement="No number overflows that a pooled convolution on tensor cores computes, or one with "
    "its channels last.",
    latex=r"NGRQ,\ NRHW \le L \Rightarrow 4NP \le NQ,\ 0 \le v \le L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
