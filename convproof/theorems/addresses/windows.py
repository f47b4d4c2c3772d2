"""Pooling reads inside its input, and its derivative inside its output.

::

    i = begin + t j,  j >= 0,  i < end, a tap of window o      =>   0 <= i < I
    begin <= o < end, a reader of input i                      =>   0 <= o < O

for ``index_maps.Windows`` run on symbols, for sliding and adaptive windows alike. Axes are
independent, and what is read is the row-major number of the plane and of one position of each axis
(``flatten``).
"""

from collections.abc import Iterator

import sympy as sp

from convproof.index_maps import Windows
from convproof.symbolic.integers import SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, le, lt
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "windows.Windows.first",
    "windows.Windows.taps",
    "windows.Windows.readers",
)

I, O, S, T = (size(letter) for letter in ("I", "O", "s", "t"))
REACH, PARTS, LOW = size("R"), size("D"), index("p")
o, i, j = map(index, "oij")


def windows(trace: Trace | None) -> Windows:
    """Return windows along one axis: stride ``s``, reach ``R``, parts ``D``, dilation ``t``."""
    made = (SymbolicInt(sp.sympify(v), trace) for v in (1, I, O, S, REACH, PARTS, T, LOW))
    planes, *each = made
    inputs, outputs, stride, reach, parts, dilation, low = ((v,) for v in each)
    return Windows(
        planes=planes, input=inputs, output=outputs, stride=stride, reach=reach, parts=parts,
        dilation=dilation, low=low,
    )  # fmt: skip


def taps(trace: Trace, place: Term) -> tuple[Term, Term]:
    """Return begin and end of the taps of a window."""
    held = windows(trace).taps(0, trace.integer(place))
    return term_of(held.begin), term_of(held.end)


def readers(trace: Trace, place: Term) -> tuple[Term, Term]:
    """Return begin and end of the windows that cover an input."""
    held = windows(trace).readers(0, trace.integer(place))
    return term_of(held.begin), term_of(held.end)


def _taps() -> Claim:
    trace = Trace()
    begin, end = taps(trace, o)
    tap = begin + T * j
    return Claim(
        name="a tap is an input",
        goal=both(*box(0, tap, I)),
        hypotheses=(*box(0, o, O), le(0, j), lt(tap, end), *trace.definitions()),
    )


def _readers() -> Claim:
    trace = Trace()
    begin, end = readers(trace, i)
    return Claim(
        name="a reader is an output",
        goal=both(*box(0, o, O)),
        hypotheses=(*box(0, i, I), *box(begin, o, end), *trace.definitions()),
    )


def _steps() -> Iterator[Claim]:
    yield _taps()
    yield _readers()


def _twin() -> Twin:
    return without(_taps(), le(0, j))


PROOF = Proof(
    name="windows",
    statement="Every tap of a pooling window is an input, and every reader of an input an output.",
    latex=r"0 \le \mathrm{begin}_o + t j < \min(\mathrm{end}_o, I)",
    source="lecture 7, pooling",
    steps=_steps,
    twin=_twin,
)
