"""Equality in integers, the first gate: shared by the theorems that say what a function is."""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.numeric.dtypes import HALVES
from convproof.theorems.base import Request, Seen, Subject, Violation, at, controls
from convproof.theorems.laws import law_of
from convproof.theorems.output_shape import answer
from convproof.theorems.right import Right, right


def check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Raise ``Violation`` unless the answer on integers is the derived one."""
    known = right(function, case, request)
    got = judged(subject, function, case, request, known, law_of(function))
    return Seen(known.weak or controls(known.judge, got))


def judged(
    subject: Subject,
    function: Function,
    case: Case,
    request: Request,
    known: Right,
    law: str,
    *,
    layout: str = "plain",
) -> np.ndarray:
    """Return the target's answer to these data; raise ``Violation`` unless it is right."""
    got = answer(subject, function, case, known.arrays, request, layout=layout)
    index = known.judge(got)
    if index is None:
        return got
    raise Violation(
        law=f"{law}{_how(request, known)}",
        call=call_of(function, case, known.arrays).laid_out(layout),
        assertion=known.assertion(index, at(index)),
        index=index,
        got=got[index],
        expected=known.expected[index],
        hint=hint(got, known),
    )


def hint(got: np.ndarray, known: Right) -> str:
    """Return what kind of wrong answer this is, where it is of a known kind."""
    expected = known.expected
    if got.shape != expected.shape or got.size == 0:
        return ""
    if not got.any():
        return "the answer is all zero"
    if np.array_equal(np.sort(got, axis=None), np.sort(expected, axis=None)):
        return "the right numbers stand in the wrong places"
    if np.array_equal(got, -expected):
        return "the sign is wrong"
    if got.dtype.kind not in "iu" and known.allowed is None:
        with np.errstate(invalid="ignore"):
            near = np.abs(got.astype(np.float64) - expected.astype(np.float64)) < 0.5
        if near.all():
            return (
                "every element is nearest to the right integer: the right sum in an inexact "
                "algorithm, as Winograd F(4,3) and FFT are"
            )
    return ""


def _how(request: Request, known: Right) -> str:
    if known.allowed is not None:
        return f", within the rounding that {request.precision} allows"
    return ", in integers: equality" + (" rounded once" if request.dtype in HALVES else "")
