"""Row-major numbers and positions are one to one: ``flat`` and ``unflat`` are inverse.

::

    flat((x, y), (A, b)) = b x + y         unflat(a, (A, b)) = (floor(a / b), a mod b)

    0 <= a < A_1 ... A_n   <=>   0 <= x_j < A_j        flat(unflat(a)) = a,   unflat(flat(x)) = x

for ``index_maps.address.flat`` and ``unflat`` run on symbols, of two to five sizes, as many as any
kernel decodes. A step ``b x + y`` of two sizes is the lemmas'; a number of more sizes is composed
of such steps, and of each an instance of a lemma is among the hypotheses.
"""

from collections.abc import Iterator
from itertools import product

import sympy as sp

from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, lt
from convproof.theorems.addresses.lemmas import (
    CONGRUENT,
    LEMMAS,
    UNIQUE,
    every,
    instances,
    ranges,
    unique,
)
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "address.flat",
    "address.unflat",
    "address.volume",
)

_a = index("a")


def _sizes(n: int) -> tuple[sp.Symbol, ...]:
    return tuple(size(f"A_{j}") for j in range(1, n + 1))


def _decoded(n: int) -> Claim:
    """Return that ``unflat`` of a number below the volume is a position, and ``flat`` undoes it."""
    sizes, trace = _sizes(n), Trace()
    places = unflat(trace.integer(_a), tuple(map(trace.integer, sizes)))
    number = term_of(flat(places, tuple(map(trace.integer, sizes))))
    ends = {_a: volume(sizes)}
    divided, flattened = trace.divisions, trace.flattenings
    same = (
        CONGRUENT.at(up.value, down.quotient, back.place, down.remainder, down.divisor)
        for up, back, down in zip(flattened, flattened[1:], divided[-2::-1], strict=False)
    )
    inside = (part for x, end in zip(places, sizes, strict=True) for part in box(0, x.term, end))
    return Claim(
        name=f"flat after unflat, {n} sizes",
        goal=both(every(*inside), eq(number, _a)),
        hypotheses=(*ranges(ends), *trace.definitions(), *instances(trace, ends), *same),
    )


def _encoded(n: int) -> Claim:
    """Return that ``flat`` of a position is below the volume, and ``unflat`` undoes it."""
    sizes, trace = _sizes(n), Trace()
    places = tuple(index(f"x_{j}") for j in range(1, n + 1))
    whole = tuple(map(trace.integer, sizes))
    number = flat(tuple(map(trace.integer, places)), whole)
    found = unflat(number, whole)
    ends = dict(zip(places, sizes, strict=True))
    pairs = ((a, b) for a, b in product(trace.divisions, trace.flattenings) if a.step == b.step)
    back = (eq(there.term, x) for there, x in zip(found, places, strict=True))
    return Claim(
        name=f"unflat after flat, {n} sizes",
        goal=both(every(*box(0, term_of(number), volume(sizes))), every(*back)),
        hypotheses=(
            *ranges(ends),
            *trace.definitions(),
            *instances(trace, ends),
            *unique(pairs),
        ),
    )


def bijections(*counts: int) -> Iterator[Claim]:
    """Yield that positions and row-major numbers are one to one, of so many sizes."""
    yield from (*LEMMAS, UNIQUE.claim, CONGRUENT.claim)
    for n in counts:
        yield _decoded(n)
        yield _encoded(n)


def _steps() -> Iterator[Claim]:
    return bijections(2, 3, 4, 5)


def _twin() -> Twin:
    place, end = index("x_2"), size("A_2")
    return without(_encoded(2), lt(place, end))


PROOF = Proof(
    name="flatten",
    statement="Positions and row-major numbers below the volume are one to one.",
    latex=r"0 \le x < A,\ 0 \le y < b \iff 0 \le b x + y < A b, \qquad "
    r"x = \lfloor (b x + y)/b \rfloor,\ y = (b x + y) \bmod b",
    source="Knuth, The Art of Computer Programming 1, section 2.2.6",
    steps=_steps,
    twin=_twin,
)
