"""The profile ``exhaustive``: every small geometry decided, in place of some that are drawn.

At each geometry the matrix is recovered, and linearity and the exact value are asked of dense data:
a linear map is its matrix, and what is the right matrix, but another map on dense data, is found.
"""

from collections.abc import Callable, Iterable
from time import perf_counter

from convproof.cases import Case
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose
from convproof.theorems import THEOREMS, Request, Seen, Subject, Theorem, Violation, matrix
from convproof.verify.exhaustive import exhaustive_cases
from convproof.verify.runner import Outcome, Plan, judge
from convproof.verify.search import UNSUPPORTED, Tally

LAWS = ("matrix", "linearity", "exact")


def decided(
    subject: Subject, offered: Iterable[Function], plan: Plan, *, on: Callable[[Outcome], None]
) -> list[Outcome]:
    """Return the outcome of each law on every small geometry, per function and dtype.

    A law stops at the first geometry that breaks it; the geometries come from small to large.
    Geometries at which a law cannot be asked, or that the target refuses, are counted as weak.
    """
    held, outcomes = frozenset(offered), []
    for function in plan.functions:
        every = exhaustive_cases(function, plan.supports, plan.lacks)
        cases = [case for case in every if _offered(case, plan)]
        if not cases or function not in held:
            continue
        laws = [t for name in LAWS for t in THEOREMS if t.name == name and t.speaks_of(function)]
        for dtype in plan.dtypes:
            for law in laws:
                outcome = Outcome(function=function, theorem=law, dtype=dtype, status="not run")
                started = perf_counter()
                judge(outcome, _tally(subject, law, function, cases, plan.request(dtype)))
                outcome.seconds = perf_counter() - started
                outcomes.append(outcome)
                on(outcome)
    return outcomes


def _tally(
    subject: Subject, law: Theorem, function: Function, cases: list[Case], request: Request
) -> Tally:
    tally = Tally()
    for case in cases:
        tally.examples += 1
        try:
            tally.note(_seen(subject, law, function, case, request))
        except Violation as violation:
            tally.violation, tally.case = violation, case
            break
    return tally


def _seen(subject: Subject, law: Theorem, function: Function, case: Case, request: Request) -> Seen:
    if law is matrix.THEOREM:
        if not matrix.is_told(function, case, request):
            few = f"{request.precision} has too few integers to tell so many weights apart"
            return Seen(f"{UNSUPPORTED}{few}")
    elif not law.wants(function, case, request):
        return Seen(f"{UNSUPPORTED}{law.name} does not speak of {request.precision}")
    try:
        return law.check(subject, function, case, request)
    except UnsupportedError as error:
        return Seen(f"{UNSUPPORTED}{error}")


def _offered(case: Case, plan: Plan) -> bool:
    layer = case.layer
    if not isinstance(layer, Conv | ConvTranspose):
        return True
    asked = {
        "groups": layer.groups > 1,
        "dilation": max(layer.dilation) > 1,
        "stride": max(layer.stride) > 1,
        "padding": any(map(any, layer.padding)),
        "output_padding": isinstance(layer, ConvTranspose) and max(layer.output_padding) > 0,
    }
    return not any(wanted and word in plan.lacks for word, wanted in asked.items())
