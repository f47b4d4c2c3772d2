"""Max pooling off ties: ``dx[i]`` sums ``da[o]`` over the windows whose maximum is ``x[i]``.

::

    a[o]  = x[e(o, k)] for the tap k that no other beats        e(o, k) = s o + t k - p_low
    dx[i] = sum_k [s | u][0 <= u/s < n'] h[u/s, k] da[u/s]      u = i + p_low - t k

``h[o, k]`` is 1 for that tap, 0 for the others. Tap ``k`` beats ``l`` if its input is larger, or if
they are equal and ``k`` comes first, in row-major order: one tap of a window beats all others, and
the *first* maximum takes the gradient. Off ties, where the data move by less than half of every
gap, no tap that was beaten beats: ``h`` is constant, and ``a`` a sum with constant weights. On ties
there is no derivative, and the first maximum is a convention.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.axes import Axis
from convproof.symbolic.index_sum import MaxPooling, explicit
from convproof.symbolic.solver import Claim, Instances, Step
from convproof.symbolic.solver.terms import both, either, eq, le, lt, negation
from convproof.theorems.derivatives.forms import from_pairs
from convproof.theorems.proof import Proof, Twin

_LAYER = MaxPooling()
_MAPS = MaxPooling(dims=2, channels=True, batch=True)
(_AXIS,) = _LAYER.relations
_a, _b, _c, _da, _db = sp.symbols("a b c delta_a delta_b", real=True)
_k, _l, _m = sp.symbols("k l m", real=True)  # ranks of taps in row-major order
_e = sp.Symbol("epsilon", positive=True)
_CELLS = (
    Axis(input_size=4, kernel_size=2, stride=1),
    Axis(input_size=4, kernel_size=3, stride=2, padding=(1, 1)),
)


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


def _constant() -> Claim:
    """Return that a gap of ``2 epsilon`` outlasts moves of less than ``epsilon``."""
    moves = (step for d in (_da, _db) for step in (lt(-_e, d), lt(d, _e)))
    return Claim(
        name="a maximum off ties stays one where data move by less than half the gap",
        goal=lt(_b + _db, _a + _da),
        hypotheses=(le(_b + 2 * _e, _a), *moves),
    )


def _in_cells() -> Instances:
    return Instances(
        name="SymPy's derivatives of Max",
        sizes="every order of 4 data under 2 geometries",
        check=lambda: next((wrong for axis in _CELLS for wrong in _wrong(axis)), ""),
    )


def _wrong(axis: Axis) -> Iterator[str]:
    """Yield the orders of data in which SymPy's derivative of the maxima is another one."""
    x, da, h = (sp.IndexedBase(letter) for letter in ("x", "da", "h"))
    data = sp.symbols(f"x:{axis.input_size}", real=True)
    windows: list[dict[int, int]] = [{} for _ in range(axis.output_size)]
    for o, k, i in zip(*(leg.tolist() for leg in axis.triples().legs), strict=True):
        windows[o][k] = i
    loss = sum(da[o] * sp.Max(*(data[i] for i in taps.values())) for o, taps in enumerate(windows))
    slopes = [sp.diff(loss, datum) for datum in data]
    expression, sizes = _LAYER.input_gather.expression, _AXIS.at(axis)
    ours = [explicit(expression, sizes | {_AXIS.i: i}) for i in range(axis.input_size)]
    for order in permutations(range(axis.input_size)):
        held = {h[o, k]: int(order[i] == max(order[j] for j in taps.values()))
                for o, taps in enumerate(windows) for k, i in taps.items()}  # fmt: skip
        at = dict(zip(data, order, strict=True))
        for i, slope in enumerate(slopes):
            if sp.expand(slope.subs(at) - ours[i].xreplace(held)) != 0:
                yield f"{axis}, {x} = {order}, i = {i}"


def _steps() -> tuple[Step, ...]:
    form = _LAYER.input_gather
    return (
        *form.obligations,
        from_pairs(_LAYER.forward, form),
        *_MAPS.input_gather.obligations,
        *_order(),
        _constant(),
        _in_cells(),
    )


def _twin() -> Twin:
    """Return that two maxima never take the gradient together, where the second takes it always."""
    given = _one_of_two()
    first, second = given.hypotheses
    larger, tied = second.args
    equal, _ = tied.args
    return Twin(
        changed="every maximum takes the gradient: without k <= l among equal ones",
        of=given,
        step=replace(given, hypotheses=(first, either(larger, equal))),
    )


PROOF = Proof(
    name="max_derivative",
    statement="Off ties the derivative of max pooling by an input sums the cotangents of the "
    "windows whose maximum it is; by convention the first maximum in row-major order takes it.",
    latex=r"dx_i = \sum_o da_o\, [\, i = \min \arg\max_{j \in o} x_j \,]",
    source='lecture 7, "spatial pooling": max, of max_j x_j as a selection',
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="Local constancy of the arg max off ties: a window has finitely many taps, in a total "
    "order, so that one beats all others, and off ties by a least gap; nearby it still does, and "
    "the derivative is that of the sum with the constant weights h.",
    asked_as=("exact", "ties"),
)
