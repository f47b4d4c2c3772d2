"""Linearity: ``f(2 x - 3 x') = 2 f(x) - 3 f(x')``, in the data that a function is linear in.

Asked in integers, so that both sides are exact. A bias is left out: with it the map is affine.

It is the first law to call with the same weights, or the same ``x`` of a weight derivative, and
other data beside them: an answer that is kept by half of its arrays is seen here first. In a
function that keeps nothing, ``exact`` sees what it sees.
"""

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.functions import Function
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
from convproof.theorems.right import right_of

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
