"""On tensor cores a convolution reads ``x``, ``w``, ``y_bar`` and writes ``y`` where they are.

::

    0 <= o(q, j) < S along each axis    =>   0 <= ((n G + g) C + c) S + o(q, j) < N G C S
    row < R,  spot < N Q                =>   0 <= (g R + row) Q + n G R Q + q < N G R Q
    and  0 <= i(q) < Z                  =>   0 <= ((n G + g) R + row) Z + i(q) < N G R Z
    c < C,  0 <= tap + apart j < K      =>   0 <= Laid.weight < G R C K

for the sums of ``tensor_products.cuh`` and the map ``Laid.weight`` of ``index_maps.correlation``
run on symbols, forward and adjoint, of one, two and three axes. Each sum is ``flat`` of the
element's position, which lies inside, so that a result is written once for a row and a spot
(``flatten``); ``phases`` proves ``i(q) < Z`` and ``tap + apart j < K`` of the positions and taps
that there are, each of one phase. Lemmas and instances as in ``correlated``.
"""

from collections.abc import Iterator
from typing import Any

from convproof.index_maps.address import flat, volume
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, eq
from convproof.theorems.addresses.lemmas import (
    LEMMAS,
    every,
    instances,
    ranges,
    upper,
)
from convproof.theorems.addresses.sums import Sum
from convproof.theorems.addresses.symbols import DIMS, C, G, N, axes, offsets
from convproof.theorems.addresses.tensor_sums import (
    CHANNEL,
    PRODUCT,
    ROW,
    SPOT,
    TAP,
    R,
    answer,
    correlations,
    laid,
    result,
    source,
)
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "correlation.Laid.__call__",
    "correlation.Laid.weight",
    "correlation.Laid.padded",
)


def _place(name: str, dims: int, held: Sum, trace: Trace, middle: tuple[Any, ...]) -> Claim:
    """Return that a sum is ``flat`` of an element's position, and below the array's end."""
    s, numbered = correlations(dims), Trace()
    n, *at = held.element
    array, extent = {
        "source": ((s.groups, s.channels), s.source),
        "answer": ((s.groups, s.rows), s.positions),
        "result": ((s.groups, s.rows), s.result),
    }[name]
    sizes = (1, *map(term_of, array), term_of(volume(extent)))
    place = flat(
        [numbered.integer(term_of(p)) for p in at],
        [numbered.integer(e) for e in map(term_of, extent)],
    )
    number = flat(
        [numbered.integer(term_of(p)) for p in (n, *middle, place)],
        list(map(numbered.integer, sizes)),
    )
    ends = {PRODUCT: G, SPOT: N * volume(axes("Q", dims)), middle[-1]: C if name == "source" else R}
    decoded = instances(trace, ends)
    inner = {term_of(n): N, **dict(zip(map(term_of, at), map(term_of, extent), strict=True))}
    inner |= {PRODUCT: G, middle[-1]: ends[middle[-1]]}
    return Claim(
        name=f"{name}, {dims}d",
        goal=every(
            eq(term_of(held.offset), term_of(number)),
            *box(0, term_of(number), N * volume(sizes)),
        ),
        hypotheses=(
            *ranges(ends),
            *held.inside,
            *trace.definitions(),
            *decoded,
            *instances(numbered, {**inner, **upper(held.inside)}),
        ),
    )


def _weights(dims: int, *, adjoint: bool) -> Claim:
    """Return that a weight that is read lies in ``w``."""
    trace = Trace()
    held = laid(dims, trace, adjoint=adjoint)
    address = held.weight(*map(trace.integer, (ROW, TAP, CHANNEL)))
    places = [s.remainder for s in trace.divisions][:dims]
    taps = [
        d + b * j
        for d, b, j in zip(offsets("d", dims), axes("b", dims), reversed(places), strict=True)
    ]
    ends = {ROW: G * R, TAP: volume(axes("J", dims)), CHANNEL: C}
    kernel = dict(zip(taps, axes("K", dims), strict=True))
    return Claim(
        name=f"weight, {'adjoint' if adjoint else 'forward'}, {dims}d",
        goal=every(*box(0, term_of(address.offset), G * R * C * volume(axes("K", dims)))),
        hypotheses=(
            *ranges(ends),
            *ranges(kernel),
            *trace.definitions(),
            *instances(trace, {**ends, **kernel}),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from LEMMAS
    for dims in DIMS:
        for name, make, middle in (
            ("source", source, (PRODUCT, CHANNEL)),
            ("answer", answer, (PRODUCT, ROW)),
            ("result", result, (PRODUCT, ROW)),
        ):
            trace = Trace()
            yield _place(name, dims, make(dims, trace), trace, middle)
        for adjoint in (False, True):
            yield _weights(dims, adjoint=adjoint)


def _twin() -> Twin:
    trace = Trace()
    held = source(1, trace)
    return without(_place("source", 1, held, trace, (PRODUCT, CHANNEL)), held.inside[1])


PROOF = Proof(
    name="correlations",
    statement="Every address of a convolution on tensor cores is inside its array.",
    latex=r"0 \le \bigl((nG + g)C + c\bigr)S + a + uq + vj < N G C S",
    source="lecture 7, convolution on feature maps",
    steps=_steps,
    twin=_twin,
)
