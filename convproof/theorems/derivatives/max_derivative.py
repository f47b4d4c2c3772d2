"""Max pooling off ties: ``dx[i]`` sums ``da[o]`` over the windows whose maximum is ``x[i]``.

::

    a[o]  = x[e(o, k)] for the tap k that no other beats        e(o, k) = s o + t k - p_low
    dx[i] = sum_k [s | u][0 <= u/s < n'] h[u/s, k] da[u/s]      u = i + p_low - t k

``h[o, k]`` is 1 for that tap, 0 for the others. Tap ``k`` beats ``l`` if its input is larger, or if
they are equal and ``k`` comes first, in row-major order: one tap of a window beats all others, and
the *first* maximum takes the gradient. On ties there is no derivative, and that is a convention.

Off ties, where the data move by ``v`` with ``|v| < epsilon``, less than half of every gap between a
window's maximum and its other taps, the layer is affine, and has no other derivative than that of
its affine form, with no remainder::

    a(x + v)[o] - a(x)[o] = v[e(o, k)]                                     the tap k of the maximum
    <da, a(x + v) - a(x)> = sum_o da[o] sum_k h[o, k] v[e(o, k)] = <dx, v>

The first is claimed of the taps of a window one by one: ``a`` is no less than any of them, and is
one of them. So it holds of windows of any number of taps.
"""

from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.index_sum import MaxPooling
from convproof.symbolic.solver import Claim, SameSum, Step
from convproof.symbolic.solver.sums import Entry
from convproof.symbolic.solver.terms import both, either, eq, le, lt, negation, put
from convproof.theorems.derivatives.forms import from_pairs, inner, primed, same
from convproof.theorems.proof import Proof, Twin

_LAYER = MaxPooling()
_MAPS = MaxPooling(dims=2, channels=True, batch=True)
_a, _b, _c, _y, _z = sp.symbols("a b c y z", real=True)
_da, _db = sp.symbols("delta_a delta_b", real=True)
_k, _l, _m = sp.symbols("k l m", real=True)  # ranks of taps in row-major order
_e = sp.Symbol("epsilon", positive=True)


def _beats(one: sp.Symbol, k: sp.Symbol, other: sp.Symbol, l: sp.Symbol) -> Boolean:
    """Return that tap ``k``, which reads ``one``, beats or is tap ``l``, which reads ``other``."""
    return either(lt(other, one), both(eq(other, one), le(k, l)))


def _one_of_two() -> Claim:
    return Claim(
        name="no two taps beat each other",
        goal=eq(_k, _l),
        hypotheses=(_beats(_a, _k, _b, _l), _beats(_b, _l, _a, _k)),
    )


def _order() -> tuple[Claim, ...]:
    """Return that taps are in a total order."""
    return (
        _one_of_two(),
        Claim(
            name="of two taps one beats the other",
            goal=_beats(_a, _k, _b, _l),
            hypotheses=(negation(_beats(_b, _l, _a, _k)),),
        ),
        Claim(
            name="what beats a tap beats those that it beats",
            goal=_beats(_a, _k, _c, _m),
            hypotheses=(_beats(_a, _k, _b, _l), _beats(_b, _l, _c, _m)),
        ),
    )


def _constant() -> tuple[Claim, ...]:
    """Return that a gap of ``2 epsilon`` outlasts moves of less than ``epsilon``.

    ``a`` is the maximum, which moves by ``delta_a``; ``b`` any tap's datum; ``y`` and ``z`` are the
    answers for the data and for the data that moved: no less than the maximum's tap gives, and what
    some tap gives, which is this or another.
    """
    moves = tuple(step for d in (_da, _db) for step in (lt(-_e, d), lt(d, _e)))
    this, other = both(eq(_b, _a), eq(_db, _da)), le(_b + 2 * _e, _a)
    return (
        Claim(
            name="a maximum off ties stays one where data move by less than half the gap",
            goal=lt(_b + _db, _a + _da),
            hypotheses=(other, *moves),
        ),
        Claim(
            name="the layer gives its datum",
            goal=eq(_y, _a),
            hypotheses=(le(_a, _y), eq(_y, _b), either(this, other)),
        ),
        Claim(
            name="and of data that moved, what this one has become",
            goal=eq(_z, _a + _da),
            hypotheses=(le(_a + _da, _z), eq(_z, _b + _db), either(this, other), *moves),
        ),
        Claim(
            name="so that it moves as this datum",
            goal=eq(_z - _y, _da),
            hypotheses=(eq(_y, _a), eq(_z, _a + _da)),
        ),
    )


def _moved() -> SameSum:
    """Return ``<da, a(v)> = <dx, v>`` for the moves ``v`` of the data, and constant ``h``."""
    form, moves = _LAYER.input_gather, "v"
    forward = primed(inner(_LAYER.forward, "da"))
    left = replace(forward, entries=tuple(_renamed(entry, moves) for entry in forward.entries))
    return same("<da, a> = <dx, v> of moves v", left, inner(form, moves))


def _renamed(entry: Entry, letter: str) -> Entry:
    name, index = entry
    return (letter if name == "x" else name), index


def _steps() -> tuple[Step, ...]:
    form = _LAYER.input_gather
    return (
        *form.obligations,
        from_pairs(_LAYER.forward, form),
        *_MAPS.input_gather.obligations,
        *_order(),
        *_constant(),
        _moved(),
    )


def _twin() -> Twin:
    """Return that a maximum which moves keeps its tap, where another may be as large."""
    step = _constant()[2]
    at_least, some, (this, other), *moves = (
        h.args if isinstance(h, sp.Or) else h for h in step.hypotheses
    )
    gap = other if isinstance(other, sp.Le) else this
    tied = put(gap, {_e: 0})
    rest = this if gap is other else other
    return Twin(
        changed="on ties: b <= a for b + 2 epsilon <= a",
        of=step,
        step=replace(step, hypotheses=(at_least, some, either(rest, tied), *moves)),
    )


PROOF = Proof(
    name="max_derivative",
    statement="Off ties, nearby, max pooling is affine, and its derivative by an input sums the "
    "cotangents of the windows whose maximum it is; by convention the first maximum in row-major "
    "order takes it.",
    latex=r"dx_i = \sum_o da_o\, [\, i = \min \arg\max_{j \in o} x_j \,]",
    source='lecture 7, "spatial pooling": max, of max_j x_j as a selection',
    steps=_steps,
    twin=_twin,
    asked_as=("exact", "ties"),
)
