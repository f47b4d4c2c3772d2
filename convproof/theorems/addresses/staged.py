"""What a block of a pooling in bands stages fits: of every band, though only some were asked.

::

    #rows(b) I_1 <= S,  b < 4    =>    #rows(b) I_1 <= S   for every band b
    one band:    I_0 I_1 <= S,   though its windows may read less
    e planes:    e <= floor(S / (I_0 I_1))    =>    e I_0 I_1 <= S

where band ``b`` owns the rows from ``b r`` to ``b r + r``, or to the end, of windows, and stages
``rows_read``; or of inputs, and stages ``rows_of_readers``, and what these read. Of the four bands
that ``convproof_gpu.bands`` asks, the last, or of inputs the last that begins as far from a
multiple of ``s`` as ``b`` does, stages at least as many rows: above it there is no padding, and
where it ends with the plane, so does ``b``. A block that has all rows stages all (``Bands::read``
and ``Bands::readers`` of ``bands.cuh``), and so those of inputs that lie in no window. Every window
reads some input, so that there is less padding than a window has rows.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.index_maps.bands import Square, rows_of_readers, rows_read
from convproof.symbolic.integers import Divided, Trace, euclid, term_of
from convproof.symbolic.sizes import count, index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.int32_tiles import SCALED
from convproof.theorems.addresses.int32_windows import GROWN
from convproof.theorems.addresses.lemmas import UNIQUE, every
from convproof.theorems.addresses.readers import EXTREMES, extremes
from convproof.theorems.proof import Proof, Twin

SQUARES = (Square(2, 2), Square(3, 2), Square(3, 1))
ASKED = 4  # of the first bands
_I, _O, _W, _S, _r, _e, _whole = map(size, ("I", "O", "W", "S", "r", "e", "whole"))
_b, _m, _end, _rows, _rest, _n = map(index, ("b", "m", "end", "rows", "rest", "n"))
_ahead, _half, _low, _high, _asked_low, _asked_high = map(
    index, ("ahead", "half", "low", "high", "low'", "high'")
)
_p, _asked = count("p"), count("asked")


def _read(trace: Trace, square: Square, begin: Any, end: Any) -> tuple[Any, Any]:
    """Return the rows of inputs that rows of windows read."""
    numbers = (trace.integer(n) for n in (_p, _I, begin, end))
    first, last = rows_read(square, *numbers)
    return term_of(first), term_of(last)


def _readers(trace: Trace, square: Square, begin: Any, end: Any) -> tuple[Any, Any]:
    """Return the rows of windows that read rows of inputs."""
    numbers = (trace.integer(n) for n in (_p, _O, begin, end))
    first, last = rows_of_readers(square, *numbers)
    return term_of(first), term_of(last)


def _meanings(trace: Trace) -> tuple[Boolean, ...]:
    """Return what the names of a trace mean: extremes, and Euclid's law of the rest."""
    halves: list[Any] = [step for step in trace.divisions if step.number.has(sp.Abs)]
    named = extremes(replace(trace, steps=halves))
    return *named, *(part for step in _quotients(trace) for part in euclid(step))


def _quotients(trace: Trace) -> list[Divided]:
    """Return the divisions but for those by which an extreme is computed."""
    return [step for step in trace.divisions if not step.number.has(sp.Abs)]


def _begins() -> Claim:
    """Return how far after one that was asked a later band begins."""
    return Claim(
        name="where a later band begins",
        goal=both(eq(_b * _r, _asked * _r + _m * _r), le(_r, _m * _r)),
        hypotheses=(eq(_b, _asked + _m), le(1, _m), GROWN.at(_r, _m)),
    )


def _later(square: Square) -> Claim:
    """Return that a later band of windows stages no more rows than the last that was asked."""
    trace, asked = Trace(), (ASKED - 1) * _r
    begin = asked + _ahead
    low, high = _read(trace, square, begin, _end)
    asked_low, asked_high = _read(trace, square, asked, asked + _r)
    return Claim(
        name=f"a later band of windows of {square.side}, {square.stride} apart",
        goal=le(high - low, asked_high - asked_low),
        hypotheses=(
            lt(_p, square.side),
            le(_r, _ahead),
            *box(begin + 1, _end, begin + _r + 1),
            *_meanings(trace),
        ),
    )


def _later_inputs(square: Square) -> Iterator[Claim]:
    """Yield the same of inputs: of the windows that read them, and of what these read.

    The windows are those of the band that was asked, ``ahead / s`` later, and at most as many.
    """
    named, shift = f"of inputs, of windows of {square.side}, {square.stride} apart", 2 * _half
    for last in (ASKED - 2, ASKED - 1):
        trace, asked = Trace(), last * _r
        asked_low, _ = _readers(trace, square, asked, asked + _r)
        yield Claim(
            name=f"the first reader of band {last} begins in the input, {named}",
            goal=le(_p, square.stride * asked_low),
            hypotheses=_meanings(trace),
        )
        trace, begin = Trace(), asked + shift
        low, high = _readers(trace, square, begin, _end)
        asked_low, asked_high = _readers(trace, square, asked, asked + _r)
        moved, by = square.stride * (low - asked_low), square.stride
        down, _, asked_down, _ = _quotients(trace)
        yield Claim(
            name=f"the readers of a band an even number after band {last} {named}",
            goal=every(eq(moved, shift), le(high - low, asked_high - asked_low)),
            hypotheses=(
                le(_r, shift),
                le(_end, begin + _r),
                *_meanings(trace),
                UNIQUE.at(*down.parts, asked_down.quotient + shift / by, asked_down.remainder, by),
            ),
        )
    trace = Trace()
    first, end = _read(trace, square, _low, _high)
    asked_first, asked_end = _read(trace, square, _asked_low, _asked_high)
    yield Claim(
        name=f"what the readers read {named}",
        goal=le(end - first, asked_end - asked_first),
        hypotheses=(
            eq(square.stride * (_low - _asked_low), shift),
            le(0, shift),
            le(_high - _low, _asked_high - _asked_low),
            le(_p, square.stride * _asked_low),
            *_meanings(trace),
        ),
    )


def _fits() -> Claim:
    """Return that no more rows than what fits, fit; and none, if that is less than none."""
    return Claim(
        name="no more rows than what fits",
        goal=le(_rows * _W, _S),
        hypotheses=(le(_rows, _asked), le(_asked * _W, _S), SCALED.at(_rows, _asked, _W)),
    )


def _only() -> Claim:
    """Return that the only band fits, which stages all rows, if all rows were asked."""
    trace = Trace()
    _read(trace, SQUARES[0], 0, _O)
    return Claim(
        name="the only band of windows",
        goal=le(_rows * _W, _S),
        hypotheses=(
            eq(_rows, _I),
            eq(_asked, _I),
            le(_asked * _W, _S),
            lt(_p, SQUARES[0].side),
            lt(SQUARES[0].stride * (_O - 1) - _p, _I),
            *_meanings(trace),
        ),
    )


def _only_of_inputs(square: Square) -> Claim:
    """Return that all windows read the only band of inputs, so that all rows were asked."""
    trace = Trace()
    low, high = _readers(trace, square, 0, _I)
    return Claim(
        name=f"the windows of {square.side}, {square.stride} apart, of the only band of inputs",
        goal=both(eq(low, 0), eq(high, _O)),
        hypotheses=(
            lt(_p, square.side),
            lt(square.stride * (_O - 1) - _p, _I),
            *_meanings(trace),
        ),
    )


def _planes() -> Claim:
    """Return that whole planes fit, and the fewer of a last block."""
    plane = _I * _W
    return Claim(
        name="whole planes",
        goal=every(le(_n * plane, _e * plane), le(_e * plane, _S)),
        hypotheses=(
            *box(0, _n, _e + 1),
            eq(_S, plane * _whole + _rest),
            *box(0, _rest, plane),
            le(_e, _whole),
            SCALED.at(_n, _e, plane),
            SCALED.at(_e, _whole, plane),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (SCALED.claim, GROWN.claim, UNIQUE.claim, _begins())
    yield from (lemma.claim for lemma in EXTREMES.values())
    for square in SQUARES:
        yield _later(square)
        yield from _later_inputs(square)
        yield _only_of_inputs(square)
    yield from (_fits(), _only(), _planes())


def _twin() -> Twin:
    step, trace = _only(), Trace()
    low, high = _read(trace, SQUARES[0], 0, _O)
    told = eq(_asked, _I)
    asks = tuple(eq(_asked, high - low) if each == told else each for each in step.hypotheses)
    return Twin(
        changed="the rows that its windows read were asked",
        of=step,
        step=replace(step, hypotheses=asks),
    )


PROOF = Proof(
    name="staged",
    statement="What a block of a pooling in bands stages fits, of every band and of whole planes.",
    latex=r"\#\mathrm{rows}(b) I_1 \le S,\ b < 4 \Rightarrow \#\mathrm{rows}(b) I_1 \le S,\quad "
    r"e \le \lfloor S / (I_0 I_1) \rfloor \Rightarrow e I_0 I_1 \le S",
    source="lecture 7, pooling",
    steps=_steps,
    twin=_twin,
)
