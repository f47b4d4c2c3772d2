"""Every output of a kernel is written, and by no two of its threads.

::

    (product, row, column)  <->  (n, g, m, o)  <->  ((n G + g) M + m) O + o

for the result of each of the eight maps ``Correlated``, ``Spread``, ``Paired``, their unshared
counterparts, ``Unfolded`` and ``Folded``, run on symbols, of one, two and three axes. Both arrows
are one to one and onto, because ``flat`` is, from positions to the numbers below their volume, of
as many sizes as there are: the column is ``flat(n, o)``, and what the map makes of it is ``flat``
of the element's position in its array. The last is an identity of polynomials, in which the map's
``flat(x, y) // b`` and ``% b`` are ``x`` and ``y``, as ``0 <= y < b``.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import sympy as sp

from convproof.index_maps import (
    Correlated,
    Folded,
    Paired,
    Spread,
    Unfolded,
    UnsharedCorrelated,
    UnsharedPaired,
    UnsharedSpread,
)
from convproof.index_maps.address import flat
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import QUOTIENT, every, ranges
from convproof.theorems.addresses.symbols import DIMS, axes, offsets, sizes
from convproof.theorems.addresses.unfolded import unfolding
from convproof.theorems.proof import Proof, Twin, without


class _Result(NamedTuple):
    """What a map writes: letters of an element's position, and of those that its indices number.

    Attributes:
        array: ``"ngmo"`` for ``y[n, g M + m, o]``.
        indices: ``("g", "m", "no")`` for product, row, and the column that numbers ``(n, o)``.
    """

    array: str
    indices: tuple[str, ...]


_RESULTS: dict[Any, _Result] = {
    Correlated: _Result("ngmo", ("g", "m", "no")),
    Spread: _Result("ngci", ("g", "c", "ni")),
    Paired: _Result("gmck", ("g", "m", "ck")),
    UnsharedCorrelated: _Result("ngmo", ("go", "m", "n")),
    UnsharedSpread: _Result("ngci", ("gi", "c", "n")),
    UnsharedPaired: _Result("gmcok", ("go", "m", "ck")),
    Unfolded: _Result("ncko", ("nco", "k")),
    Folded: _Result("nci", ("nci",)),
}


def _places(letters: str, dims: int) -> tuple[tuple[sp.Symbol, ...], tuple[sp.Symbol, ...]]:
    """Return the indices that letters stand for, and their ends."""
    places: list[sp.Symbol] = []
    ends: list[sp.Symbol] = []
    for letter in letters:
        places += offsets(letter, dims) if letter in "oik" else (index(letter),)
        ends += axes(letter.upper(), dims) if letter in "oik" else (size(letter.upper()),)
    return tuple(places), tuple(ends)


def _written(kind: Any, dims: int) -> Claim:
    """Return that an element's address is what the map makes of the indices that number it."""
    held, trace = _RESULTS[kind], Trace(reduces=True)
    gathers = kind in (Unfolded, Folded)
    indices = []
    for letters in held.indices:
        places, ends = (tuple(map(trace.integer, each)) for each in _places(letters, dims))
        indices.append(flat(places, ends))
    if kind is Folded:
        indices.append(trace.integer(0))
    map_ = kind(unfolding(dims, trace) if gathers else sizes(dims, trace))
    address = term_of(map_.result(*indices))
    if trace.definitions():
        msg = f"{kind.__name__} divides what no step of a row-major number gave."
        raise AssertionError(msg)
    position, shape = _places(held.array, dims)
    apart = (part for step in trace.reduced for part in box(0, step.place, step.size))
    return Claim(
        name=f"{kind.__name__}, {dims}d",
        goal=both(every(*apart), eq(address, flat(position, shape))),
        hypotheses=ranges(dict(zip(position, shape, strict=True))),
    )


def _steps() -> Iterator[Claim]:
    counts = {
        len(_places(letters, dims)[0])
        for held in _RESULTS.values()
        for letters in (held.array, *held.indices)
        for dims in DIMS
    }
    yield from bijections(*sorted(counts - {1}))
    yield QUOTIENT
    for dims in DIMS:
        for kind in _RESULTS:
            yield _written(kind, dims)


def _twin() -> Twin:
    return without(_written(Correlated, 1), lt(index("o"), size("O")))


PROOF = Proof(
    name="written_once",
    statement="Every output of a kernel is written exactly once.",
    latex=r"(g, m, nO + o) \mapsto \bigl((nG + g)M + m\bigr)O + o "
    r"\text{ is one to one and onto } \{0, \dots, N G M O - 1\}",
    source="Knuth, The Art of Computer Programming 1, section 2.2.6",
    steps=_steps,
    twin=_twin,
)
