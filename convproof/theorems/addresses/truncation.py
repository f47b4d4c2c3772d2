"""C's quotients, rounded towards zero, are those of the maps, rounded down, where kernels divide.

::

    C:  a / b = floor(a / b)  if a >= 0,   -floor(-a / b)  if not;        a % b = a - b (a / b)

A kernel admits an output ``o = scaled / s`` if ``scaled >= 0``, ``scaled = o s`` and ``o < O``;
folds a remainder that is negative back by one period; and divides nothing else that may be
negative. Each step says that what the kernel computes is what the map does, for
``Sizes.output_of``, ``Wrapping.origin``, ``Windows.taps`` and ``readers`` run on symbols, and
``unflat``'s division.
Without ``scaled >= 0`` a kernel reads ``y_bar[-1]``.
"""

from collections.abc import Iterator

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.index_maps.address import unflat
from convproof.symbolic.integers import SymbolicInt, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import Term, both, box, eq, iff, implies, le, lt, quotient
from convproof.theorems.addresses import windows as pooling
from convproof.theorems.addresses.lemmas import FLATTEN, UNIQUE
from convproof.theorems.addresses.symbols import sizes
from convproof.theorems.addresses.windows import LOW, PARTS, REACH, S, T
from convproof.theorems.addresses.wrapping import wrapping
from convproof.theorems.proof import Proof, Twin, without

_a, _i, _k, _o, _t, _p = map(index, ("a", "i", "k", "o", "t", "p"))
_b, _I, _O, _K, _s = map(size, ("b", "I", "O", "K", "s"))


def _choice(condition: Boolean, then: Term, other: Term) -> sp.Expr:
    """Return ``condition ? then : other``."""
    return sp.Piecewise((then, condition), (other, sp.true), evaluate=False)


def over(a: Term, b: Term) -> sp.Expr:
    """Return ``a / b`` as C computes it."""
    a, b = sp.sympify(a), sp.sympify(b)
    down, up = (sp.floor(each / b, evaluate=False) for each in (a, -a))
    return _choice(le(0, a), down, -up)


def rest(a: Term, b: Term) -> sp.Expr:
    """Return ``a % b`` as C computes it, of the dividend's sign."""
    return sp.sympify(a) - sp.sympify(b) * over(a, b)


def _decode() -> Claim:
    n, place = unflat(SymbolicInt(_a), (1, SymbolicInt(_b)))
    return Claim(
        name="a row-major number",
        goal=both(eq(over(_a, _b), n.term), eq(rest(_a, _b), place.term)),
        hypotheses=(le(0, _a),),
    )


def _admitted() -> tuple[Boolean, ...]:
    """Return when a kernel takes an output: ``sizes.cuh``, ``output_of``."""
    scaled = _i + _p - _t * _k
    o = over(scaled, _s)
    return le(0, scaled), eq(scaled, o * _s), lt(o, _O)


def _output() -> tuple[Claim, Claim, Claim]:
    held = sizes(1).output_of((SymbolicInt(_i),), (SymbolicInt(_k),))
    o = over(_i + _p - _t * _k, _s)
    alike = iff(both(*_admitted()), both(*held.inside))
    offset = term_of(held.offset)
    return (
        Claim(name="an output is admitted where the map's is", goal=alike),
        Claim(name="the output is the map's", goal=eq(o, offset), hypotheses=held.inside),
        Claim(
            name="what is admitted is an output", goal=both(*box(0, o, _O)), hypotheses=_admitted()
        ),
    )


def _origin() -> Claim:
    """Return that a remainder, with a period added where it is negative, is the map's."""
    low, p, left = index("low"), index("p"), index("left")
    origin = term_of(wrapping(None).origin(0, SymbolicInt(p)))
    down, up = quotient(p - low, _I), -quotient(low - p, _I)
    return Claim(
        name="the origin of a border",
        goal=both(
            implies(lt(left, 0), eq(left + _I, origin)),
            implies(le(0, left), eq(left, origin)),
        ),
        hypotheses=(
            eq(left, rest(p - low, _I)),
            UNIQUE.at(down, origin, up, left, _I),
            UNIQUE.at(down, origin, up - 1, left + _I, _I),
        ),
    )


def _taps() -> Claim:
    """Return that the range of a window's taps, ``windows.cuh``, is the map's."""
    held = pooling.windows(None).taps(0, SymbolicInt(_o))
    first, last = index("first"), index("last")
    begin = _choice(le(-first, 0), first, first + T * over(-first + T - 1, T))
    return Claim(
        name="the taps of a window",
        goal=both(
            eq(begin, term_of(held.begin)),
            eq(_choice(lt(last, _I), last, _I), term_of(held.end)),
        ),
        hypotheses=(
            *box(0, _o, _O),
            FLATTEN.at(_o, _O, 0, S),
            eq(first, over(S * _o, PARTS) - LOW),
            eq(last, over(S * _o + REACH + PARTS - 1, PARTS) - LOW),
        ),
    )


def _readers() -> Claim:
    """Return that the range of an input's readers, ``windows.cuh``, is the map's."""
    held = pooling.windows(None).readers(0, SymbolicInt(_i))
    place = PARTS * (_i + LOW)
    begin = _choice(lt(place, REACH), 0, over(place - REACH, S) + 1)
    last = index("last")
    return Claim(
        name="the readers of an input",
        goal=both(
            eq(begin, term_of(held.begin)),
            eq(_choice(lt(last, _O), last, _O), term_of(held.end)),
        ),
        hypotheses=(
            *box(0, _i, _I),
            le(0, LOW),
            FLATTEN.at(_i + LOW, _i + LOW + 1, 0, PARTS),
            eq(last, over(place + PARTS + S - 1, S)),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, UNIQUE.claim)
    yield _decode()
    yield from _output()
    yield from (_origin(), _taps(), _readers())


def _twin() -> Twin:
    *_, output = _output()
    return without(output, _admitted()[0])


PROOF = Proof(
    name="truncation",
    statement="Where a kernel divides, C's quotient towards zero is the map's, rounded down.",
    latex=r"u \ge 0,\ u = s\,\mathrm{trunc}(u/s),\ \mathrm{trunc}(u/s) < O \iff "
    r"s \mid u,\ 0 \le \lfloor u/s \rfloor < O",
    source="ISO/IEC 9899:2011, section 6.5.5, paragraph 6",
    steps=_steps,
    twin=_twin,
)
