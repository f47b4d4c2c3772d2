"""No number that a kernel computes on its way to an address leaves 32 bits.

For every limit ``L``, and so for ``2**31 - 2**16``, below which ``convproof_gpu.products`` holds
arrays and axes::

    N G C I,  N G M O,  G M C K or G M C O K <= L,    I + s O + |t| K + |p| <= L along each axis
        =>   -L <= v <= L   for each sum, difference and product v

of the arithmetic that ``hoisted`` proves to be the maps', all of it of type ``int``, for rows,
columns and depths below the extents. A number is at least 0 and below a product of some sizes of an
array, which is at most that of all; or it is computed of positions along one axis, and within its
reach, which is claimed once of an axis. What is computed of a position inside is claimed where it
is inside. A quotient in C is no larger than its dividend, and neither is its product with the
divisor.

A tile may reach beyond the product. For a row, a column or a depth there a kernel takes the first
(``below`` of ``contraction.cuh``), whose offsets it computes and does not read: those of the number
itself would overflow (the twin).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, le, lt, put
from convproof.theorems.addresses.contraction import ROW, TAKES, extents
from convproof.theorems.addresses.ends import Ends, below
from convproof.theorems.addresses.hoisted import KINDS, PARTS, SHARED, summed
from convproof.theorems.addresses.lemmas import (
    FLATTEN,
    LEMMAS,
    Lemma,
    every,
)
from convproof.theorems.addresses.symbols import DIMS, axes, many, offsets, w_end, x_end, y_end
from convproof.theorems.addresses.truncation import over
from convproof.theorems.proof import Proof, Twin, without

LIMIT = size("L")
_b, _k, _t, _x = map(index, ("b", "k", "t", "x"))
GROW = Lemma(
    Claim(name="a product is no smaller", goal=le(_x, _x * _b), hypotheses=(le(1, _x), le(1, _b))),
    (_x, _b),
)
REACH = Lemma(
    Claim(
        name="a dilated tap is within reach",
        goal=both(le(-sp.Abs(_t) * _b, _t * _k), le(_t * _k, sp.Abs(_t) * _b)),
        hypotheses=box(0, _k, _b),
    ),
    (_t, _k, _b),
)
_QUOTIENT = Claim(
    name="a quotient times its divisor is no larger than the dividend",
    goal=both(
        le(sp.Abs(over(_x, size("s")) * size("s")), sp.Abs(_x)),
        le(sp.Abs(over(_x, size("s"))), sp.Abs(_x)),
    ),
)


@dataclass(frozen=True, slots=True)
class _Phase:
    """What is computed of an address, before or after its conditions are known.

    Attributes:
        name: of the map, the address and the number of axes.
        numbers: each sum, difference and product.
        inside: the conditions.
        trace: of the computation.
        ends: of the indices.
    """

    name: str
    numbers: tuple[sp.Expr, ...]
    inside: tuple[Boolean, ...]
    trace: Trace
    ends: dict[Any, Any]


def _phases(kind: Any, dims: int) -> Iterator[_Phase]:
    for part in PARTS:
        trace = Trace()
        held = summed(kind, dims, part, trace)
        partials = tuple(trace.partials)
        if held.element:
            law, *places = held.element
            law(*places)  # records the steps of the number that the sum is
        ends = {i: end for i, end in extents(kind, dims).items() if i in TAKES[part]}
        name = f"{kind.__name__}: {part}, {dims}d"
        halves = (
            ("", partials[: held.always], ()),
            (", inside", partials[held.always :], held.inside),
        )
        for suffix, numbers, inside in halves:
            if numbers:
                yield _Phase(name + suffix, numbers, tuple(inside), trace, ends)


def _arrays(kind: Any, dims: int) -> tuple[Any, ...]:
    """Return how many elements the arrays have that a map's addresses are of."""
    shared = 1 if kind in SHARED else many("O", dims)
    return x_end(dims), y_end(dims), w_end(dims) * shared


def _parts_of_an_array(count: int) -> Claim:
    """Return that the product of the first of so many sizes is at most that of all: ``GROW``."""
    parts = [size(f"P_{j}") for j in range(1, count + 1)]
    return Claim(
        name=f"a part of {count} sizes",
        goal=every(*(le(part, LIMIT) for part in parts[:-1])),
        hypotheses=(*map(le, parts, parts[1:]), le(parts[-1], LIMIT)),
    )


def along(
    name: str, trace: Trace, numbers: Sequence[sp.Expr], dims: int, *more: Boolean
) -> Iterator[Claim]:
    """Yield that what is computed of positions along each axis is within its reach.

    Args:
        name: of the claims.
        trace: of the computation.
        numbers: the computed ones.
        dims: axes.
        more: ranges of positions, beside those of the remainders.
    """
    rows = zip(
        *(axes(a, dims) for a in "IOKs"), offsets("t", dims), offsets("p", dims), strict=True
    )
    boxes = [h for h in (*trace.definitions(), *more) if not isinstance(h, sp.Eq)]
    for axis, (i, o, k, s, t, p) in enumerate(rows, start=1):
        held = [n for n in numbers if n.free_symbols & {s, t, p}]
        products = [pair for pair in trace.products if pair[0] in (s, t)]
        places = {place for _, place in products} | {n - p for n in held}
        yield Claim(
            name=f"{name}, along axis {axis}",
            goal=every(*(bound for n in held for bound in (le(-LIMIT, n), le(n, LIMIT)))),
            hypotheses=(
                le(i + s * o + sp.Abs(t) * k + sp.Abs(p), LIMIT),
                *(h for h in boxes if places & set(h.args)),
                GROW.at(s, o),
                *(FLATTEN.at(place, o, 0, s) for one, place in products if one == s),
                *(REACH.at(t, place, k) for one, place in products if one == t),
                REACH.at(t, 0, k),
            ),
        )


def _claims(dims: int) -> Iterator[Claim]:
    """Yield the claims for so many axes.

    Raises:
        ClaimError: if a number is neither below a product of some sizes of an array nor computed of
            positions along one axis.
    """
    for kind in KINDS:
        for phase in _phases(kind, dims):
            known = Ends(phase.trace, phase.ends, phase.inside)
            held, rest = below(phase.name, phase.numbers, known, _arrays(kind, dims))
            yield from held
            letters = {*axes("s", dims), *offsets("t", dims), *offsets("p", dims)}
            lost = [n for n in rest if not n.free_symbols & letters]
            if lost:
                msg = f"{phase.name}: of {lost} no end is known."
                raise ClaimError(msg)
            if rest:
                yield from along(phase.name, phase.trace, rest, dims)


def _as_of_one_axis(claim: Claim) -> Any:
    """Return what a claim about positions along one of several axes says of an only axis."""
    names: dict[Any, sp.Symbol] = {}
    for symbol in sorted(claim.symbols, key=_by_number):
        letter = symbol.name.split("_")[0]
        names[symbol] = sp.Symbol(f"{letter}{sum(n.name[0] == letter for n in names.values())}")
    return put(both(claim.goal, *claim.hypotheses), names)


def _by_number(symbol: sp.Symbol) -> tuple[str, int]:
    letter, _, number = symbol.name.partition("_")
    return letter, int(number or 0)


def once(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield claims, and of those along an axis one for all axes."""
    asked: set[Any] = set()
    for claim in claims:
        alike = _as_of_one_axis(claim) if ", along axis " in claim.name else claim
        if alike not in asked:
            asked.add(alike)
            yield claim


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, GROW.claim, REACH.claim, _QUOTIENT)
    for count in range(2, 4 + 2 * max(DIMS)):
        yield _parts_of_an_array(count)
    yield from once(claim for dims in DIMS for claim in _claims(dims))


def _twin() -> Twin:
    step = next(iter(_claims(1)))
    return without(step, lt(ROW, extents(KINDS[0], 1)[ROW]))


PROOF = Proof(
    name="int32",
    statement="No number computed of a product's row, column and depth overflows 32 bits.",
    latex=r"N G C I,\ N G M O,\ G M C K,\ I + sO + |t|K + |p| \le L \Rightarrow -L \le v \le L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
