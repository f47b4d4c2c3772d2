"""A locally connected layer, whose weights are of one position each, stays inside its arrays.

::

    w[g M + m, c, o, k]  at  (((g M + m) C + c) O + o) K + k  <  G M C O K

and likewise ``x`` and ``y``, for the maps ``index_maps.UnsharedCorrelated``, ``UnsharedSpread`` and
``UnsharedPaired`` run on symbols, of one, two and three axes, of every product, row, column and
depth, under the conditions under which they read. Lemmas and instances as in ``correlated``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from convproof.index_maps import UnsharedCorrelated, UnsharedPaired, UnsharedSpread
from convproof.symbolic.integers import Trace
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term
from convproof.theorems.addresses.contraction import computed, in_arrays
from convproof.theorems.addresses.lemmas import LEMMAS
from convproof.theorems.addresses.symbols import DIMS, many, w_end, x_end, y_end
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "unshared.UnsharedCorrelated.extents",
    "unshared.UnsharedCorrelated.left",
    "unshared.UnsharedCorrelated.right",
    "unshared.UnsharedCorrelated.result",
    "unshared.UnsharedSpread.extents",
    "unshared.UnsharedSpread.left",
    "unshared.UnsharedSpread.right",
    "unshared.UnsharedSpread.result",
    "unshared.UnsharedPaired.extents",
    "unshared.UnsharedPaired.left",
    "unshared.UnsharedPaired.right",
    "unshared.UnsharedPaired.result",
)


def _arrays(dims: int) -> Mapping[Any, Mapping[str, Term]]:
    w, x, y = w_end(dims) * many("O", dims), x_end(dims), y_end(dims)
    return {
        UnsharedCorrelated: {"left": w, "right": x, "result": y},
        UnsharedSpread: {"left": w, "right": y, "result": x},
        UnsharedPaired: {"left": y, "right": x, "result": w},
    }


def _claims(kind: Any, dims: int) -> Iterator[Claim]:
    for claim in in_arrays(kind, dims, _arrays(dims)[kind]):
        yield replace(claim, name=f"{kind.__name__}: {claim.name}")


def _steps() -> Iterator[Claim]:
    yield from LEMMAS
    for dims in DIMS:
        for kind in _arrays(dims):
            yield from _claims(kind, dims)


def _twin() -> Twin:
    _, right, _ = _claims(UnsharedPaired, 1)
    start, _ = computed(UnsharedPaired, 1, "right", Trace()).inside
    return without(right, start)


PROOF = Proof(
    name="unshared",
    statement="Every address of a locally connected layer and its derivatives is inside its array.",
    latex=r"0 \le \bigl(((gM + m)C + c)O + o\bigr)K + k < G M C O K",
    source="lecture 7, summary: sparse connections, weight sharing (here: none)",
    steps=_steps,
    twin=_twin,
)
