"""Every element of a plane is of one strip of a depthwise convolution, which has a thread.

::

    element (plane, p, q) in the strip n    =>   n = (plane down + P) across + Q
    p < R,  q < W = w across,  R <= e down  =>   0 <= that n < planes down across

with ``P = floor(p / e)`` and ``Q = floor(q / w)``, for ``strip_of`` of
``index_maps.depthwise_strips`` run on symbols, with strips of ``e`` rows and ``w`` columns. A
strip's columns are of its row, and so what it loads ``w`` elements at a time lies in the plane, as
every element does in the array.
"""

from collections.abc import Iterator

from convproof.index_maps.depthwise_strips import strip_of
from convproof.symbolic.integers import Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, UNIQUE
from convproof.theorems.proof import Proof, Twin, without

PROVES = ("depthwise_strips.strip_of",)
_across, _down, _planes, _each, _width = map(size, ("across", "down", "planes", "e", "w"))
_R, _W = map(size, "RW")
_n, _p, _q, _P, _Q, _i, _c, _plane, _u = map(
    index, ("n", "p", "q", "P", "Q", "i", "c", "plane", "u")
)
_ELEMENT = (  # which strip of its column and of its row it is of
    eq(_p, _P * _each + _i),
    *box(0, _i, _each),
    eq(_q, _Q * _width + _c),
    *box(0, _c, _width),
)


def _owner() -> Claim:
    """Return that a strip that has an element has the number that the element gives."""
    trace = Trace()
    plane, row, column = strip_of(*map(trace.integer, (_n, _across, _down, _each, _width)))
    of_row, of_column = trace.divisions
    return Claim(
        name="the strip of an element",
        goal=both(
            eq(_n, (term_of(plane) * _down + _P) * _across + _Q),
            eq(of_column.remainder, _P),
        ),
        hypotheses=(
            *trace.definitions(),
            *_ELEMENT,
            *box(term_of(row), _p, term_of(row) + _each),
            *box(term_of(column), _q, term_of(column) + _width),
            UNIQUE.at(_P, _i, of_column.remainder, _p - of_column.remainder * _each, _each),
            UNIQUE.at(_Q, _c, of_row.remainder, _q - of_row.remainder * _width, _width),
        ),
    )


def _there() -> Iterator[Claim]:
    """Yield that this number is of a strip that there is."""
    yield Claim(
        name="the strips of an element's row and column",
        goal=both(*box(0, _P, _down), *box(0, _Q, _across)),
        hypotheses=(
            *_ELEMENT,
            *box(0, _p, _R),
            le(_R, _down * _each),
            *box(0, _q, _across * _width),
            BELOW.at(_P, _i, _each),
            ABOVE.at(_P, _down, _i, _each),
            BELOW.at(_Q, _c, _width),
            ABOVE.at(_Q, _across, _c, _width),
        ),
    )
    row = _plane * _down + _P
    yield Claim(
        name="the number of an element's strip",
        goal=both(*box(0, row * _across + _Q, _planes * _down * _across)),
        hypotheses=(
            *box(0, _plane, _planes),
            *box(0, _P, _down),
            *box(0, _Q, _across),
            FLATTEN.at(_plane, _planes, _P, _down),
            FLATTEN.at(row, _planes * _down, _Q, _across),
        ),
    )


def _loaded() -> Iterator[Claim]:
    """Yield that what a strip loads at once is of one row, and lies in the array."""
    yield Claim(
        name="the columns of a strip",
        goal=both(*box(0, _Q * _width + _c, _across * _width)),
        hypotheses=(
            *box(0, _Q, _across), *box(0, _c, _width), FLATTEN.at(_Q, _across, _c, _width)
        ),
    )  # fmt: skip
    place = _p * _W + _q
    yield Claim(
        name="an element of a plane lies in the array",
        goal=both(*box(0, _plane * (_R * _W) + place, _planes * (_R * _W))),
        hypotheses=(
            *box(0, _plane, _planes),
            *box(0, _p, _R),
            *box(0, _q, _W),
            FLATTEN.at(_p, _R, _q, _W),
            FLATTEN.at(_plane, _planes, place, _R * _W),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, BELOW.claim, ABOVE.claim, UNIQUE.claim, _owner())
    yield from (*_there(), *_loaded())


def _twin() -> Twin:
    step, *_ = _there()
    return without(step, le(_R, _down * _each))


PROOF = Proof(
    name="strips",
    statement="Every element of a plane is of one strip of a depthwise convolution.",
    latex=r"er \le p < er + e,\ wc \le q < wc + w \Rightarrow r = \lfloor p / e \rfloor,"
    r"\ c = \lfloor q / w \rfloor",
    source="lecture 7, depthwise convolution",
    steps=_steps,
    twin=_twin,
)
