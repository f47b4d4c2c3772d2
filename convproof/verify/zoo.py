"""The mutant zoo: every seeded fault, the law that refutes it, and whether others would have seen.

Beside the theorems, each mutant meets what people use today: ``allclose(rtol=1e-2, atol=1e-2)``
against a right answer on one friendly shape with normal data, and torch's ``gradcheck``, slow and
fast, in float64 on the same shape: a fault of a derivative beside the right forward, and a fault of
the forward beside the right derivatives.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from time import perf_counter
from typing import Any, Literal

import numpy as np

from convproof.calls import call_of
from convproof.cases import ask
from convproof.functions import SECOND, Function
from convproof.mutants import Mutant
from convproof.names import get_implementation
from convproof.numeric.fast import implementation as ours
from convproof.verify.friendly import friendly
from convproof.verify.runner import PROFILES, Outcome, Plan, failures, run
from convproof.verify.targets.subject import TargetSubject

Seen = Literal["seen", "missed", "not asked"]
GROUP = "convproof.mutants"
_RTOL = _ATOL = 1e-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What became of one mutant.

    Attributes:
        mutant: the fault.
        refuted_by: the law that refuted it, or "" if it survived.
        told: that law as it was broken, in words; "": it survived.
        examples: cases asked until then.
        seconds: they took, shrinking included.
        case: the smallest refuting case, told.
        allclose: whether ``allclose`` on one shape saw it.
        gradcheck_slow: whether gradcheck in slow mode saw it.
        gradcheck_fast: whether gradcheck in fast mode saw it.
    """

    mutant: Mutant
    refuted_by: str
    told: str
    examples: int
    seconds: float
    case: str
    allclose: Seen
    gradcheck_slow: Seen
    gradcheck_fast: Seen

    def as_record(self) -> dict[str, Any]:
        """Return the row as values for JSON."""
        return {
            "mutant": self.mutant.name,
            "function": self.mutant.function,
            "fault": (self.mutant.code.__doc__ or "").strip().partition("\n")[0],
            "origin": self.mutant.origin,
            "refuted_by": self.refuted_by or None,
            "told": self.told,
            "examples": self.examples,
            "seconds": round(self.seconds, 2),
            "case": self.case,
            "allclose": self.allclose,
            "gradcheck_slow": self.gradcheck_slow,
            "gradcheck_fast": self.gradcheck_fast,
        }


def mutants() -> list[Mutant]:
    """Return every mutant that an installed package registers."""
    found: list[Mutant] = []
    for point in entry_points(group=GROUP):
        found += point.load()
    return found


def kills(chosen: Sequence[Mutant], *, seed: int, profile: str = "quick") -> Iterator[Kill]:
    """Return what becomes of each mutant.

    Args:
        chosen: the mutants.
        seed: of the cases.
        profile: a key of ``PROFILES``.
    """
    for mutant in chosen:
        started = perf_counter()
        refuted = refute(mutant, seed=seed, profile=profile)
        seconds = perf_counter() - started
        slow, fast = _gradchecks(mutant)
        yield Kill(
            mutant=mutant,
            refuted_by=refuted.theorem.name if refuted else "",
            told=refuted.violation.law if refuted and refuted.violation else "",
            examples=refuted.examples if refuted else 0,
            seconds=seconds,
            case=str(refuted.case) if refuted else "",
            allclose=_allclose(mutant),
            gradcheck_slow=slow,
            gradcheck_fast=fast,
        )


def refute(
    mutant: Mutant, *, seed: int, profile: str = "quick", first: bool = False
) -> Outcome | None:
    """Return the law that a mutant breaks, or None if it survives.

    Args:
        mutant: the fault.
        seed: of the cases.
        profile: a key of ``PROFILES``.
        first: be content with the first violation, which need not be the law that explains it.
    """
    function = Function.named(mutant.function)
    plan = Plan(
        functions=(function,), dtypes=("float32",), examples=PROFILES[profile], seed=seed,
        first=first, supports=mutant.supports,
    )  # fmt: skip
    functions = {Function(function.layer): _right(Function(function.layer)), function: mutant.code}
    subject = TargetSubject(functions, "numpy")
    return next(failures(run(subject, functions, plan, on=lambda _: None)), None)


def _right(function: Function) -> Callable[..., Any]:
    right: Callable[..., Any] = getattr(get_implementation("numpy"), function.name)
    return right


def _allclose(mutant: Mutant) -> Seen:
    """Return whether one comparison within 1e-2, as benchmarks of kernels make it, sees a fault."""
    function = Function.named(mutant.function)
    case = friendly(function.layer)
    arrays = case.reals(np.dtype(np.float32))
    right = ask(ours, function.role, case, arrays)
    try:
        got = call_of(function, case, arrays.map(np.copy)).answered_by(mutant.code)
        close = np.shape(got) == right.shape and np.allclose(got, right, rtol=_RTOL, atol=_ATOL)
    except Exception:  # a mutant may raise anything
        return "seen"
    return "missed" if close else "seen"


def _gradchecks(mutant: Mutant) -> tuple[Seen, Seen]:
    """Return whether gradcheck sees a fault, slow and fast, if it can ask: first order, float64."""
    function = Function.named(mutant.function)
    if function.role in SECOND or not mutant.float64:
        return "not asked", "not asked"
    try:
        from convproof.verify.gradcheck import gradcheck_accepts
    except ImportError:
        return "not asked", "not asked"
    case = friendly(function.layer)
    verdicts = (gradcheck_accepts(function, mutant.code, case, fast=fast) for fast in (False, True))
    slow, fast = ("missed" if accepted else "seen" for accepted in verdicts)
    return slow, fast  # type: ignore[return-value]


def summary(found: Sequence[Kill]) -> dict[str, int]:
    """Return the counts: mutants, refuted ones, and what each of the others misses."""
    counts = Counter[str]()
    for kill in found:
        counts["mutants"] += 1
        counts["refuted"] += bool(kill.refuted_by)
        for name in ("allclose", "gradcheck_slow", "gradcheck_fast"):
            counts[f"{name}_misses"] += getattr(kill, name) == "missed"
    return dict(counts)
