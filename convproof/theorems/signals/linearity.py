"""Linearity: ``f(2 x - 3 x') = 2 f(x) - 3 f(x')``, in the data that a function is linear in.

Asked in integers, so that both sides are exact. A bias is left out: with it the map is affine.

It is the first law to call with the same weights, or the same ``x`` of a weight derivative, and
other data beside them: an answer that is kept by half of its arrays is seen here first. In a
function that keeps nothing, ``exact`` sees what it sees.

Proved for all sizes, of any finite linear combination, in the data and in the weights::

    sum_k w[k] (sum_j c[j] x_j[i])  =  sum_j c[j] (sum_k w[k] x_j[i])       i = s o + t k - p_low

and with a bias ``b``, of two terms, exactly where ``b = 0`` or ``c + d = 1``.
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
from convproof.theorems.proof import Proof, Twin, without
from convproof.theorems.right import right_of

_AXIS = SymbolicAxis()
_o, _k, _j, _tap, _term = (index(name) for name in ("o", "k", "j", "k'", "j'"))
_terms = size("m")
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
    """Return ``f(sum_j c[j] a_j) = sum_j c[j] f(a_j)`` where the letter ``a`` is ``x`` or ``w``."""

    def entries(k: Any, j: Any) -> tuple[Entry, ...]:
        read = {"w": (k,), "x": (_AXIS.position(_o, k),)}
        return ("c", (j,)), *((a, (j, *i) if a == letter else i) for a, i in read.items())

    def inside(k: Any) -> tuple[Boolean, ...]:
        return (*_AXIS.is_tap(k), *_AXIS.is_input(_AXIS.position(_o, k)))

    return SameSum(
        name=f"superposition in {letter}",
        left=GuardedSum(
            indices=(_k, _j), guard=(*inside(_k), *box(0, _j, _terms)), entries=entries(_k, _j)
        ),
        right=GuardedSum(
            indices=(_term, _tap),
            guard=(*box(0, _term, _terms), *inside(_tap)),
            entries=entries(_tap, _term),
        ),
        to_right={_tap: _k, _term: _j},
        to_left={_k: _tap, _j: _term},
        hypotheses=(*_AXIS.sizes(), *_AXIS.is_output(_o)),
    )


def _with_bias(*given: Boolean) -> Claim:
    """Return that sums ``y = c y_1 + d y_2`` stay so with a bias, under conditions."""
    return Claim(
        name="a layer without bias",
        goal=eq(_whole + _b, _c * (_one + _b) + _d * (_two + _b)),
        hypotheses=(eq(_whole, _c * _one + _d * _two), *given),
    )


def _exactly() -> Claim:
    """Return that a bias of a layer is allowed exactly for coefficients that sum to 1."""
    return Claim(
        name="b = 0 or c + d = 1, no more",
        goal=iff(
            eq(_whole + _b, _c * (_one + _b) + _d * (_two + _b)),
            either(eq(_b, 0), eq(_c + _d, 1)),
        ),
        hypotheses=(eq(_whole, _c * _one + _d * _two),),
    )


def _steps() -> tuple[Step, ...]:
    return _superposed("x"), _superposed("w"), _with_bias(eq(_b, 0)), _exactly()


def _twin() -> Twin:
    return without(_with_bias(eq(_b, 0)), eq(_b, 0))


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
    statement="A convolution without bias commutes with linear combinations of its data, and of "
    "its weights; with a bias b it commutes with c x + d x' exactly if b = 0 or c + d = 1.",
    latex=r"f\left(\textstyle\sum_j c_j x_j\right) = \sum_j c_j f(x_j)",
    source="lecture 7, linear time-invariant (LTI) system",
    steps=_steps,
    twin=_twin,
    asked_as=("linearity",),
)
