"""Asking a target every theorem: which jobs there are, and what came of each."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np
from hypothesis.database import DirectoryBasedExampleDatabase

from convproof.cases import Case
from convproof.errors import UnsupportedError
from convproof.functions import FIRST, Function
from convproof.numeric.dtypes import BFLOAT16
from convproof.numeric.rounding import DEFAULT_PRECISION
from convproof.strategies import TORCH, cases
from convproof.theorems import (
    THEOREMS,
    Request,
    Seen,
    Subject,
    Theorem,
    Unanswered,
    Violation,
    matrix,
)
from convproof.verify.consequences import causes
from convproof.verify.search import UNSUPPORTED, Search, Tally, first_broken

NO_SUCH = "the target has no such function"
_FLAKY = (
    "this case broke the law once and kept it when asked again: the answer changes from call to "
    "call"
)
_FLAKY_SILENCE = (
    "this case was answered when asked again: a race, a lock, or a first call that is slow to begin"
)
Status = Literal["pass", "fail", "weak", "unsupported", "not run", "xfail", "xpass"]
BY_HAND = 16  # elements of input and weights that a person can check
PROFILES = {"quick": (40, 40), "ci": (200, 60), "thorough": (3000, 1000)}
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
        examples: cases per function with weights, and per function without.
        seed: of the whole run.
        precision: what the target promises; None: what its dtype suggests.
        supports: what the target declares beyond torch's own geometries.
        lacks: what it declares not to have.
        database: a folder that keeps this target's failing cases; None: nothing is kept.
        first: of a function, end at the first violation and make nothing smaller: a yes or no.
    """

    functions: tuple[Function, ...]
    dtypes: tuple[str, ...]
    examples: tuple[int, int]
    seed: int
    precision: str | None = None
    supports: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    database: Path | None = None
    first: bool = False

    @property
    def offers(self) -> frozenset[str]:
        """What may leave its default in the cases."""
        return (TORCH | (self.supports & {"asymmetric", "circular"})) - self.lacks

    def request(self, dtype: str) -> Request:
        """Return how the target is asked in a dtype."""
        precision = self.precision or DEFAULT_PRECISION.get(dtype, "float32")
        return Request(dtype=DTYPES[dtype], precision=precision)


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
    ratio: float | None = None
    violation: Violation | None = None
    case: Case | None = None
    seconds: float = 0.0
    follows: tuple[Function, ...] = ()  # the functions whose wrong answers it is a consequence of


def jobs(plan: Plan) -> list[tuple[Function, str, tuple[Theorem, ...]]]:
    """Return every function and dtype that the plan asks, with its theorems in order."""
    return [
        (
            function,
            dtype,
            tuple(
                theorem
                for theorem in THEOREMS
                if theorem.speaks_of(function)
                and (dtype != "int64" or theorem.integer_too)
                and not theorem.needs & plan.lacks
                and theorem.offered <= plan.supports
            ),
        )
        for function in plan.functions
        for dtype in plan.dtypes
        if dtype != "int64" or function.family not in ("mean", "smooth")
    ]


def run(
    subject: Subject, offered: Iterable[Function], plan: Plan, *, on: Callable[[Outcome], None]
) -> list[Outcome]:
    """Return the outcome of every theorem of every job, telling ``on`` of each as it ends."""
    held, outcomes = frozenset(offered), []
    for function, dtype, theorems in jobs(plan):
        reason = _unsupported(function, dtype, held, plan)
        if reason:
            found = [
                Outcome(
                    function=function,
                    theorem=theorem,
                    dtype=dtype,
                    status="unsupported",
                    reason=reason,
                )
                for theorem in theorems
            ]
        else:
            found = ask(subject, held, plan, function, dtype, theorems)
        for outcome in found:
            on(outcome)
        outcomes += found
    return outcomes


def _unsupported(function: Function, dtype: str, held: frozenset[Function], plan: Plan) -> str:
    if function not in held:
        return NO_SUCH
    if dtype == "int64" and "integer" not in plan.supports:
        return "the target declares no integer arrays"
    if dtype in plan.lacks:
        return f"the target declares that it lacks {dtype}"
    return ""


def ask(
    subject: Subject,
    held: frozenset[Function],
    plan: Plan,
    function: Function,
    dtype: str,
    theorems: tuple[Theorem, ...],
) -> list[Outcome]:
    """Return the outcomes of one function in one dtype.

    A function that breaks a theorem has not to answer for the later ones.
    """
    request, started = plan.request(dtype), perf_counter()
    asked = tuple(t for t in theorems if held >= {Function(function.layer, r) for r in t.beside})
    tallies = _searched(subject, plan, function, request, asked)
    seconds = perf_counter() - started
    broken, _ = first_broken(tallies)
    outcomes = []
    for theorem in theorems:
        outcome = Outcome(function=function, theorem=theorem, dtype=dtype, status="not run")
        tally = tallies.get(theorem)
        if tally is None:
            outcome.status, outcome.reason = "unsupported", "the target has no forward"
        elif broken is not None and theorems.index(theorem) > theorems.index(broken):
            outcome.reason = "the function breaks an earlier theorem"
        else:
            judge(outcome, tally)
            _lead_back(outcome, subject, held)
        outcome.seconds = seconds / len(theorems)
        outcomes.append(outcome)
    _leave_refusals_out(outcomes)
    return outcomes


def _lead_back(outcome: Outcome, subject: Subject, held: frozenset[Function]) -> None:
    """Find the functions that a failure follows from, if it is only that."""
    violation, case = outcome.violation, outcome.case
    if outcome.theorem.name != "exact" or violation is None or case is None:
        return
    outcome.follows = causes(subject, outcome.function, held, case, violation)
    if outcome.follows:
        names = " and ".join(function.name for function in outcome.follows)
        told = f"it follows from the target's own {names}, wrong here as well: mend that first"
        violation.hint = "\n".join(filter(None, [violation.hint, told]))


def _leave_refusals_out(outcomes: list[Outcome]) -> None:
    """Let no function pass for refusing illegal calls that answers no legal one."""
    rest = [o for o in outcomes if "rejects" not in o.theorem.needs]
    if not checked(rest):
        for outcome in outcomes:
            if outcome.status == "pass":
                lacking = next((o.reason for o in rest if o.status == "unsupported"), "")
                outcome.status, outcome.reason = "unsupported", lacking


def judge(outcome: Outcome, tally: Tally) -> None:
    """Set what came of a theorem by what was seen of it."""
    outcome.examples, outcome.weak, outcome.ratio = tally.examples, tally.weak, tally.ratio
    outcome.case, outcome.violation = tally.case, tally.violation
    if tally.violation is not None:
        outcome.status = "fail"
        if tally.flaky:
            tally.violation.hint = (
                _FLAKY_SILENCE if isinstance(tally.violation, Unanswered) else _FLAKY
            )
    elif not tally.examples:
        outcome.reason = "no case of this search is one that it speaks of"
    elif sum(tally.weak.values()) == tally.examples:
        outcome.reason = next(iter(tally.weak))
        outcome.status = "weak" if tally.answered else "unsupported"
    else:
        outcome.status = "pass"


def _searched(
    subject: Subject,
    plan: Plan,
    function: Function,
    request: Request,
    theorems: tuple[Theorem, ...],
) -> dict[Theorem, Tally]:
    """Search; where the counterexample is large, look whether a tiny case shows the same fault."""

    def search(among: tuple[Theorem, ...], *, tiny: bool) -> dict[Theorem, Tally]:
        def check(theorem: Theorem, case: Case) -> Seen | None:
            subject.shrinking = one.shrinking
            turn = (case.seed + zlib.crc32(theorem.name.encode())) % theorem.share
            if (turn and not one.shrinking) or not theorem.wants(function, case, request):
                return None
            try:
                return theorem.check(subject, function, case, request)
            except UnsupportedError as error:
                return Seen(f"{UNSUPPORTED}{error}")

        heavy, light = plan.examples
        one = Search(
            among,
            check,
            examples=heavy if function.family == "bilinear" and function.role in FIRST else light,
            seed_=plan.seed ^ zlib.crc32(function.name.encode()),
            database=_database(plan, function, request),
            first=plan.first,
        )
        return one.among(cases(function.layer, plan.offers, tiny=tiny))

    tallies = search(theorems, tiny=False)
    subject.shrinking = False
    broken, tally = first_broken(tallies)
    if broken is None or plan.first:
        return tallies
    if tally.case is not None and tally.case.elements > BY_HAND:
        again = search((broken,), tiny=True)[broken]
        if again.case is not None:
            again.examples = tally.examples
            tallies[broken] = tally = again
    subject.shrinking = False
    _confirm(subject, tally)
    _show_matrix(subject, function, request, broken, tally)
    return tallies


def _confirm(subject: Subject, tally: Tally) -> None:
    """Ask once more, with all its time, a call that did not end in the short time of shrinking.

    If it ends, it is only slow: then the case stands that did not end in all its time at first.
    """
    violation = tally.violation
    if not isinstance(violation, Unanswered) or violation.silence != "hung":
        return
    try:
        subject.ask(violation.call)
    except Unanswered as again:
        violation.law = again.law
    else:
        if tally.found is not None:
            tally.case, tally.violation = tally.found


def _show_matrix(
    subject: Subject, function: Function, request: Request, broken: Theorem, tally: Tally
) -> None:
    """Add the matrix that the target computes at this geometry, beside the derived one."""
    violation, case = tally.violation, tally.case
    if violation is None or case is None or broken.name != "exact":
        return
    if not (matrix.THEOREM.speaks_of(function) and matrix.THEOREM.wants(function, case, request)):
        return
    try:
        matrix.check(subject, function, case, request)
    except Violation as shown:
        violation.hint = "\n".join(filter(None, (violation.hint, shown.hint)))
    except UnsupportedError:
        return


def _database(
    plan: Plan, function: Function, request: Request
) -> DirectoryBasedExampleDatabase | None:
    if plan.database is None:
        return None
    return DirectoryBasedExampleDatabase(plan.database / f"{function.name}-{request.dtype.name}")


def failures(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Return the outcomes that refute the target, or an expectation of it."""
    return (outcome for outcome in outcomes if outcome.status in ("fail", "xpass"))


def checked(outcomes: Iterable[Outcome]) -> bool:
    """Return whether anything at all was asked and answered."""
    return any(outcome.status not in ("unsupported", "not run") for outcome in outcomes)
