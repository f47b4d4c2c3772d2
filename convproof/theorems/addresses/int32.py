"""No number that a kernel computes on its way to an address leaves 32 bits.

For every limit ``L``, and so for ``2**31 - 2**16``, below which ``convproof_gpu.products`` holds
arrays and axes::

    N G C I,  N G M O,  G M C K <= L,    I + s O + |t| K + |p| <= L along each axis
        =>   -L <= v <= L   for each sum, difference and product v

of the arithmetic that ``hoisted`` proves to be the maps', all of it of type ``int``, for rows,
columns and depths below the extents. A number is at least 0 and below a product of some sizes of an
array, which is at most that of all; or it is computed of positions along one axis, and within its
reach. What is computed of a position inside is claimed where it is inside. A quotient in C is no
larger than its dividend, and neither is its product with the divisor.

Rows, columns and depths beyond the extents are what this does not say: a tile may reach beyond the
product, and of these a kernel computes offsets, at which it never reads (the twin).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.integers import Divided, Flattened, Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.contraction import ROW, TAKES, extents
from convproof.theorems.addresses.hoisted import KINDS, PARTS, summed
from convproof.theorems.addresses.lemmas import (
    FLATTEN,
    LEMMAS,
    Lemma,
    every,
    instances,
    ranges,
    upper,
)
from convproof.theorems.addresses.symbols import DIMS, axes, offsets, w_end, x_end, y_end
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


class _Known:
    """Products and sums with their ends, and instances of ``FLATTEN`` that say so."""

    def __init__(self, trace: Trace, ends: Mapping[Any, Any]) -> None:
        self.ends: dict[Any, Any] = dict(ends)
        self.facts: list[Boolean] = list(instances(trace, ends))
        before = -1
        while before < len(self.ends):
            before = len(self.ends)
            for step in trace.steps:
                self._step(step)
            for one, other in trace.products:
                self._flattened(one, other, sp.Integer(0))
                self._flattened(other, one, sp.Integer(0))

    def _step(self, step: Divided | Flattened) -> None:
        if isinstance(step, Flattened):
            self._flattened(*step)
            return
        self.ends.setdefault(step.remainder, step.divisor)
        end = self.end(step.number)
        if end is not None and sp.denom(sp.cancel(end / step.divisor)) == 1:
            self.ends.setdefault(step.quotient, sp.cancel(end / step.divisor))

    def _flattened(self, number: sp.Expr, size_: sp.Expr, place: sp.Expr) -> None:
        key, end = sp.expand(number * size_ + place), self.end(number)
        fits = place == 0 or self.end(place) == size_
        if end is not None and fits and _is_size(size_) and key not in self.ends:
            self.facts.append(FLATTEN.at(number, end, place, size_))
            self.ends[key] = end * size_

    def end(self, number: sp.Expr) -> Any:
        """Return the end of a number; of a product of sizes None."""
        return self.ends.get(sp.expand(number))


def _is_size(term: sp.Expr) -> bool:
    return bool(term.free_symbols) and all(s.is_positive for s in term.free_symbols)


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

    @property
    def known(self) -> _Known:
        """The ends of what is computed."""
        return _Known(self.trace, {**self.ends, **upper(self.inside)})


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
            distinct = tuple(
                n for n in dict.fromkeys(numbers) if n.free_symbols and not n.is_Symbol
            )
            if distinct:
                yield _Phase(name + suffix, distinct, tuple(inside), trace, ends)


def _is_part(end: Any, dims: int) -> bool:
    """Return whether a product of sizes is one of some sizes of an array."""
    arrays = (x_end(dims), y_end(dims), w_end(dims))
    return end is not None and any(sp.denom(sp.cancel(each / end)) == 1 for each in arrays)


def _below(phase: _Phase, dims: int) -> tuple[list[Claim], list[sp.Expr]]:
    """Return that numbers are below products of an array's sizes, and the numbers that are not."""
    known = phase.known
    ends = {n: n if _is_size(n) else known.end(n) for n in phase.numbers}
    held = {n: end for n, end in ends.items() if _is_part(end, dims)}
    along = [n for n in phase.numbers if n not in held]
    bounds = [part for n, end in held.items() if n != end for part in box(0, n, end)]
    given = (*ranges(phase.ends), *phase.inside, *phase.trace.definitions(), *known.facts)
    claims = [Claim(name=phase.name, goal=every(*bounds), hypotheses=given)] if bounds else []
    return claims, along


def _parts_of_an_array(count: int) -> Claim:
    """Return that the product of the first of so many sizes is at most that of all of them."""
    letters = [size(f"A_{j}") for j in range(1, count + 1)]
    parts = [letters[0], *(size(f"P_{j}") for j in range(2, count + 1))]
    return Claim(
        name=f"a part of {count} sizes",
        goal=every(*(le(part, LIMIT) for part in parts[:-1])),
        hypotheses=(
            *(eq(q, p * a) for p, q, a in zip(parts, parts[1:], letters[1:], strict=False)),
            le(parts[-1], LIMIT),
            *(GROW.at(part, letter) for part, letter in zip(parts, letters[1:], strict=False)),
        ),
    )


def _along(phase: _Phase, numbers: list[sp.Expr], dims: int) -> Iterator[Claim]:
    """Yield that what is computed of positions along each axis is within its reach."""
    rows = zip(
        *(axes(a, dims) for a in "IOKs"), offsets("t", dims), offsets("p", dims), strict=True
    )
    boxes = [h for h in phase.trace.definitions() if not isinstance(h, sp.Eq)]
    for axis, (i, o, k, s, t, p) in enumerate(rows, start=1):
        held = [n for n in numbers if n.free_symbols & {s, t, p}]
        products = [pair for pair in phase.trace.products if pair[0] in (s, t)]
        places = {place for _, place in products} | {n - p for n in held}
        yield Claim(
            name=f"{phase.name}, along axis {axis}",
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
            below, along = _below(phase, dims)
            yield from below
            letters = {*axes("s", dims), *offsets("t", dims), *offsets("p", dims)}
            lost = [n for n in along if not n.free_symbols & letters]
            if lost:
                msg = f"{phase.name}: of {lost} no end is known."
                raise ClaimError(msg)
            if along:
                yield from _along(phase, along, dims)


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, GROW.claim, REACH.claim, _QUOTIENT)
    for count in range(2, 4 + max(DIMS)):
        yield _parts_of_an_array(count)
    for dims in DIMS:
        yield from _claims(dims)


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
