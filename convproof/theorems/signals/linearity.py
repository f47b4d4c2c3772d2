"""Linearity: ``f(2 x - 3 x') = 2 f(x) - 3 f(x')``, in the data that a function is linear in.

Asked in integers, so that both sides are exact. A bias is left out: with it the map is affine.

It is the first law to call with the same weights, or the same ``x`` of a weight derivative, and
other data beside them: an answer that is kept by half of its arrays is seen here first. In a
function that keeps nothing, ``exact`` sees what it sees.

Proved for all sizes, of any finite linear combination, in the data and in the weights, of two axes
and channels, at every image and output channel::

    sum_{c, k} w[c, k] (sum_j a[j] x_j[c, i])  =  sum_j a[j] (sum_{c, k} w[c, k] x_j[c, i])

with ``i = s o + t k - p_low`` along each axis; and with a bias ``b``, of two terms, exactly where
``b = 0`` or ``c + d = 1``.
"""

from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, GuardedSum, SameSum, Step
from convproof.symbolic.solver.sums import Entry
from convproof.symbolic.solver.terms import box, either, eq, iff
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    at,
    controls,
    first_difference,
    not_rounded,
)
from convproof.theorems.output_shape import answer
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.right import right_of

_AXES = SymbolicAxis("_1"), SymbolicAxis("_2")
_image, _out, _j, _term = (index(name) for name in ("image", "m", "j", "j'"))
_channel, _other = index("c"), index("c'")
_outputs = index("o_1"), index("o_2")
_taps, _others = (index("k_1"), index("k_2")), (index("k'_1"), index("k'_2"))
_terms, _channels = size("terms"), size("k")
_b, _c, _d, _one, _two, _whole = sp.symbols("b c d y_1 y_2 y", real=True)
_LINEAR_IN = {"forward": "x", "input": "y_bar", "weight": "y_bar", "bias": "y_bar"}


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    name = _LINEAR_IN[function.role]
    one = _small(case, request, case.seed)
    two = _small(case, request, case.seed + 1)
    whole = one.but(**{name: 2 * one[name] - 3 * two[name]})
    known = right_of(function, case, whole, request)
    if known.weak:
        return Seen(known.weak)
    parts = [
        answer(subject, function, case, one.but(**{name: part}).astype(request.dtype), request)
        for part in (one[name], two[name])
    ]
    sum_of_parts = 2 * parts[0] - 3 * parts[1]
    got = answer(subject, function, case, known.arrays, request)
    index = first_difference(got, sum_of_parts)
    if index is not None:
        raise Violation(
            law=f"{function.name} is linear in {name}: f(2 a - 3 b) = 2 f(a) - 3 f(b) in integers",
            call=call_of(function, case, known.arrays),
            assertion=f"y[{at(index)}] == {sum_of_parts[index].item()!r}",
            index=index,
            got=got[index],
            expected=sum_of_parts[index],
        )
    return Seen(controls(lambda y: first_difference(y, sum_of_parts), got))


def _small(case: Case, request: Request, seed: int) -> Arrays:
    """Return integers of which five times as much is still exact, and no bias."""
    small = Case(layer=case.layer, input_shape=case.input_shape, seed=seed, magnitude=2)
    arrays = small.integers(request.dtype)
    return Arrays({name: array for name, array in arrays.items() if name != "b"})


def _superposed(letter: str) -> SameSum:
    """Return ``f(sum_j a[j] z_j) = sum_j a[j] f(z_j)`` where the letter ``z`` is ``x`` or ``w``."""

    def reads(taps: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(a.position(o, k) for a, o, k in zip(_AXES, _outputs, taps, strict=True))

    def entries(c: Any, taps: tuple[Any, ...], j: Any) -> tuple[Entry, ...]:
        read = {"w": (_out, c, *taps), "x": (_image, c, *reads(taps))}
        return ("a", (j,)), *((z, (j, *i) if z == letter else i) for z, i in read.items())

    def guard(c: Any, taps: tuple[Any, ...], j: Any) -> tuple[Boolean, ...]:
        inside = (
            (*axis.is_tap(k), *axis.is_input(i))
            for axis, k, i in zip(_AXES, taps, reads(taps), strict=True)
        )
        return (
            *box(0, c, _channels),
            *(each for axis in inside for each in axis),
            *box(0, j, _terms),
        )

    one, other = (_channel, _taps, _j), (_other, _others, _term)
    return SameSum(
        name=f"superposition in {letter}",
        left=GuardedSum(indices=(_channel, *_taps, _j), guard=guard(*one), entries=entries(*one)),
        right=GuardedSum(
            indices=(_term, _other, *_others), guard=guard(*other), entries=entries(*other)
        ),
        to_right={_other: _channel, **dict(zip(_others, _taps, strict=True)), _term: _j},
        to_left={_channel: _other, **dict(zip(_taps, _others, strict=True)), _j: _term},
        hypotheses=tuple(
            each
            for axis, o in zip(_AXES, _outputs, strict=True)
            for each in (*axis.sizes(), *axis.is_output(o))
        ),
    )


def _exactly(allowed: Boolean) -> Claim:
    """Return that sums ``y = c y_1 + d y_2`` stay so with a bias exactly where it is allowed."""
    return Claim(
        name="b = 0 or c + d = 1, no more",
        goal=iff(eq(_whole + _b, _c * (_one + _b) + _d * (_two + _b)), allowed),
        hypotheses=(eq(_whole, _c * _one + _d * _two),),
    )


def _steps() -> tuple[Step, ...]:
    return _superposed("x"), _superposed("w"), _exactly(either(eq(_b, 0), eq(_c + _d, 1)))


def _twin() -> Twin:
    *_, of = _steps()
    doubled = either(eq(_b, 0), eq(_c + _d, 2))
    return Twin(
        changed="c + d = 2 for c + d = 1: with a bias, f(2 x) = 2 f(x)",
        of=of,
        step=_exactly(doubled),
    )


THEOREM = Theorem(
    name="linearity",
    statement="A layer without bias, and every derivative, is linear in its data.",
    latex=r"f(2a - 3b) = 2 f(a) - 3 f(b)",
    check=_check,
    families=("bilinear", "linear"),
    roles=("forward", "input", "weight", "bias"),
    share=5,
    wants=not_rounded,
)
PROOF = Proof(
    name="linearity",
    statement="A convolution of two axes and channels, without bias, commutes with linear "
    "combinations of its data, and of its weights; with a bias b it commutes with c x + d x' "
    "exactly if b = 0 or c + d = 1.",
    latex=r"f\left(\textstyle\sum_j a_j x_j\right) = \sum_j a_j f(x_j)",
    source="lecture 7, linear time-invariant (LTI) system",
    steps=_steps,
    twin=_twin,
    asked_as=("linearity",),
)
