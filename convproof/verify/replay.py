"""Asking recorded failures again: FIXED, or STILL FAILING."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from math import prod
from typing import Any, Literal

from convproof.cases import Case
from convproof.errors import EvidenceError, MissingExtraError, TargetError, UnsupportedError
from convproof.functions import Function
from convproof.names.arguments import name_of
from convproof.numeric.rounding import PRECISIONS
from convproof.theorems import THEOREMS, Request, Subject, Theorem, Violation
from convproof.verify.other_process import difference
from convproof.verify.record import to_case
from convproof.verify.runner import DTYPES
from convproof.verify.sweep.coverage import axes_of
from convproof.verify.targets.find import check_device
from convproof.verify.targets.open import opened
from convproof.verify.targets.words import LACKS, check_words

Verdict = Literal["FIXED", "STILL FAILING", "GONE"]
LARGEST = 1 << 22  # elements of a case, hundreds of times what a run draws
_WIDEST = 1 << 16  # of one size


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded failure, asked again.

    Attributes:
        target: the target's spec.
        name: the function, dtype and theorem.
        verdict: what came of it; ``GONE`` if it could not be asked.
        told: the law that is still broken, or why it could not be asked.
        known: whether it was recorded as a failure that is expected.
    """

    target: str
    name: str
    verdict: Verdict
    told: str = ""
    known: bool = False


def replayed(document: dict[str, Any], *, in_process: bool = False) -> Iterator[Replayed]:
    """Return the recorded failures of an evidence document, each asked again.

    Raises:
        EvidenceError: if the document is malformed.
    """
    for record in document["targets"]:
        try:
            spec = str(record["target"])
            kind, device = record.get("arrays", "numpy"), record.get("device", "cpu")
            lacks = frozenset(map(str, record.get("lacks", ())))
            failing = [r for r in record.get("theorems", ()) if r["failure"] is not None]
        except (KeyError, TypeError, AttributeError) as error:
            msg = f"a recorded target cannot be read: {type(error).__name__}: {error}"
            raise EvidenceError(msg) from None
        if failing:
            yield from _of_target(spec, kind, device, lacks, failing, in_process=in_process)


def _of_target(
    spec: str,
    kind: Any,
    device: str,
    lacks: frozenset[str],
    failing: list[Any],
    *,
    in_process: bool,
) -> list[Replayed]:
    """Return what came of one target's failures, when its standard output is no longer cut off."""
    asked = [_question(record) for record in failing]
    expected = [record.get("verdict") == "xfail" for record in failing]
    bare, found = Function(asked[0][0].layer), []
    try:
        check_device(kind, device)
        check_words("lacks", lacks, LACKS)
        with ExitStack() as stack:

            def opening() -> Any:
                return stack.enter_context(
                    opened(
                        spec,
                        kind=kind,
                        device=device,
                        bare=bare,
                        lacks=lacks,
                        in_process=in_process,
                    )
                )

            subject, target = opening()
            other = None  # the law of determinism speaks of another process too
            if not in_process and any(theorem.name == "determinism" for _, theorem, *_ in asked):
                other, _ = opening()
            for (function, theorem, request, case), known in zip(asked, expected, strict=True):
                name = f"{function.name} {request.dtype} {theorem.name}"
                if function in target.functions:
                    verdict, told = _asked(subject, other, function, theorem, request, case)
                else:
                    verdict, told = "GONE", "the target has no such function any more"
                found.append(Replayed(spec, name, verdict, told, known=known))
    except (TargetError, MissingExtraError) as error:
        return [Replayed(spec, "every failure", "GONE", str(error))]
    return found


def _asked(
    subject: Subject,
    other: Subject | None,
    function: Function,
    theorem: Theorem,
    request: Request,
    case: Case,
) -> tuple[Verdict, str]:
    try:
        theorem.check(subject, function, case, request)
        if other is not None and theorem.name == "determinism":
            found = difference(function, case, request.dtype, subject, other)
            if found is not None:
                return "STILL FAILING", found.law
    except Violation as violation:
        return "STILL FAILING", violation.law
    except UnsupportedError as error:
        return "GONE", str(error)
    return "FIXED", ""


def _question(record: Any) -> tuple[Function, Theorem, Request, Case]:
    try:
        function = Function.named(record["function"])
        theorem = next(t for t in THEOREMS if t.name == record["theorem"] and t.speaks_of(function))
        dtype = DTYPES[record["dtype"]]
        precision = next(name for name in PRECISIONS if name == record["precision"])
        recorded = record["failure"]["case"]
    except (KeyError, TypeError, StopIteration) as error:
        msg = f"a recorded theorem cannot be read: {type(error).__name__}: {error}"
        raise EvidenceError(msg) from None
    case = to_case(recorded)
    _check_size(function, case)
    if name_of(case.layer, case.input_shape) != function.layer:
        msg = f"a recorded case of {function.name} is one of another layer: {case.layer}"
        raise EvidenceError(msg)
    return function, theorem, Request(dtype=dtype, precision=precision), case


def _check_size(function: Function, case: Case) -> None:
    """Refuse a case that no run has drawn: its arrays would not fit into memory, or be in vain."""
    axes = axes_of(case)
    padded = prod(case.input_shape[:2]) * prod(axis.padded_size for axis in axes) if axes else 0
    elements = max(case.elements + prod(case.output_shape), padded)
    widest = max(_numbers([astuple(case.layer), case.input_shape, case.output_shape]))
    if elements > LARGEST or widest > _WIDEST:
        msg = (
            f"a recorded case of {function.name} is too large: it has {elements} elements and the "
            f"number {widest}; a case has at most {LARGEST}, and numbers to {_WIDEST}."
        )
        raise EvidenceError(msg)
    try:
        case.integers()
    except (ArithmeticError, ValueError, LookupError) as error:
        msg = f"a recorded case of {function.name} has no data: {type(error).__name__}: {error}"
        raise EvidenceError(msg) from None


def _numbers(value: Any) -> Iterator[float]:
    """Return the sizes of all numbers in nested tuples."""
    if isinstance(value, tuple | list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float):
        yield abs(value)
