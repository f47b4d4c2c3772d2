"""No number that the kernels on tensor cores compute of a spot, a row and a tap leaves 32 bits.

For every limit ``L``, and so for that below which ``products`` holds arrays and axes::

    N G S C',  N G R Q,  N G R Z,  G R J C' <= L,   |a| + u Q,  |v| J <= L  along each axis
        =>   -L <= x <= L   for each sum, difference and product x of type ``int``

of ``tensor_products.cuh``, where ``C'`` is ``C`` in whole units, with the letters of
``tensor_sums``. What the kernels compute modulo ``2^32``, in ``unsigned``, is right where it is
below that: the offsets of a spot and of a tap's unit may be beyond, their sum is not, for an
element that is there (the twin). So is the comparison by which they see whether a position lies in
the source: for ``|start| + |step| + S < 2^31`` a sum is in ``[0, S)`` exactly if it is so modulo
``2^32``, and from ``NOWHERE = -2^31`` no step leads there.
"""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from convproof.errors import ClaimError
from convproof.index_maps.address import flat, volume
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, iff, le, lt, remainder
from convproof.theorems.addresses.ends import Ends, below
from convproof.theorems.addresses.int32 import GROW, LIMIT, REACH
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.lemmas import FLATTEN, LEMMAS, every
from convproof.theorems.addresses.symbols import DIMS, C, G, N, axes, offsets
from convproof.theorems.addresses.tensor_sums import (
    CHANNEL,
    DEPTH,
    PADDED,
    PRODUCT,
    ROW,
    SPOT,
    R,
    answer,
    result,
    source,
    weights,
)
from convproof.theorems.proof import Proof, Twin, without

_ALL = 2**32
_a, _f, _q, _j, _v, _i, _x = map(index, ("a", "f", "q", "j", "v", "i", "x"))
_g, _r, _c = map(index, ("g", "r", "c"))
_start, _step, _depth, _which = map(index, ("start", "step", "depth", "which"))
_u, _Q, _J, _h, _Z, _A, _S, _taps, _B = map(
    size, ("u", "Q", "J", "h", "Z", "A", "S", "taps", "blocks")
)


def _of(part: str, dims: int) -> Iterator[Claim]:
    """Yield that numbers of a sum of ``tensor_sums`` are below their arrays.

    Raises:
        ClaimError: if of one that is not of positions along an axis no end is known.
    """
    trace = Trace()
    held = _SUMS[part](dims, trace)
    inside = held.inside if part == "result" else ()
    numbers = trace.partials[: held.always if part == "source" else None]
    spots, depths = volume(axes("Q", dims)), volume(axes("J", dims)) * PADDED
    arrays = [N * G * PADDED * volume(axes("S", dims)), G * R * depths]
    arrays += [N * G * R * each for each in (spots, volume(axes("Z", dims)))]
    ends = {PRODUCT: G, ROW: R, CHANNEL: PADDED, SPOT: N * spots, DEPTH: depths}
    if part == "answer":  # records the steps of the number that the sum is
        n, *q = held.element
        whole = tuple(map(trace.integer, axes("Q", dims)))
        sizes = (1, trace.integer(G), trace.integer(R), volume(whole))
        flat((n, trace.integer(PRODUCT), trace.integer(ROW), flat(q, whole)), sizes)
    known = Ends(trace, ends, inside)
    claims, rest = below(f"{part}, {dims}d", numbers, known, arrays)
    yield from claims
    lost = [n for n in rest if not any(s.name[0] in "auvfh" for s in n.free_symbols)]
    if lost:
        msg = f"{part}, {dims}d: of {lost} no end is known."
        raise ClaimError(msg)


_SUMS = {"source": source, "weights": weights, "answer": answer, "result": result}


def _within(*numbers: Any) -> Any:
    return every(*(part for n in numbers for part in (le(-LIMIT, n), le(n, LIMIT))))


def _along() -> Iterator[Claim]:
    """Yield what is computed of positions along an axis."""
    yield Claim(
        name="where a window starts",
        goal=_within(_u * _q, _a + _u * _q),
        hypotheses=(
            *box(0, _q, _Q),
            le(sp.Abs(_a) + _u * _Q, LIMIT),
            FLATTEN.at(_q, _Q, 0, _u),
        ),
    )
    yield Claim(
        name="how far a tap lies",
        goal=_within(_v * _j),
        hypotheses=(*box(0, _j, _J), le(sp.Abs(_v) * _J, LIMIT), REACH.at(_v, _j, _J)),
    )
    numbers = (_h * _q, _f + _h * _q, _i * _Z + _f, _i * _Z + _f + _h * _q)
    yield Claim(
        name="where a result lies",
        goal=every(*(le(0, n) for n in numbers), lt(_h * _q, _Z), lt(_i * _Z + _f, _A * _Z)),
        hypotheses=(
            *box(0, _i, _A),
            le(0, _q),
            le(0, _f),
            lt(_f + _h * _q, _Z),
            FLATTEN.at(_q, _q + 1, 0, _h),
            FLATTEN.at(_i, _A, _f, _Z),
            FLATTEN.at(_i, _A, _f + _h * _q, _Z),
        ),
    )


def _address() -> Claim:
    """Return that of an element that is there an address modulo ``2^32`` is right."""
    total = _start + _step
    return Claim(
        name="an address is what it is modulo 2^32",
        goal=eq(remainder(remainder(_start, _ALL) + remainder(_step, _ALL), _ALL), total),
        hypotheses=(le(0, total), le(total, LIMIT), lt(LIMIT, 2**31)),
    )


def _unsigned() -> Iterator[Claim]:
    """Yield that a comparison modulo ``2^32`` is that of the numbers."""
    total = _start + _step
    yield Claim(
        name="a position is in the source where it is modulo 2^32",
        goal=iff(lt(remainder(total, _ALL), _S), both(*box(0, total, _S))),
        hypotheses=(lt(sp.Abs(_start) + sp.Abs(_step) + _S, 2**31),),
    )
    yield _address()
    yield Claim(
        name="from nowhere no window reaches the source",
        goal=le(_S, remainder(_x - 2**31, _ALL)),
        hypotheses=(lt(sp.Abs(_x) + _S, 2**31),),
    )


def _order() -> Claim:
    """Return that ``Order`` computes nothing beyond the depths, of ``8 B J + rest`` units."""
    rest, channel, unit = index("rest"), index("c"), size("unit")
    units = 8 * _B * _taps + rest
    numbers = (8 * _B, 8 * _B * _taps, _which - 8 * _B * _taps, _which, unit * _which + channel)
    return Claim(
        name="the tap and the channel of a depth",
        goal=every(*(part for n in numbers for part in (le(-_depth, n), le(n, _depth)))),
        hypotheses=(
            *box(0, _which, units),
            *box(0, channel, unit),
            le(0, rest),
            eq(_depth, unit * units),
            GROW.at(_B, _taps),
            GROW.at(units, unit),
            FLATTEN.at(_which, units, channel, unit),
        ),
    )


def _weights(adjoint: bool) -> Iterator[Claim]:
    """Yield that where a weight is laid out from fits: ``Laid`` of ``conv_tensor.cu``."""
    trace, dims = Trace(), max(DIMS)
    names = (_g, _c, _r) if adjoint else (ROW, _c)
    ends = dict(zip(names, (G, C, R) if adjoint else (G * R, C), strict=True))
    at = flat(tuple(map(trace.integer, names)), tuple(map(trace.integer, ends.values())))
    taps, places = axes("K", dims), offsets("k", dims)
    k = flat(tuple(map(trace.integer, places)), tuple(map(trace.integer, taps)))
    at * volume(tuple(map(trace.integer, taps))) + k
    flat((at, *map(trace.integer, places)), (1, *map(trace.integer, taps)))
    known = Ends(trace, ends | dict(zip(places, taps, strict=True)))
    name = f"the weight of {'an adjoint' if adjoint else 'a product'}"
    claims, left = below(name, trace.partials, known, [G * R * C * volume(taps)])
    if left:
        msg = f"{name}: of {left} no end is known."
        raise ClaimError(msg)
    yield from claims


def _met() -> Claim:
    """Return that a tap that is met is computed of what is less: along an axis."""
    d, b, K = index("d"), size("b"), size("K")
    return Claim(
        name="a tap that is met",
        goal=both(*box(0, b * _j, K), *box(0, d + b * _j, K)),
        hypotheses=(le(0, d), le(0, _j), lt(d + b * _j, K), SCALED.at(0, _j, b)),
    )


def _beyond() -> Claim:
    """Return that a row has a number, also where a tile of at most 256 reaches beyond the last."""
    row = _g * R + _r
    return Claim(
        name="the row of a tile",
        goal=both(*box(0, row, LIMIT + 2**8)),
        hypotheses=(
            *box(0, _g, G),
            *box(0, _r, R + 2**8),
            le(G * R, LIMIT),
            SCALED.at(0, _g, R),
            SCALED.at(_g + 1, G, R),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, GROW.claim, REACH.claim, SCALED.claim)
    yield from _along()
    yield from _unsigned()
    yield from (_order(), _beyond(), _met())
    for adjoint in (False, True):
        yield from _weights(adjoint)
    for dims in DIMS:
        for part in _SUMS:
            yield from _of(part, dims)


def _twin() -> Twin:
    return without(_address(), le(_start + _step, LIMIT))


PROOF = Proof(
    name="int32_tensor",
    statement="No number that a kernel on tensor cores computes of a spot, a row and a tap that "
    "there are overflows.",
    latex=r"N G S C',\ N G R Z,\ G R J C',\ |a| + uQ,\ |v|J \le L \Rightarrow -L \le x \le L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
