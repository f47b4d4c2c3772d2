"""The profile ``exhaustive``: every small geometry decided, in place of some that are drawn."""

from collections.abc import Callable, Iterable
from time import perf_counter

from convproof.cases import Case
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose
from convproof.theorems import Subject
from convproof.theorems.matrix import THEOREM
from convproof.verify.exhaustive import decide, exhaustive_cases
from convproof.verify.runner import Outcome, Plan


def decided(
    subject: Subject, offered: Iterable[Function], plan: Plan, *, on: Callable[[Outcome], None]
) -> list[Outcome]:
    """Return the outcome of the matrix theorem on every small geometry, per function and dtype.

    A function stops at the first geometry that breaks it; the geometries come from small to large.
    """
    held, outcomes = frozenset(offered), []
    for function in plan.functions:
        cases = [c for c in exhaustive_cases(function, plan.supports) if _offered(c, plan)]
        if not cases or function not in held:
            continue
        for dtype in plan.dtypes:
            outcome = Outcome(function=function, theorem=THEOREM, dtype=dtype, status="pass")
            _decide(subject, outcome, cases, plan)
            outcomes.append(outcome)
            on(outcome)
    return outcomes


def _decide(subject: Subject, outcome: Outcome, cases: list[Case], plan: Plan) -> None:
    started, request = perf_counter(), plan.request(outcome.dtype)
    cases = [case for case in cases if THEOREM.wants(outcome.function, case, request)]
    try:
        for found in decide(subject, outcome.function, cases, request):
            outcome.examples += 1
            if found.violation is not None:
                outcome.status, outcome.case = "fail", found.case
                outcome.violation = found.violation
                break
    except UnsupportedError as error:
        outcome.status, outcome.reason = "unsupported", str(error)
    outcome.seconds = perf_counter() - started


def _offered(case: Case, plan: Plan) -> bool:
    layer = case.layer
    if not isinstance(layer, Conv | ConvTranspose):
        return True
    asked = {
        "groups": layer.groups > 1,
        "dilation": max(layer.dilation) > 1,
        "stride": max(layer.stride) > 1,
        "padding": any(map(any, layer.padding)),
    }
    return not any(wanted and word in plan.lacks for word, wanted in asked.items())
