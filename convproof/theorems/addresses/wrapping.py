"""A periodic border copies inputs, and its adjoint finds every copy of an input, once.

::

    0 <= (p - low) mod I < I
    0 <= p < B,  (p - low) mod I = i    <=>    p = (i + low) mod I + I j,  j >= 0,  p < B

for ``index_maps.Wrapping`` run on symbols; ``low`` may be any integer. Given ``p`` there is one
such ``j``, so that each copy is added once. Axes are independent.
"""

from collections.abc import Iterator

import sympy as sp

from convproof.index_maps import Range, Wrapping
from convproof.symbolic.integers import Divided, SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.lemmas import BELOW, FLATTEN, UNIQUE
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "wrapping.Wrapping.origin",
    "wrapping.Wrapping.copies",
)

I, B = size("I"), size("B")
_low, _p, _i, _j = map(index, ("low", "p", "i", "j"))


def wrapping(trace: Trace | None) -> Wrapping:
    """Return the border of one axis."""
    planes, inputs, bordered, low = (SymbolicInt(sp.sympify(v), trace) for v in (1, I, B, _low))
    return Wrapping(planes=planes, input=(inputs,), bordered=(bordered,), low=(low,))


def _origin() -> Claim:
    trace = Trace()
    origin = term_of(wrapping(trace).origin(0, trace.integer(_p)))
    return Claim(
        name="an origin is an input",
        goal=both(*box(0, origin, I)),
        hypotheses=(*box(0, _p, B), *trace.definitions()),
    )


def _copies(trace: Trace) -> Range:
    return wrapping(trace).copies(0, trace.integer(_i))


def _is_copy() -> Claim:
    """Return that every position that is visited lies in the border, and is a copy."""
    trace = Trace()
    held = _copies(trace)
    begin, step = term_of(held.begin), term_of(held.step)
    place = begin + step * _j
    origin = term_of(wrapping(trace).origin(0, trace.integer(place)))
    there, back = (s for s in trace.steps if isinstance(s, Divided))
    return Claim(
        name="what is visited is a copy in the border",
        goal=both(*box(0, place, B), eq(origin, _i)),
        hypotheses=(
            *box(0, _i, I),
            le(0, _j),
            lt(place, term_of(held.end)),
            *trace.definitions(),
            FLATTEN.at(_j, _j + 1, begin, I),
            UNIQUE.at(*back.parts, _j - there.quotient, _i, I),
        ),
    )


def _is_visited() -> Claim:
    """Return that a copy is visited at ``j = (i + low) // I + (p - low) // I``."""
    trace = Trace()
    begin = term_of(_copies(trace).begin)
    origin = term_of(wrapping(trace).origin(0, trace.integer(_p)))
    visit = sum(s.quotient for s in trace.steps if isinstance(s, Divided))
    return Claim(
        name="a copy is visited",
        goal=both(eq(_p, begin + I * visit), le(0, visit)),
        hypotheses=(
            *box(0, _p, B),
            *box(0, _i, I),
            *trace.definitions(),
            eq(origin, _i),
            BELOW.at(visit, begin, I),
        ),
    )


def _once() -> Claim:
    other, begin = index("j'"), index("begin")
    return Claim(
        name="a copy is visited once",
        goal=eq(_j, other),
        hypotheses=(eq(begin + I * _j, begin + I * other),),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, UNIQUE.claim, BELOW.claim)
    yield from (_origin(), _is_copy(), _is_visited(), _once())


def _twin() -> Twin:
    return without(_is_copy(), lt(_i, I))


PROOF = Proof(
    name="wrapping",
    statement="A periodic border copies inputs, and its adjoint visits every copy exactly once.",
    latex=r"(p - \mathrm{low}) \bmod I = i \iff p = (i + \mathrm{low}) \bmod I + I j",
    source="lecture 7, padding",
    steps=_steps,
    twin=_twin,
)
