"""The windows that read an input are those one of whose taps lies there.

::

    o in readers(i)  and  t | i - first(o)      <=>      i in taps(o)

for ``index_maps.Windows`` run on symbols: the derivative of pooling gathers, for each input, the
windows that ``readers`` and ``reads`` name, and forward reads what ``taps`` names. A tap is
``begin + t j`` below the end, and ``j = (i - begin) / t``.
"""

from collections.abc import Iterator

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.integers import Divided, Trace, euclid
from convproof.symbolic.sizes import index
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, either, eq, iff, le, lt
from convproof.theorems.addresses.lemmas import BELOW, FLATTEN, UNIQUE, Lemma
from convproof.theorems.addresses.windows import (
    LOW,
    PARTS,
    I,
    O,
    S,
    T,
    i,
    j,
    o,
    readers,
    taps,
    windows,
)
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "windows.Windows.reads",
    "windows.greater",
    "windows.lesser",
)


def _covers(trace: Trace) -> tuple[tuple[Boolean, Boolean], ...]:
    """Return pairs of conditions that hold together: of ``i`` in a window, and ``o`` in a range.

    ::

        i + p < ceil((s o + R) / D)     <=>   floor((D (i + p) - R) / s) < o
        floor(s o / D) <= i + p         <=>   o < ceil(D (i + p + 1) / s)
    """
    first, last, begin, end = (s.quotient for s in trace.divisions if s.divisor in (PARTS, S))
    return (lt(i + LOW, last), lt(begin, o)), (le(first, i + LOW), lt(o, end))


def _covered() -> Iterator[Claim]:
    """Yield these pairs: ``x >= 0`` exactly if ``b x + y >= 0``."""
    trace = Trace()
    taps(trace, o)
    readers(trace, i)
    first, last, begin, end = (s for s in trace.divisions if s.divisor in (PARTS, S))
    place = i + LOW
    rows = (
        (
            "begin",
            (last.quotient - 1 - place, last.remainder),
            (o - begin.quotient - 1, S - 1 - begin.remainder),
        ),
        (
            "end",
            (place - first.quotient, PARTS - 1 - first.remainder),
            (end.quotient - o - 1, end.remainder),
        ),
    )
    for (name, (x, y), (u, v)), pair, used in zip(
        rows, _covers(trace), ((last, begin), (first, end)), strict=True
    ):
        yield Claim(
            name=f"the {name} of a range of readers",
            goal=iff(*pair),
            hypotheses=(
                *(h for step in used for h in euclid(step)),
                FLATTEN.at(x, x + 1, y, PARTS),
                BELOW.at(x, y, PARTS),
                FLATTEN.at(u, u + 1, v, S),
                BELOW.at(u, v, S),
            ),
        )


_a, _b, _q, _r = map(index, ("a", "b", "q", "r"))


def _extreme(sign: int) -> Lemma:
    """Return what ``windows.greater`` computes of two integers, or ``lesser``: an extreme."""
    bounds = (le(_a, _q), le(_b, _q)) if sign > 0 else (le(_q, _a), le(_q, _b))
    return Lemma(
        Claim(
            name="the greater" if sign > 0 else "the lesser",
            goal=both(*bounds, either(eq(_q, _a), eq(_q, _b))),
            hypotheses=(
                eq(_a + _b + sign * sp.Abs(_a - _b), 2 * _q + _r),
                *box(0, _r, 2),
            ),
        ),
        (_a, _b, _q, _r),
    )


EXTREMES = {sign: _extreme(sign) for sign in (1, -1)}


def _meanings(trace: Trace) -> tuple[Boolean, ...]:
    """Return what the names mean: halves are extremes, and the rest has Euclid's law.

    Of windows and ranges, what is meant is what ``_covered`` proves of them, and no more.
    """
    found: list[Boolean] = [iff(*pair) for pair in _covers(trace)]
    for step in trace.divisions:
        if step.divisor == T:
            found += euclid(step)
    return *found, *extremes(trace)


def extremes(trace: Trace) -> tuple[Boolean, ...]:
    """Return what the names of halves mean: the greater of two numbers, or the lesser.

    The hypothesis of an extreme's lemma is Euclid's law of the half: its goal is put for it. Of
    ``number = a + b + |a - b|``, what is outside of the absolute value is ``a + b``.
    """
    found: list[Boolean] = []
    for number, divisor, q, r in trace.divisions:
        if divisor != 2:
            continue
        (size_,) = number.atoms(sp.Abs)
        sign, difference = int(number.coeff(size_)), size_.args[0]
        total = number - sign * size_
        a, b = (sp.expand((total + each) / 2) for each in (difference, -difference))
        found.append(EXTREMES[sign].at(a, b, q, r).args[1])
    return tuple(found)


def _claim(*, tap: bool) -> Claim:
    """Return that a tap's window is a reader that reads, or that a reader that reads has a tap."""
    trace = Trace()
    begin, end = taps(trace, o)
    low, high = readers(trace, i)
    reads = windows(trace).reads(0, trace.integer(o), trace.integer(i))
    skipped, shift = (s for s in trace.steps if isinstance(s, Divided) and s.divisor == T)
    q, r = shift.parts
    given = (*box(0, i, I), *box(0, o, O), *_meanings(trace))
    if tap:
        return Claim(
            name="the window of a tap is a reader and reads",
            goal=both(*box(low, o, high), reads),
            hypotheses=(
                *given,
                UNIQUE.at(q, r, skipped.quotient + j, 0, T),
                eq(i, begin + T * j),
                le(0, j),
                lt(i, end),
            ),
        )
    visit = q - skipped.quotient
    return Claim(
        name="a reader that reads has a tap",
        goal=both(eq(i, begin + T * visit), le(0, visit), lt(i, end)),
        hypotheses=(
            *given,
            BELOW.at(visit, T - 1 - skipped.remainder, T),
            *box(low, o, high),
            reads,
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (BELOW.claim, FLATTEN.claim, UNIQUE.claim)
    yield from (lemma.claim for lemma in EXTREMES.values())
    yield from _covered()
    yield _claim(tap=True)
    yield _claim(tap=False)


def _twin() -> Twin:
    step = _claim(tap=False)
    return without(step, step.hypotheses[-1])


PROOF = Proof(
    name="readers",
    statement="The windows that a pooling's derivative visits for an input are those that read it.",
    latex=r"o \in \mathrm{readers}(i),\ t \mid i - \mathrm{first}(o) \iff i \in \mathrm{taps}(o)",
    source="lecture 7, pooling",
    steps=_steps,
    twin=_twin,
)
