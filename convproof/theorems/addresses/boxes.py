"""The box that a depthwise block stages has every source that a result of its tile meets.

::

    first <= o < first + T,   k < K,   i = s o + t k - p    =>   begin <= i < begin + inputs_of(T)
    first <= i < first + T,   k < K,   i = s o + t k - p    =>   begin <= o < begin + outputs_of(T)

along each axis, for ``inputs_begin`` and ``inputs_of``, ``outputs_begin`` and ``outputs_of`` of
``index_maps.depthwise`` run on symbols, and ``t >= 1``. What the kernel computes as
``outputs_begin`` is that; and an axis of one position, one tap and no padding, which
``of_axes`` and ``of_three_axes`` put before the others, changes no number.
"""

from collections.abc import Iterator

from convproof.index_maps.address import flat
from convproof.index_maps.depthwise import inputs_begin, inputs_of, outputs_begin, outputs_of
from convproof.symbolic.integers import SymbolicInt, Trace, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.lemmas import BELOW, FLATTEN, UNIQUE
from convproof.theorems.addresses.symbols import sizes
from convproof.theorems.proof import Proof, Twin, without

PROVES = (
    "depthwise.inputs_begin",
    "depthwise.inputs_of",
    "depthwise.outputs_begin",
    "depthwise.outputs_of",
    "depthwise.reach",
    "depthwise.of_axes",
    "depthwise.of_three_axes",
)
_i, _o, _k, _t, _p, _first = map(index, ("i", "o", "k", "t", "p", "first"))
_T, _K, _s, _I = map(size, "TKsI")
_TAPS = (
    *box(0, _k, _K),
    le(1, _t),
    FLATTEN.at(_k, _K, 0, _t),
    FLATTEN.at(_K - 1 - _k, _K - _k, 0, _t),
    eq(_i, _s * _o + _t * _k - _p),
)


def _inputs() -> Claim:
    told = sizes(1)
    begin = term_of(inputs_begin(told, 0, SymbolicInt(_first)))
    return Claim(
        name="an input that a tile of outputs meets is in the box",
        goal=both(*box(begin, _i, begin + term_of(inputs_of(told, 0, SymbolicInt(_T))))),
        hypotheses=(
            *box(_first, _o, _first + _T),
            *_TAPS,
            FLATTEN.at(_o - _first, _T, 0, _s),
            FLATTEN.at(_first + _T - 1 - _o, _T, 0, _s),
        ),
    )


def _outputs() -> Claim:
    trace = Trace()
    told = sizes(1, trace)
    begin = term_of(outputs_begin(told, 0, trace.integer(_first)))
    count = term_of(outputs_of(told, 0, trace.integer(_T)))
    up, down = trace.divisions
    return Claim(
        name="an output that a tile of inputs meets is in the box",
        goal=both(*box(begin, _o, begin + count)),
        hypotheses=(
            *box(_first, _i, _first + _T),
            *_TAPS,
            *trace.definitions(),
            BELOW.at(_o - begin, up.remainder, _s),
            BELOW.at(begin + count - 1 - _o, down.remainder, _s),
        ),
    )


def _rounded_up() -> Iterator[Claim]:
    """Yield that the kernel's box begins where the map's does: it divides what is not negative."""
    trace, least, q, r = Trace(), *map(index, ("least", "q", "r"))
    begin = term_of(outputs_begin(sizes(1, trace), 0, trace.integer(_first)))
    (up,) = trace.divisions
    for name, number, quotient, same in (
        ("not after the first", -least, -q, UNIQUE.at(q, r, *up.parts, _s)),
        ("after it", least + _s - 1, q, UNIQUE.at(q, r, begin, _s - 1 - up.remainder, _s)),
    ):
        yield Claim(
            name=f"where the kernel's box of outputs begins, {name}",
            goal=eq(quotient, begin),
            hypotheses=(
                le(0, number),
                eq(least, _first + _p - _t * (_K - 1)),
                eq(number, _s * q + r),
                *box(0, r, _s),
                *trace.definitions(),
                same,
            ),
        )


def _more_axes() -> Claim:
    """Return that axes of one position, at stride and dilation 1, add nothing to a number."""
    position = tuple(1 * 0 + 1 * 0 - 0 for _ in range(2))
    number = flat((*position, SymbolicInt(_i)), (1, 1, SymbolicInt(_I)))
    return Claim(name="axes of one position", goal=eq(number.term, _i))


def _steps() -> Iterator[Claim]:
    yield from (FLATTEN.claim, BELOW.claim, UNIQUE.claim)
    yield from (_inputs(), _outputs(), _more_axes())
    yield from _rounded_up()


def _twin() -> Twin:
    return without(_inputs(), lt(_o, _first + _T))


PROOF = Proof(
    name="boxes",
    statement="The box that a depthwise block stages has every source that its tile meets.",
    latex=r"f \le o < f + T \Rightarrow sf - p \le so + tk - p < sf - p + s(T - 1) + t(K - 1) + 1",
    source="lecture 7, depthwise convolution",
    steps=_steps,
    twin=_twin,
)
