"""Nothing that maxout computes on the way to an address leaves 32 bits.

::

    o = u I + i,   first = u P I + i,   read  first + j I         0 <= o < U I,  0 <= j < P
    U P I <= L    =>    0 <= v <= L   for each v of  u, u P, u P I, first, j I, first + j I

as ``maxout.cuh`` computes them, where ``U`` counts the units of all images, for every ``L``, and so
for that up to which ``integer_type`` chooses ``int``, ``2**31 - 2**16``. Both ``j`` and ``u P + j``
are channels, of which the sums are claimed. The number of a thread, ``(256 b + t) W`` in block
``b`` of as few as cover the outputs, may lie beyond ``U I``, by less than ``256 W <= 2**11``.
"""

from collections.abc import Iterator

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, LEMMAS, Lemma, every
from convproof.theorems.proof import Proof, Twin, without

_I, _L, _P, _U = map(size, "ILPU")
_i, _j, _o, _u, _x = map(index, "ijoux")
_b = index("b")
_GROW = Lemma(
    Claim(
        name="a product is no smaller",
        goal=le(_x, _x * _b),
        hypotheses=(le(0, _x), le(1, _b)),
    ),
    (_x, _b),
)


def _quotient() -> Claim:
    """Return that the unit and the position of an output are ones that there are."""
    return Claim(
        name="the unit of an output",
        goal=both(*box(0, _u, _U), *box(0, _i, _I)),
        hypotheses=(
            eq(_o, _u * _I + _i),
            *box(0, _o, _U * _I),
            *box(0, _i, _I),
            BELOW.at(_u, _i, _I),
            ABOVE.at(_u, _U, _i, _I),
        ),
    )


def _channel() -> Claim:
    """Return that ``u P + j`` is a channel, and so are its terms."""
    return Claim(
        name="the channel of a unit",
        goal=every(
            le(_u, _u * _P), le(_j, _u * _P + _j), le(0, _u * _P + _j), lt(_u * _P + _j, _U * _P)
        ),
        hypotheses=(
            *box(0, _u, _U),
            *box(0, _j, _P),
            FLATTEN.at(_u, _U, 0, _P),
            FLATTEN.at(_u, _U, _j, _P),
            _GROW.at(_u, _P),
        ),
    )


def _address() -> Claim:
    """Return that ``c I + i`` and ``c I`` fit, for a channel ``c`` among ``C = U P``."""
    c, channels = index("c"), size("C")
    return Claim(
        name="an element of a channel",
        goal=every(le(0, c * _I), le(c, _L), le(c * _I, _L), lt(c * _I + _i, _L)),
        hypotheses=(
            *box(0, c, channels),
            *box(0, _i, _I),
            le(channels * _I, _L),
            FLATTEN.at(c, channels, 0, _I),
            FLATTEN.at(c, channels, _i, _I),
            _GROW.at(c, _I),
        ),
    )


def _thread(width: int) -> Claim:
    """Return that the number of a thread is little beyond the outputs."""
    b, t, blocks, outputs = index("b"), index("t"), size("B"), size("Y")
    return Claim(
        name=f"the number of a thread of {width}",
        goal=both(*box(0, (256 * b + t) * width, _L + 256 * width)),
        hypotheses=(
            *box(0, b, blocks),
            *box(0, t, 256),
            lt(256 * width * (blocks - 1), outputs),
            le(outputs, _L),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield from (*LEMMAS, _GROW.claim, _quotient(), _channel(), _address())
    yield from map(_thread, (1, 4, 8))


def _twin() -> Twin:
    return without(_channel(), lt(_j, _P))


PROOF = Proof(
    name="int32_maxout",
    statement="No number that maxout computes of a unit and a channel overflows 32 bits.",
    latex=r"U P I \le L \Rightarrow 0 \le (uP + j) I + i < L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
