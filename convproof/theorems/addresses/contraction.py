"""The addresses that a map of matrix products computes, on symbols, and that they lie in arrays.

::

    result[row, column] = sum_depth  left[row, depth] right[depth, column]        of every product
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sympy as sp

from convproof.index_maps import Address
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term
from convproof.theorems.addresses.lemmas import LEMMAS
from convproof.theorems.addresses.symbols import DIMS, sizes, within

PRODUCT, ROW, COLUMN, DEPTH = map(index, ("g", "row", "column", "depth"))
TAKES = {
    "left": (PRODUCT, ROW, DEPTH),
    "right": (PRODUCT, COLUMN, DEPTH),
    "result": (PRODUCT, ROW, COLUMN),
}


def extents(kind: Any, dims: int) -> dict[sp.Symbol, Term]:
    """Return the end of each index of a map."""
    ends = map(term_of, kind(sizes(dims)).extents)
    return dict(zip((PRODUCT, ROW, COLUMN, DEPTH), ends, strict=True))


def in_arrays(kind: Any, dims: int, arrays: Mapping[str, Term]) -> Iterator[Claim]:
    """Yield that every address which a map computes is below the end of its array.

    Args:
        kind: the map.
        dims: axes.
        arrays: the end of each of ``left``, ``right`` and ``result``.
    """
    ends = extents(kind, dims)
    for part, end in arrays.items():
        trace, taken = Trace(), {symbol: ends[symbol] for symbol in TAKES[part]}
        address = computed(kind, dims, part, trace)
        yield within(f"{part}, {dims}d", address, end, trace, taken)


def computed(kind: Any, dims: int, part: str, trace: Trace, mark: str = "") -> Address:
    """Return the address of ``left``, ``right`` or ``result`` that a map computes of symbols."""
    taken = (index(f"{symbol.name}{mark}") for symbol in TAKES[part])
    address = getattr(kind(sizes(dims, trace)), part)(*map(trace.integer, taken))
    return address if isinstance(address, Address) else Address(address)


def all_in_arrays(
    kind: Any, arrays: Callable[[int], Mapping[str, Term]]
) -> Callable[[], Iterator[Claim]]:
    """Return the steps of a proof: the lemmas, and the claims for one, two and three axes."""

    def steps() -> Iterator[Claim]:
        yield from LEMMAS
        for dims in DIMS:
            yield from in_arrays(kind, dims, arrays(dims))

    return steps
