"""im2col and its adjoint compute nothing on the way to an address that leaves 32 bits.

::

    Unfolded  x: plane I + i                                 y: plane K O + place mod O + tap O
    Folded    x: plane K O + tap O + o                       y: place

    N C I,  N C K O <= L,    s O + |t| K + |p| <= L  along each axis      =>   -L <= v <= L

as ``unfolding.cuh`` adds them, for every ``L``, and so for that below which ``unfolding._gather``
chooses ``int``. That limits ``I + |p|`` too, as the output size is that of the input: there is no
room for another window. Names and lemmas as in ``int32``.
"""

from collections.abc import Iterator
from typing import Any

from convproof.errors import ClaimError
from convproof.index_maps import Folded, Unfolded
from convproof.index_maps.address import flat, unflat, volume
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import count, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, eq, le, lt
from convproof.theorems.addresses.ends import Ends, below
from convproof.theorems.addresses.int32 import GROW, REACH, along, once
from convproof.theorems.addresses.lemmas import LEMMAS
from convproof.theorems.addresses.sums import Sum, beyond, input_of, output_of, whole
from convproof.theorems.addresses.symbols import DIMS, C, N, axes, many
from convproof.theorems.addresses.unfolded import PLACE, TAP, unfolding
from convproof.theorems.proof import Proof, Twin, without

PARTS = ("source", "result")
_O, _I, _s, _t, _K = map(size, "OIstK")
_low, _high, _slack = count("p"), count("p'"), count("slack")


def summed(kind: Any, dims: int, part: str, trace: Trace) -> Sum:
    """Return an address of a map as ``unfolding.cuh`` adds it up."""
    s, place, tap = unfolding(dims, trace), trace.integer(PLACE), trace.integer(TAP)
    inputs, outputs, taps = volume(s.input), volume(s.output), volume(s.kernel)
    own = s.output if kind is Unfolded else s.input
    plane, *position = unflat(place, (s.batch * s.in_channels, *own))
    if part == "result" and kind is Folded:
        return whole(place, trace)
    if part == "result":
        at = place % outputs
        element = (lambda *e: flat(e, (1, taps, outputs)), plane, tap, at)
        return whole(plane * taps * outputs + at + tap * outputs, trace, element)
    k = unflat(tap, s.kernel)
    if kind is Unfolded:
        image = (lambda *e: flat(e, (1, inputs)), plane)
        return beyond(plane * inputs, input_of(s, position, k, trace), image)
    columns = (lambda *e: flat(e, (1, taps, outputs)), plane, tap)
    base = plane * taps * outputs + tap * outputs
    return beyond(base, output_of(s, position, k, trace), columns)


def _ends(kind: Any, dims: int) -> dict[Any, Any]:
    places, taps = map(term_of, kind(unfolding(dims)).extents)
    return {PLACE: places, TAP: taps}


def _claims(kind: Any, dims: int) -> Iterator[Claim]:
    """Yield the claims of a map.

    Raises:
        ClaimError: if of a number no end is known.
    """
    arrays = (N * C * many("I", dims), N * C * many("K", dims) * many("O", dims))
    for part in PARTS:
        trace = Trace()
        held = summed(kind, dims, part, trace)
        name, numbers = f"{kind.__name__}: {part}, {dims}d", tuple(trace.partials)
        if held.element:
            law, *places = held.element
            law(*places)  # records the steps of the number that the sum is
        halves = (
            ("", numbers[: held.always], ()),
            (", inside", numbers[held.always :], held.inside),
        )
        for suffix, some, inside in halves:
            known = Ends(trace, _ends(kind, dims), inside)
            claims, rest = below(name + suffix, some, known, arrays)
            yield from claims
            lost = [n for n in rest if not any(s.name[0] in "stp" for s in n.free_symbols)]
            if lost:
                msg = f"{name}{suffix}: of {lost} no end is known."
                raise ClaimError(msg)
            if rest:
                taps = trace.integer(TAP), *map(trace.integer, axes("K", dims))
                first = term_of(unflat(taps[0], taps[1:])[0])
                yield Claim(
                    name=f"{name}{suffix}: a tap along the first axis",
                    goal=both(*known.bounds([first])),
                    hypotheses=known.facts([first]),
                )
                yield from along(name + suffix, trace, rest, dims, *known.bounds([first]))


def _reach() -> Claim:
    """Return that ``I + p`` is within the reach ``s O + t K + p``, so that this limits it."""
    span = _t * (_K - 1) + 1
    return Claim(
        name="the reach of the windows is that of the padded input",
        goal=le(_I + _low, _s * _O + _t * _K + _low),
        hypotheses=(
            eq(_I + _low + _high, _s * (_O - 1) + span + _slack),
            lt(_slack, _s),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, GROW.claim, REACH.claim, _reach())
    yield from once(
        claim for dims in DIMS for kind in (Unfolded, Folded) for claim in _claims(kind, dims)
    )


def _twin() -> Twin:
    step = next(claim for claim in _claims(Unfolded, 1) if lt(TAP, _K) in claim.hypotheses)
    return without(step, lt(TAP, _K))


PROOF = Proof(
    name="int32_unfolded",
    statement="No number that im2col or its adjoint computes of a place and a tap overflows.",
    latex=r"N C I,\ N C K O,\ sO + |t|K + |p| \le L \Rightarrow -L \le v \le L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
