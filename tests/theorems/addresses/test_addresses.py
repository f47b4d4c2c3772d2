"""The expressions that are proved are the maps': they are the maps at numbers, and mutants fail."""

from dataclasses import dataclass, fields
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp

from convproof.index_maps import (
    Address,
    Correlated,
    Folded,
    Paired,
    Sizes,
    Spread,
    Unfolded,
    UnsharedCorrelated,
    UnsharedPaired,
    UnsharedSpread,
    Windows,
    Wrapping,
)
from convproof.index_maps.address import flat, volume
from convproof.symbolic.integers import SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Claim, decide
from convproof.symbolic.solver.evaluation import truth, value
from convproof.symbolic.solver.terms import put
from convproof.theorems.addresses import contraction, hoisted, paired, unfolded, windows, wrapping
from convproof.theorems.addresses.correlated import _arrays
from convproof.theorems.addresses.symbols import C, G, M, N, axes, offsets, sizes

PRODUCTS = (Correlated, Spread, Paired, UnsharedCorrelated, UnsharedSpread, UnsharedPaired)
PARTS = ("left", "right", "result")
NUMBERS = {
    1: Sizes(
        batch=2, groups=2, in_channels=2, out_channels=1, input=(4,), kernel=(2,), output=(2,),
        stride=(2,), dilation=(-1,), low=(1,),
    ),
    2: Sizes(
        batch=2, groups=1, in_channels=1, out_channels=2, input=(3, 2), kernel=(1, 2),
        output=(2, 3), stride=(2, 1), dilation=(1, 2), low=(0, 1),
    ),
    3: Sizes(
        batch=1, groups=2, in_channels=1, out_channels=1, input=(2, 1, 3), kernel=(1, 2, 2),
        output=(2, 2, 1), stride=(1, 3, 2), dilation=(2, 1, 1), low=(1, 0, 2),
    ),
}  # fmt: skip


def at(dims: int, told: Sizes) -> dict[sp.Symbol, int]:
    """Return the numbers that the symbols stand for."""
    found = {N: told.batch, G: told.groups, C: told.in_channels, M: told.out_channels}
    for letter, held in zip(
        "IKOs", (told.input, told.kernel, told.output, told.stride), strict=True
    ):
        found |= dict(zip(axes(letter, dims), held, strict=True))
    for letter, held in zip("tp", (told.dilation, told.low), strict=True):
        found |= dict(zip(offsets(letter, dims), held, strict=True))
    return found


def named(trace: Trace) -> dict[sp.Symbol, sp.Expr]:
    """Return the formula that each name of a trace stands for."""
    found: dict[sp.Symbol, sp.Expr] = {}
    for number, divisor, q, r in trace.divisions:
        whole = SymbolicInt(put(number, found)), SymbolicInt(put(divisor, found))
        found |= {q: (whole[0] // whole[1]).term, r: (whole[0] % whole[1]).term}
    return found


def compare(proved: Any, trace: Trace, run: Any, grid: tuple[Any, ...], ends: Any) -> None:
    """Assert that an address on symbols is the map's run on NumPy's integers, over a grid."""
    formulas = named(trace)
    offset = put(term_of(proved.offset), formulas)
    inside = [put(condition, formulas) for condition in proved.inside]
    expected = np.broadcast_to(run.offset, tuple(map(len, map(np.ravel, grid))))
    masks = [np.broadcast_to(mask, expected.shape) for mask in run.inside]
    symbols, known = ends
    places = list(product(*(range(len(np.ravel(axis))) for axis in grid)))
    for place in places[:: max(1, len(places) // 15)]:
        values = {**known, **dict(zip(symbols, place, strict=True))}
        assert value(offset, values) == expected[place]
        assert [truth(c, values) for c in inside] == [bool(mask[place]) for mask in masks]


def address(held: Any) -> Address:
    return held if isinstance(held, Address) else Address(held)


@pytest.mark.parametrize("dims", NUMBERS)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", PRODUCTS)
def test_a_proved_address_is_the_maps_at_numbers(kind: Any, part: str, dims: int) -> None:
    """SymPy's formula, with names put back, at numbers ``==`` NumPy's run of the same map."""
    told, trace = NUMBERS[dims], Trace()
    proved = contraction.computed(kind, dims, part, trace)
    symbols = contraction.TAKES[part]
    ends = dict(zip(contraction.extents(kind, dims), kind(told).extents, strict=True))
    grid = np.ix_(*(range(ends[symbol]) for symbol in symbols))
    run = address(getattr(kind(told), part)(*grid))
    compare(proved, trace, run, grid, (symbols, at(dims, told)))


@pytest.mark.parametrize("dims", NUMBERS)
@pytest.mark.parametrize("part", ["source", "result"])
@pytest.mark.parametrize("kind", [Unfolded, Folded])
def test_the_same_of_im2col_and_its_adjoint(kind: Any, part: str, dims: int) -> None:
    held = NUMBERS[dims]
    taps = int(np.prod(held.kernel))
    told = Sizes(
        batch=held.batch, groups=1, in_channels=held.in_channels,
        out_channels=held.in_channels * taps, input=held.input, kernel=held.kernel,
        output=held.output, stride=held.stride, dilation=held.dilation, low=held.low,
    )  # fmt: skip
    trace = Trace()
    proved = unfolded.computed(kind, dims, part, trace)
    grid = np.ix_(*map(range, kind(told).extents))
    run = address(getattr(kind(told), part)(*grid))
    symbols = unfolded.PLACE, unfolded.TAP
    compare(proved, trace, run, grid, (symbols, at(dims, told)))


@pytest.mark.parametrize("dims", NUMBERS)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", hoisted.KINDS)
def test_what_a_kernel_adds_is_the_maps_at_numbers(kind: Any, part: str, dims: int) -> None:
    """The sums of ``hoisted``, and when they are read."""
    told, trace = NUMBERS[dims], Trace()
    proved = hoisted.summed(kind, dims, part, trace)
    symbols = contraction.TAKES[part]
    ends = dict(zip(contraction.extents(kind, dims), kind(told).extents, strict=True))
    grid = np.ix_(*(range(ends[symbol]) for symbol in symbols))
    run = address(getattr(kind(told), part)(*grid))
    compare(proved, trace, run, grid, (symbols, at(dims, told)))


def test_ranges_of_windows_are_the_maps_at_numbers() -> None:
    """Taps and readers of sliding and adaptive windows, every one."""
    for numbers in ((5, 3, 2, 3, 1, 1, 1), (7, 3, 7, 7, 3, 1, 0), (4, 2, 3, 5, 1, 2, 2)):
        symbols = (windows.I, windows.O, windows.S, windows.REACH, windows.PARTS, windows.T)
        known = dict(zip((*symbols, windows.LOW), numbers, strict=True))
        inputs, outputs, stride, reach, parts, dilation, low = ((v,) for v in numbers)
        told = Windows(
            planes=1, input=inputs, output=outputs, stride=stride, reach=reach, parts=parts,
            dilation=dilation, low=low,
        )  # fmt: skip
        for ranges, place, end in (("taps", windows.o, outputs), ("readers", windows.i, inputs)):
            trace = Trace()
            proved = getattr(windows, ranges)(trace, place)
            formulas = named(trace)
            for position in range(end[0]):
                run = getattr(told, ranges)(0, position)
                found = [value(put(t, formulas), {**known, place: position}) for t in proved]
                assert found == [run.begin, run.end]


def test_origins_of_a_border_are_the_maps_at_numbers() -> None:
    told, p = Wrapping(planes=1, input=(3,), bordered=(9,), low=(4,)), index("p")
    trace = Trace()
    origin = put(term_of(wrapping.wrapping(trace).origin(0, trace.integer(p))), named(trace))
    for position in range(9):
        values = {wrapping.I: 3, wrapping.B: 9, index("low"): 4, p: position}
        assert value(origin, values) == told.origin(0, position)


@pytest.mark.parametrize("dims", NUMBERS)
@pytest.mark.parametrize("kind", PRODUCTS)
def test_a_map_prints(kind: Any, dims: int) -> None:
    """As LaTeX of one line, with ``mod`` as SymPy writes it and no names of Python's."""
    held = kind(sizes(dims))
    indices = {
        s: SymbolicInt(s) for s in (contraction.PRODUCT, contraction.ROW, contraction.COLUMN)
    }
    found = held.result(*indices.values())
    right = held.right(*(SymbolicInt(index(letter)) for letter in "gjd"))
    for term in (found.term, term_of(right.offset), *right.inside):
        text = sp.latex(term)
        assert "operatorname" not in text
        assert "SymbolicInt" not in text
        assert "\n" not in text


@dataclass(frozen=True, slots=True)
class Unmasked(Sizes):
    """Sizes whose taps are read although they lie above the input."""

    def input_of(self, o: Any, k: Any) -> Address:
        held = super(Unmasked, self).input_of(o, k)
        return Address(held.offset, held.inside[::2])


@dataclass(frozen=True, slots=True)
class Swapped(Sizes):
    """Sizes of which those of the groups and of their channels change places in an address."""

    def image(self, n: Any, g: Any, c: Any, i: Any) -> Any:
        return flat((n, g, c, i), (self.batch, self.in_channels, self.groups, volume(self.input)))


@pytest.mark.parametrize("mutant", [Unmasked, Swapped])
def test_the_claim_of_a_mutant_is_refuted(mutant: Any) -> None:
    """By small numbers at which Python's own arithmetic finds the address outside."""

    def kind(told: Sizes) -> Correlated:
        return Correlated(
            mutant(**{field.name: getattr(told, field.name) for field in fields(told)})
        )

    _, right, _ = contraction.in_arrays(kind, 1, _arrays(1))
    (finding,) = decide(right)
    assert finding.status == "refuted"
    assert finding.counterexample


def test_an_unread_row_beyond_the_product_is_beyond_every_limit() -> None:
    """``(g M + m) C K`` of a row ``m >= M``, which a tile computes and does not read."""
    from convproof.theorems.addresses.int32 import PROOF

    twin = PROOF.twin()
    assert isinstance(twin.step, Claim)
    (finding,) = decide(twin.step)
    assert finding.status == "refuted"
    assert paired.PROOF.twin().changed == "a sum over depth <= N O"
