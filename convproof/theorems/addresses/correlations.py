"""On tensor cores a convolution reads its operands and writes ``y`` where they are.

::

    0 <= o(q, j) < S along each axis,  c < C'  =>   0 <= ((n G + g) S + o(q, j)) C' + c < N G S C'
    row < R,  depth < J C'              =>   0 <= (g R + row) J C' + depth < G R J C'
    row < R,  spot < N Q                =>   0 <= (g R + row) Q + n G R Q + q < N G R Q
    row < R,  spot < N Q <= Y           =>   0 <= (g R + row) Y + spot < G R Y
    and  0 <= i(q) < Z                  =>   0 <= ((n G + g) R + row) Z + i(q) < N G R Z
    c < C,  0 <= tap + apart j < K      =>   0 <= Laid.weight < G R C K

for the sums of ``tensor_products.cuh`` and the map ``Laid.weight`` of ``index_maps.correlation``
run on symbols, forward and adjoint, of one, two and three axes. Each sum is ``flat`` of the
element's position, which lies inside, so that a result is written once for a row and a spot
(``flatten``); ``phases`` proves ``i(q) < Z`` and ``tap + apart j < K`` of the positions and taps
that there are, each of one phase. Lemmas and instances as in ``correlated``.

What is copied is a unit, from its first element's address: where ``C'`` or ``Y`` is whole units,
and so is ``c`` or the spot, the address is whole units too, and the last element is inside as well.
Where ``y_bar`` is read as it is given, ``Q`` is whole units, and a unit's depths are neighbours:
they are of one image. A kernel takes it to be so where ``Y = Q``: if the rows are laid out anew all
the same, there is one image, and both sums are one.
"""

from collections.abc import Iterator

from convproof.index_maps.address import flat, volume
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import box, eq, le, lt
from convproof.theorems.addresses.lemmas import (
    ABOVE,
    BELOW,
    FLATTEN,
    LEMMAS,
    every,
    instances,
    ranges,
    upper,
)
from convproof.theorems.addresses.symbols import DIMS, C, G, N, axes, offsets
from convproof.theorems.addresses.tensor_sums import (
    CHANNEL,
    DEPTH,
    LENGTH,
    PADDED,
    PRODUCT,
    ROW,
    SPOT,
    TAP,
    R,
    answer,
    answer_rows,
    correlations,
    laid,
    result,
    source,
    weights,
)
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "correlation.Laid.__call__",
    "correlation.Laid.weight",
    "correlation.Laid.padded",
)


def _place(name: str, dims: int) -> Claim:
    """Return that a sum is ``flat`` of an element's position, and below the array's end."""
    trace, numbered, s = Trace(), Trace(), correlations(dims)
    held = _SUMS[name](dims, trace)
    extent = tuple(map(term_of, {"source": s.source, "answer": s.positions}.get(name, s.result)))
    whole, spots, depths = (volume(e) for e in (extent, axes("Q", dims), axes("J", dims)))
    depths *= PADDED
    n, *at = held.element or (0,)
    inner = dict(zip(map(term_of, at), extent, strict=False))
    place = flat(
        [numbered.integer(p) for p in inner], [numbered.integer(e) for e in inner.values()]
    )
    position, sizes = {
        "source": ((n, PRODUCT, place, CHANNEL), (N, G, whole, PADDED)),
        "weights": ((PRODUCT, ROW, DEPTH), (G, R, depths)),
        "answer": ((n, PRODUCT, ROW, place), (N, G, R, whole)),
        "answer, laid out": ((PRODUCT, ROW, SPOT), (G, R, LENGTH)),
        "result": ((n, PRODUCT, ROW, place), (N, G, R, whole)),
    }[name]
    terms = tuple(map(term_of, position))
    number = flat(
        list(map(numbered.integer, terms)),
        list(map(numbered.integer, (1, *sizes[1:]))),
    )
    ends = {PRODUCT: G, ROW: R, CHANNEL: PADDED, DEPTH: depths, SPOT: N * spots}
    ends = {place: end for place, end in ends.items() if place in (*terms, SPOT)}
    decoded = instances(trace, ends)
    inner |= {term_of(n): N} | ends | ({SPOT: LENGTH} if SPOT in terms else {})
    return Claim(
        name=f"{name}, {dims}d",
        goal=every(
            eq(term_of(held.offset), term_of(number)),
            *box(0, term_of(number), volume(sizes)),
        ),
        hypotheses=(
            *ranges(ends),
            *([le(N * spots, LENGTH)] if SPOT in terms else []),
            *held.inside,
            *trace.definitions(),
            *decoded,
            *instances(numbered, {**inner, **upper(held.inside)}),
        ),
    )


_SUMS = {
    "source": source,
    "weights": weights,
    "answer": answer,
    "answer, laid out": answer_rows,
    "result": result,
}


def _units() -> Iterator[Claim]:
    """Yield that what is copied at once begins at whole units, and lies in the array."""
    unit, many, rows = map(size, ("unit", "many", "rows"))
    row, which, n, q, last, before = map(index, ("row", "which", "n", "q", "last", "before"))
    yield Claim(
        name="a unit of a row of whole units",
        goal=every(
            eq(row * (unit * many) + unit * which, unit * (row * many + which)),
            *box(0, unit * (row * many + which) + last, unit * (rows * many)),
        ),
        hypotheses=(
            *ranges({row: rows, which: many, last: unit}),
            FLATTEN.at(row, rows, which, many),
            FLATTEN.at(row * many + which, rows * many, last, unit),
        ),
    )
    yield Claim(
        name="the depths of a unit are of one image",
        goal=lt(q + last, 4 * many),
        hypotheses=(eq(4 * which, 4 * before + q), *ranges({q: 4 * many, last: 4})),
    )
    images, spots, apart = map(size, ("N", "Q", "apart"))
    yield Claim(
        name="rows of one image lie as they are given",
        goal=eq(n * apart + q, SPOT),
        hypotheses=(
            *ranges({SPOT: images * spots, q: spots}),
            eq(SPOT, n * spots + q),
            le(images * spots, spots),
            BELOW.at(n, q, spots),
            ABOVE.at(n, 1, q, spots),
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
    yield from _units()
    for dims in DIMS:
        for name in _SUMS:
            yield _place(name, dims)
        for adjoint in (False, True):
            yield _weights(dims, adjoint=adjoint)


def _twin() -> Twin:
    return without(_place("source", 1), source(1, Trace()).inside[1])


PROOF = Proof(
    name="correlations",
    statement="Every address of a convolution on tensor cores is inside its array.",
    latex=r"0 \le \bigl((nG + g)S + a + uq + vj\bigr)C' + c < N G S C'",
    source="lecture 7, convolution on feature maps",
    steps=_steps,
    twin=_twin,
)
