"""Asking a target every theorem: which jobs there are, and what came of each."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Literal

import numpy as np

from convproof.cases import ConvCase, Function
from convproof.errors import UnsupportedError
from convproof.numeric.dtypes import BFLOAT16
from convproof.numeric.rounding import DEFAULT_PRECISION
from convproof.strategies import conv_cases
from convproof.theorems import THEOREMS, Request, Subject, Theorem, Violation
from convproof.verify.search import Found, search

_UNSUPPORTED = "unsupported: "
Status = Literal["pass", "fail", "weak", "unsupported", "not run"]
BY_HAND = 16  # elements of input and weights that a person can check
PROFILES = {"quick": 50, "ci": 300, "thorough": 3000}
DTYPES = {
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
    "float16": np.dtype(np.float16),
    "bfloat16": BFLOAT16,
    "int64": np.dtype(np.int64),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a target.

    Attributes:
        functions: which functions.
        dtypes: names of ``DTYPES``, in order.
        examples: cases per theorem.
        seed: of the whole run.
        groups: whether grouped convolutions are asked.
        precision: what the target promises; None: what its dtype suggests.
        supports: what the target declares.
    """

    functions: tuple[Function, ...]
    dtypes: tuple[str, ...]
    examples: int
    seed: int
    groups: bool = True
    precision: str | None = None
    supports: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of one theorem asked of one function in one dtype."""

    function: Function
    theorem: Theorem
    dtype: str
    status: Status
    reason: str = ""
    examples: int = 0
    weak: dict[str, int] = field(default_factory=dict)
    violation: Violation | None = None
    case: ConvCase | None = None
    seconds: float = 0.0


def jobs(plan: Plan) -> list[tuple[Function, str, Theorem]]:
    """Return every (function, dtype, theorem) that the plan asks, in order."""
    return [
        (function, dtype, theorem)
        for function in plan.functions
        for dtype in plan.dtypes
        for theorem in THEOREMS
        if function.role in theorem.roles and (dtype != "int64" or theorem.integer_too)
    ]


def run(
    subject: Subject, offered: Iterable[Function], plan: Plan, *, on: Callable[[Outcome], None]
) -> list[Outcome]:
    """Return the outcome of every job, telling ``on`` of each as it ends.

    A function that breaks a theorem in one dtype is not asked the later ones there.
    """
    held, broken, outcomes = frozenset(offered), set(), []
    for function, dtype, theorem in jobs(plan):
        outcome = Outcome(function=function, theorem=theorem, dtype=dtype, status="not run")
        if function not in held:
            outcome.status, outcome.reason = "unsupported", "the target has no such function"
        elif dtype == "int64" and "integer" not in plan.supports:
            outcome.status, outcome.reason = "unsupported", "the target declares no integer arrays"
        elif (function, dtype) in broken:
            outcome.reason = "the function breaks an earlier theorem"
        else:
            _ask(subject, plan, outcome)
        if outcome.status in ("fail", "unsupported"):
            broken.add((function, dtype))
        outcomes.append(outcome)
        on(outcome)
    return outcomes


def _ask(subject: Subject, plan: Plan, outcome: Outcome) -> None:
    function, theorem = outcome.function, outcome.theorem
    precision = plan.precision or DEFAULT_PRECISION.get(outcome.dtype, "float32")
    request = Request(dtype=DTYPES[outcome.dtype], precision=precision)
    started = perf_counter()

    def check(case: ConvCase) -> str | None:
        try:
            return theorem.check(subject, function, case, request)
        except UnsupportedError as error:
            return f"{_UNSUPPORTED}{error}"

    found = _searched(check, function, plan)
    outcome.seconds = perf_counter() - started
    outcome.examples, outcome.weak = found.examples, found.weak
    outcome.case, outcome.violation = found.case, found.violation
    if found.violation is not None:
        outcome.status = "fail"
        if found.flaky:
            found.violation.hint = (
                "this case broke the law once and kept it when asked again: the answer changes "
                "from call to call"
            )
    elif sum(found.weak.values()) == found.examples:
        outcome.reason = next(iter(found.weak))
        lacking = all(reason.startswith(_UNSUPPORTED) for reason in found.weak)
        outcome.status = "unsupported" if lacking else "weak"
    else:
        outcome.status = "pass"


def _searched(check: Callable[[ConvCase], str | None], function: Function, plan: Plan) -> Found:
    """Search; where the counterexample is large, look whether a tiny case shows the same fault."""

    def among(*, tiny: bool) -> Found:
        cases = conv_cases(
            function.dims,
            groups=plan.groups,
            asymmetric="asymmetric" in plan.supports,
            circular="circular" in plan.supports,
            tiny=tiny,
        )
        seed = plan.seed ^ zlib.crc32(function.name.encode())  # all theorems ask the same cases
        return search(check, cases, examples=plan.examples, seed_=seed)

    found = among(tiny=False)
    if found.case is None or found.case.elements <= BY_HAND:
        return found
    again = among(tiny=True)
    return found if again.case is None else replace(again, examples=found.examples)


def failures(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Return the outcomes that refute the target."""
    return (outcome for outcome in outcomes if outcome.status == "fail")


def checked(outcomes: Iterable[Outcome]) -> bool:
    """Return whether anything at all was asked and answered."""
    return any(outcome.status in ("pass", "fail", "weak") for outcome in outcomes)
