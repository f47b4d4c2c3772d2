"""Determinism beyond one process: another one gives the same bits for the same arrays.

A sum in an order that a hash, an address or the number of threads decides is the same in every call
of one process, and another in the next.
"""

from collections.abc import Sequence

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.theorems import Subject, Unanswered, Violation
from convproof.theorems.base import first_difference
from convproof.verify.friendly import friendly
from convproof.verify.runner import DTYPES, Outcome


def compare(outcomes: Sequence[Outcome], here: Subject, there: Subject) -> None:
    """Ask both processes one call of each function, and mark determinism as broken if they differ.

    Args:
        outcomes: of a run; those of determinism that hold are asked further, and changed in place.
        here: the subject of the run.
        there: the same target in another process.
    """
    for outcome in outcomes:
        if outcome.theorem.name == "determinism" and outcome.status == "pass":
            _compare(outcome, here, there)


def _compare(outcome: Outcome, here: Subject, there: Subject) -> None:
    case = friendly(outcome.function.layer)
    violation = difference(outcome.function, case, DTYPES[outcome.dtype], here, there)
    if violation is not None:
        outcome.status, outcome.case, outcome.violation = "fail", case, violation


def difference(
    function: Function, case: Case, dtype: np.dtype, here: Subject, there: Subject
) -> Violation | None:
    """Return how the answers of two processes to one call differ, or None."""
    call = call_of(function, case, _arrays(case, dtype))
    try:
        one, other = here.ask(call).y, there.ask(call).y
    except (Unanswered, UnsupportedError):
        return None  # whether it answers is another theorem's
    if one.dtype == other.dtype and one.tobytes() == other.tobytes():
        return None
    index = first_difference(other, one) if one.shape == other.shape else None
    return Violation(
        law="the same arrays give the same bits; another process differs from this one",
        call=call,
        index=index,
        got=None if index is None else other[index],
        expected=None if index is None else one[index],
    )


def _arrays(case: Case, dtype: np.dtype) -> Arrays:
    return case.integers(dtype).astype(dtype) if dtype.kind == "i" else case.reals(dtype)
