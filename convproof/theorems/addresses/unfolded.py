"""im2col and its adjoint stay inside their arrays, ``x (N, C, I)`` and ``y (N, C K, O)``.

::

    0 <= i(o, k) < I   =>   0 <= (n C + c) I + i < N C I      0 <= (n C K + c K + k) O + o < N C K O

for the maps ``index_maps.Unfolded`` and ``Folded`` run on symbols, of one, two and three axes, of
every place and tap. Lemmas and instances as in ``correlated``.
"""

from collections.abc import Iterator
from typing import Any

from convproof.index_maps import Address, Folded, Sizes, Unfolded
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Claim
from convproof.theorems.addresses.lemmas import LEMMAS
from convproof.theorems.addresses.symbols import DIMS, C, N, many, sizes, within
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "unfolding.Unfolded.extents",
    "unfolding.Unfolded.source",
    "unfolding.Unfolded.result",
    "unfolding.Folded.extents",
    "unfolding.Folded.source",
    "unfolding.Folded.result",
)

PLACE, TAP = index("place"), index("tap")


def unfolding(dims: int, trace: Trace | None = None) -> Sizes:
    """Return the sizes of an unfolding: one group, ``C`` channels in and ``C K`` out."""
    return sizes(dims, trace, groups=1, out_channels=C * many("K", dims))


def computed(kind: Any, dims: int, part: str, trace: Trace, mark: str = "") -> Address:
    """Return the address of ``source`` or ``result`` that a map computes of symbols."""
    taken = (index(f"{symbol.name}{mark}") for symbol in (PLACE, TAP))
    address = getattr(kind(unfolding(dims, trace)), part)(*map(trace.integer, taken))
    return address if isinstance(address, Address) else Address(address)


def _claims(kind: Any, dims: int) -> Iterator[Claim]:
    image, columns = N * C * many("I", dims), N * C * many("K", dims) * many("O", dims)
    source, result = (image, columns) if kind is Unfolded else (columns, image)
    ends = dict(zip((PLACE, TAP), map(term_of, kind(unfolding(dims)).extents), strict=True))
    for part, end in (("result", result), ("source", source)):
        trace = Trace()
        address = computed(kind, dims, part, trace)
        yield within(f"{kind.__name__}: {part}, {dims}d", address, end, trace, ends)


def _steps() -> Iterator[Claim]:
    yield from LEMMAS
    for dims in DIMS:
        yield from _claims(Unfolded, dims)
        yield from _claims(Folded, dims)


def _twin() -> Twin:
    *_, source = _claims(Unfolded, 1)
    start, _ = computed(Unfolded, 1, "source", Trace()).inside
    return without(source, start)


PROOF = Proof(
    name="unfolded",
    statement="Every address that im2col or its adjoint reads or writes lies inside its array.",
    latex=r"0 \le (nCK + cK + k)O + o < N C K O, \quad 0 \le (nC + c)I + s o + t k - p < N C I",
    source="Chellapilla, Puri and Simard 2006, High performance convolutional neural networks",
    steps=_steps,
    twin=_twin,
)
