"""Nothing that maxout computes on the way to an address leaves 32 bits.

::

    o = u I + i,   first = u P I + i,   read  first + j I         0 <= o < U I,  0 <= j < P
    U P I <= L    =>    0 <= v < L   for each v of  u, i, u P, u P I, first, j I, first + j I

as ``index_maps.lines.Strided`` computes them, of lines of ``P`` channels, where ``U`` counts the
units of all images, for every ``L``, and so for that up to which ``integer_type`` chooses ``int``,
``2**31 - 2**16``. The number of a thread, ``(256 b + t) W`` in block ``b`` of as few as cover the
outputs, may lie beyond ``U I``, by less than ``256 W <= 2**11``.
"""

from collections.abc import Iterator

from convproof.index_maps.lines import Strided
from convproof.symbolic.integers import Trace
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, le, lt
from convproof.theorems.addresses.int32_windows import GROWN
from convproof.theorems.addresses.lemmas import ABOVE, BELOW, FLATTEN, LEMMAS, every
from convproof.theorems.proof import Proof, Twin, without

_I, _L, _P, _U = map(size, "ILPU")
_j, _o = map(index, "jo")


def _element() -> Claim:
    """Return that all on the way to channel ``j`` of an output's unit is below the array."""
    trace = Trace()
    units = Strided(trace.integer(_P), trace.integer(_I))
    units.element(trace.integer(_o), trace.integer(_j))
    ((u, i),) = (step.parts for step in trace.divisions)
    channel = u * _P + _j
    return Claim(
        name="a channel of a unit",
        goal=every(*(part for n in (u, i, *trace.partials) for part in box(0, n, _L))),
        hypotheses=(
            *box(0, _o, _U * _I),
            *box(0, _j, _P),
            le(_U * _P * _I, _L),
            *trace.definitions(),
            BELOW.at(u, i, _I),
            ABOVE.at(u, _U, i, _I),
            FLATTEN.at(u, _U, 0, _P),
            FLATTEN.at(u, _U, _j, _P),
            FLATTEN.at(channel, _U * _P, i, _I),
            GROWN.at(u, _P),
            *(GROWN.at(n, _I) for n in (u * _P, _j)),
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
    yield from (*LEMMAS, GROWN.claim, _element())
    yield from map(_thread, (1, 4, 8))


def _twin() -> Twin:
    return without(_element(), lt(_j, _P))


PROOF = Proof(
    name="int32_maxout",
    statement="No number that maxout computes of a unit and a channel overflows 32 bits.",
    latex=r"U P I \le L \Rightarrow 0 \le uPI + i + jI < L",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
