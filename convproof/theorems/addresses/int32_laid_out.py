"""No number overflows of the kernels that lay operands out for the tensor cores.

For every limit ``L <= 2^31 - 2^16``, with the letters of ``laid_out`` and units of ``u = 4`` or
``8`` elements::

    I S C' <= L,   C' = u ceil(C / u)               =>   0 <= v < 2^31,   I D A <= L  blocks
    R Y <= L,      Y = 4 ceil(N Q / 4)              =>   0 <= v < 2^31,   R B <= L    blocks

for each number ``v`` that ``conv_tensor_source`` computes of a block and a thread, ``A = ceil(S /
64)`` blocks along the positions and ``D = ceil(C' / 32)`` deep, and ``conv_tensor_rows``, of ``B =
ceil(Y / 1024)`` blocks to a row: also where a block reaches beyond the end. Every unit is written
by one thread of one block, a unit is inside, and ``R Y <= L`` where ``N R Q' <= L`` for ``Q' = 4
ceil(Q / 4)``, which is what ``operands.slices`` sees to.

Of ``U = C' / u`` units of weights, ``conv_tensor_weights`` and ``conv_tensor_sum`` have a thread
for each of a block of eight, of a tap, of a row, of the blocks and of a group, where the last block
may have less::

    min(U, 8) ceil(U / 8) J R G <= G R J C' / 2
    ((row J) U + 8 block J + j w + in) u < G R J C'

of ``w = min(8, U - 8 block)``: the numbers of ``ordered``. Where the weights lie in ``w``
``int32_tensor`` says, but how far apart; the number of a thread, ``int32_tiles``.
"""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.addresses.flatten import bijections
from convproof.theorems.addresses.int32_tiles import END, LIMIT, SCALED
from convproof.theorems.addresses.lemmas import FLATTEN, UNIQUE, every, ranges
from convproof.theorems.proof import Proof, Twin, without

_CHANNELS, _POSITIONS, _DEPTHS = 32, 64, 1024  # of a block
_I, _S, _C, _P, _A, _D = map(size, ("I", "S", "C", "C'", "A", "D"))
_R, _N, _Q, _Y, _B, _m, _U, _J, _K = map(size, ("R", "N", "Q", "Y", "B", "m", "U", "J", "K"))
_i, _a, _d, _b, _p, _c, _k, _r, _s = map(index, ("i", "a", "d", "b", "p", "c", "k", "r", "s"))
_row, _n, _q, _t = map(index, ("row", "n", "q", "t"))
_a2, _p2, _d2, _c2 = map(index, ("a'", "p'", "d'", "c'"))


def _fits(*numbers: Any) -> Any:
    return every(*(part for n in numbers for part in box(0, n, END)))


def _up(whole: Any, by: int, of: Any, rest: Any) -> tuple[Any, ...]:
    """Return that ``whole = ceil(of / by)``, by what is left."""
    return eq(of + by - 1, by * whole + rest), *box(0, rest, by)


def _blocks() -> Iterator[Claim]:
    """Yield that there are no more blocks than elements, and where theirs begin."""
    yield Claim(
        name="the blocks of a source",
        goal=both(le(_I * _D * _A, _I * _S * _P), le(_A, _S), le(_D, _P)),
        hypotheses=(
            *_up(_A, _POSITIONS, _S, _r),
            *_up(_D, _CHANNELS, _P, _s),
            SCALED.at(_A, _S, _I * _D),
            SCALED.at(_D, _P, _I * _S),
        ),
    )
    yield Claim(
        name="the blocks of rows",
        goal=both(le(_R * _B, _R * _Y), le(_B, _Y)),
        hypotheses=(*_up(_B, _DEPTHS, _Y, _r), SCALED.at(_B, _Y, _R)),
    )


def _beyond(unit: int) -> Claim:
    """Return that the positions and channels of a block fit, also those beyond the end."""
    first, channel = _POSITIONS * _a, _CHANNELS * _d
    return Claim(
        name=f"positions and channels of a block, of units of {unit}",
        goal=_fits(
            _S + _POSITIONS - 1,
            _P + _CHANNELS - 1,
            _C + unit - 1,
            first + _p,
            channel + _c,
        ),
        hypotheses=(
            *(le(each, LIMIT) for each in (_S, _P)),
            le(_C, _P),
            *_up(_A, _POSITIONS, _S, _r),
            *_up(_D, _CHANNELS, _P, _s),
            *ranges({_a: _A, _d: _D, _p: _POSITIONS, _c: _CHANNELS}),
        ),
    )


def _read() -> Claim:
    """Return that of an element that is there no sum overflows: image, channel, position."""
    channel, first = _CHANNELS * _d, _POSITIONS * _a
    row = _i * _C + channel + _c
    return Claim(
        name="where an element of a source is read",
        goal=_fits(_i * _C, _i * _C + channel, row, row * _S, row * _S + first + _p),
        hypotheses=(
            *ranges({_i: _I}),
            *(le(0, each) for each in (_a, _d, _p, _c)),
            lt(channel + _c, _C),
            lt(first + _p, _S),
            le(_I * _C * _S, LIMIT),
            FLATTEN.at(_i, _I, channel + _c, _C),
            FLATTEN.at(row, _I * _C, 0, _S),
            FLATTEN.at(row, _I * _C, first + _p, _S),
            FLATTEN.at(_i, _I, 0, _C),
            SCALED.at(1, _S, _I * _C),
        ),
    )


def _written(unit: int) -> Claim:
    """Return the same of a unit that is written, all of which is inside."""
    first, channel = _POSITIONS * _a, _CHANNELS * _d + unit * _c
    place = _i * _S + first + _p
    whole = unit * _m
    return Claim(
        name=f"where a unit of {unit} is written",
        goal=every(
            *box(0, _i * _S, END),
            *box(0, place, END),
            *box(0, place * whole, END),
            *box(0, place * whole + channel + _k, _I * _S * whole),
        ),
        hypotheses=(
            *ranges({_i: _I, _k: unit}),
            *(le(0, each) for each in (_a, _d, _p, _c)),
            lt(first + _p, _S),
            lt(channel, whole),
            le(_I * _S * whole, LIMIT),
            FLATTEN.at(_i, _I, 0, _S),
            FLATTEN.at(_i, _I, first + _p, _S),
            FLATTEN.at(place, _I * _S, 0, whole),
            FLATTEN.at(place, _I * _S, channel + _k, whole),
            SCALED.at(1, whole, _I * _S),
        ),
    )


def _once() -> Claim:
    """Return that a position and a channel are of one block, and at one place in it."""
    return Claim(
        name="a unit has one block, and one place in it",
        goal=every(eq(_a, _a2), eq(_p, _p2), eq(_d, _d2), eq(_c, _c2)),
        hypotheses=(
            *ranges({_p: _POSITIONS, _p2: _POSITIONS, _c: _CHANNELS, _c2: _CHANNELS}),
            eq(_POSITIONS * _a + _p, _POSITIONS * _a2 + _p2),
            eq(_CHANNELS * _d + _c, _CHANNELS * _d2 + _c2),
            UNIQUE.at(_a, _p, _a2, _p2, _POSITIONS),
            UNIQUE.at(_d, _c, _d2, _c2, _CHANNELS),
        ),
    )


def _rows() -> Iterator[Claim]:
    """Yield that of a row what a thread computes of its unit fits, and lies inside."""
    yield Claim(
        name="the depths of a block of a row",
        goal=_fits(_N * _Q + 3, _Y + _DEPTHS - 1, 4 * (256 * _b + _t) + _k),
        hypotheses=(
            le(_R * _Y, LIMIT),
            SCALED.at(1, _R, _Y),
            le(_N * _Q, _Y),
            *_up(_B, _DEPTHS, _Y, _r),
            *ranges({_b: _B, _t: 256, _k: 4}),
        ),
    )
    line = _n * _R + _row
    yield Claim(
        name="where a depth is read",
        goal=_fits(_n * _R, line, line * _Q, line * _Q + _q),
        hypotheses=(
            *ranges({_row: _R, _n: _N, _q: _Q}),
            le(_N * _R * _Q, LIMIT),
            FLATTEN.at(_n, _N, 0, _R),
            FLATTEN.at(_n, _N, _row, _R),
            FLATTEN.at(line, _N * _R, 0, _Q),
            FLATTEN.at(line, _N * _R, _q, _Q),
            SCALED.at(1, _Q, _N * _R),
        ),
    )
    yield Claim(
        name="where a unit of a row is written",
        goal=every(*box(0, _row * 4 * _m, END), *box(0, _row * 4 * _m + 4 * _t + _k, _R * 4 * _m)),
        hypotheses=(
            *ranges({_row: _R, _t: _m, _k: 4}),
            le(_R * 4 * _m, LIMIT),
            FLATTEN.at(_row, _R, 0, 4 * _m),
            FLATTEN.at(_row, _R, 4 * _t + _k, 4 * _m),
        ),
    )
    yield Claim(
        name="rows in whole units are no more than images in whole units",
        goal=le(4 * _b, 4 * (_N * _m)),
        hypotheses=(
            lt(4 * _b, _N * _Q + 4),
            le(_Q, 4 * _m),
            SCALED.at(_Q, 4 * _m, _N),
        ),
    )


def _threads() -> Claim:
    """Return that there are at most half as many threads as weights, laid out."""
    groups, threads = index("JRG"), size("across") * size("deep")
    unit = size("unit")
    return Claim(
        name="the threads of units of weights",
        goal=both(le(threads, 2 * _U), le(2 * threads * groups, _U * unit * groups)),
        hypotheses=(
            le(1, groups),
            le(4, unit),
            eq(size("across"), sp.Min(_U, 8)),
            *_up(size("deep"), 8, _U, _r),
            SCALED.at(size("across"), 8, size("deep")),
            SCALED.at(2 * threads, 4 * _U, groups),
            SCALED.at(4, unit, _U * groups),
        ),
    )


def _unit_of_weights() -> Claim:
    """Return that a unit of weights, with its zeros, lies in ``w'``, and what is computed of it."""
    width, unit = size("w"), size("unit")
    within = 8 * _b * _J + _c * width + _t
    place = _row * (_J * _U) + within
    return Claim(
        name="where a unit of weights is written",
        goal=every(
            *box(0, _row * (_J * _U), END),
            *box(0, 8 * _b * _J, END),
            *box(0, _c * width, END),
            *box(0, place, END),
            *box(0, place * unit + _k, _R * (_J * _U) * unit),
        ),
        hypotheses=(
            *ranges({_row: _R, _c: _J, _t: width, _k: unit}),
            le(0, _b),
            le(8 * _b + width, _U),
            le(_R * (_J * _U) * unit, LIMIT),
            FLATTEN.at(_c, _J, _t, width),
            FLATTEN.at(_c, _J, 0, width),
            SCALED.at(8 * _b + width, _U, _J),
            SCALED.at(0, _b, _J),
            FLATTEN.at(_row, _R, 0, _J * _U),
            FLATTEN.at(_row, _R, within, _J * _U),
            FLATTEN.at(place, _R * (_J * _U), _k, unit),
            SCALED.at(1, unit, _R * (_J * _U)),
        ),
    )


def _weights_of_a_unit() -> Claim:
    """Return that the channels of a unit lie as far apart as they are taken to, and fit.

    Of ``A`` rows, adjoint, or one: ``(g C + c) A + r`` times the taps.
    """
    apart = size("A") * _K
    base = (_i * _C + _c) * apart + _q
    return Claim(
        name="where the weights of a unit are read",
        goal=every(
            eq(base + _k * apart, (_i * _C + _c + _k) * apart + _q),
            *box(0, base, END),
            *box(0, _k * apart, END),
            *box(0, base + _k * apart, END),
        ),
        hypotheses=(
            *ranges({_i: _I, _q: apart}),
            *(le(0, each) for each in (_c, _k)),
            lt(_c + _k, _C),
            le(_I * _C * apart, LIMIT),
            FLATTEN.at(_i, _I, _c, _C),
            FLATTEN.at(_i, _I, _c + _k, _C),
            FLATTEN.at(_i * _C + _c, _I * _C, _q, apart),
            FLATTEN.at(_i * _C + _c + _k, _I * _C, _q, apart),
            SCALED.at(0, _k, apart),
        ),
    )


def _steps() -> Iterator[Claim]:
    yield SCALED.claim
    yield from bijections(2, 3)
    yield from _blocks()
    for unit in (4, 8):
        yield from (_beyond(unit), _written(unit))
    yield from (_read(), _once())
    yield from _rows()
    yield from (_threads(), _unit_of_weights(), _weights_of_a_unit())


def _twin() -> Twin:
    return without(_written(4), lt(_CHANNELS * _d + 4 * _c, 4 * _m))


PROOF = Proof(
    name="int32_laid_out",
    statement="No number of the kernels overflows that lay operands out for the tensor cores.",
    latex=r"I S C',\ R Y \le 2^{31} - 2^{16} \Rightarrow 0 \le v < 2^{31}",
    source="ISO/IEC 14882:2020, section 6.8.2 [basic.fundamental]",
    steps=_steps,
    twin=_twin,
)
