"""The order of taps and channels on the tensor cores is one to one: nothing is read twice or left.

::

    unit = (block J + tap) 8 + place             of channels (8 block + place) u, block < B
    unit = 8 B J + tap E + place                 of channels (8 B + place) u, place < E

of ``J`` taps and ``8 B + E`` units of ``u`` channels, ``E < 8``: the first are the numbers below
``8 B J``, the others those from there to below ``J (8 B + E)``; and ``in_blocks``, ``in_rest`` of
``index_maps.correlation``, run on symbols, find tap and unit of channels again, and the other way
round. A number is a unit and one of its channels, be they four or eight (``flatten``).
"""

from collections.abc import Iterator

from convproof.index_maps.address import flat
from convproof.index_maps.correlation import in_blocks, in_rest
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.lemmas import (
    BELOW,
    FLATTEN,
    QUOTIENT,
    every,
    instances,
    ranges,
)
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "correlation.ordered",
    "correlation.in_blocks",
    "correlation.in_rest",
)
_J, _B, _E = map(size, "JBE")
_unit, _block, _tap, _place = map(index, ("unit", "block", "tap", "place"))


def _of_blocks() -> Claim:
    """Return that the unit of a block, a tap and a place is below ``8 B J``, and they are its."""
    trace = Trace(reduces=True)
    number = flat(tuple(map(trace.integer, (_block, _tap, _place))), (1, trace.integer(_J), 8))
    tap, unit = in_blocks(trace.integer(number.term), trace.integer(_J))
    return Claim(
        name="a unit of a block",
        goal=every(
            eq(tap.term, _tap),
            eq(unit.term, 8 * _block + _place),
            eq(number.term, 8 * _block * _J + 8 * _tap + _place),  # as conv_tensor_weights does
            *box(0, number.term, 8 * _B * _J),
        ),
        hypotheses=(
            *ranges({_block: _B, _tap: _J, _place: 8}),
            FLATTEN.at(_block, _B, _tap, _J),
        ),
    )


def _in_blocks() -> Claim:
    """Return that a unit below ``8 B J`` has a block, a tap and a place."""
    trace = Trace()
    tap, unit = in_blocks(trace.integer(_unit), trace.integer(_J))
    ends = {_unit: 8 * _B * _J}
    return Claim(
        name="a unit has a tap, and channels of whole blocks",
        goal=every(*box(0, tap.term, _J), *box(0, unit.term, 8 * _B)),
        hypotheses=(*ranges(ends), *trace.definitions(), *instances(trace, ends)),
    )


def _of_rest() -> Claim:
    """Return the same of a unit that is left over."""
    trace = Trace(reduces=True)
    first = trace.integer(8 * _B * _J)
    number = first + flat((trace.integer(_tap), trace.integer(_place)), (1, trace.integer(_E)))
    tap, place = in_rest(trace.integer((number - first).term), trace.integer(_E))
    return Claim(
        name="a unit that is left over",
        goal=every(
            eq(tap.term, _tap),
            eq(place.term, _place),
            *box(8 * _B * _J, number.term, _J * (8 * _B + _E)),
        ),
        hypotheses=(*ranges({_tap: _J, _place: _E}), FLATTEN.at(_tap, _J, _place, _E)),
    )


def _in_rest() -> Claim:
    trace = Trace()
    after = trace.integer(_unit) - trace.integer(8 * _B * _J)
    tap, place = in_rest(after, trace.integer(_E))
    ends = {after.term: _J * _E}
    return Claim(
        name="a unit after the blocks has a tap, and channels that are left",
        goal=both(*box(0, tap.term, _J), *box(0, place.term, _E)),
        hypotheses=(
            le(8 * _B * _J, _unit),
            lt(_unit, _J * (8 * _B + _E)),
            *trace.definitions(),
            *instances(trace, ends),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from bijections(2, 3)
    yield from (QUOTIENT, BELOW.claim)
    yield from (_of_blocks(), _in_blocks(), _of_rest(), _in_rest())


def _twin() -> Twin:
    return without(_in_blocks(), lt(_unit, 8 * _B * _J))


PROOF = Proof(
    name="ordered",
    statement="Tap and channel of the tensor cores' depths and their numbers are one to one.",
    latex=r"\mathrm{unit} = (\mathrm{block}\,J + \mathrm{tap})\,8 + \mathrm{place} < 8BJ",
    source="Knuth, The Art of Computer Programming 1, section 2.2.6",
    steps=_steps,
    twin=_twin,
)
