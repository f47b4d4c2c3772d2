"""Asking recorded failures again: FIXED, or STILL FAILING."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from convproof.errors import EvidenceError, MissingExtraError, TargetError, UnsupportedError
from convproof.functions import Function
from convproof.theorems import THEOREMS, Request, Theorem, Violation
from convproof.verify.record import to_case
from convproof.verify.runner import DTYPES
from convproof.verify.targets.open import opened

Verdict = Literal["FIXED", "STILL FAILING", "GONE"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded failure, asked again.

    Attributes:
        target: the target's spec.
        name: the function, dtype and theorem.
        verdict: what came of it; ``GONE`` if it could not be asked.
        told: the law that is still broken, or why it could not be asked.
    """

    target: str
    name: str
    verdict: Verdict
    told: str = ""


def replayed(document: dict[str, Any], *, in_process: bool = False) -> Iterator[Replayed]:
    """Return the recorded failures of an evidence document, each asked again.

    Raises:
        EvidenceError: if the document is malformed.
    """
    for record in document["targets"]:
        try:
            failing = [(r, r["failure"]) for r in record.get("theorems", ()) if r["failure"]]
            spec, kind, device = record["target"], record.get("arrays", "numpy"), record.get("device", "cpu")
        except (KeyError, TypeError, AttributeError) as error:
            msg = f"a recorded target cannot be read: {type(error).__name__}: {error}"
            raise EvidenceError(msg) from None
        if failing:
            yield from _of_target(spec, kind, device, failing, in_process=in_process)


def _of_target(
    spec: str, kind: Any, device: str, failing: list[tuple[Any, Any]], *, in_process: bool
) -> Iterator[Replayed]:
    asked = [(*_question(record), to_case(failure["case"])) for record, failure in failing]
    bare = asked[0][0]
    try:
        with opened(
            spec, kind=kind, device=device, bare=Function(bare.layer), in_process=in_process
        ) as (subject, target):
            for function, theorem, request, case in asked:
                name = f"{function.name} {request.dtype} {theorem.name}"
                if function not in target.functions:
                    yield Replayed(spec, name, "GONE", "the target has no such function any more")
                    continue
                try:
                    theorem.check(subject, function, case, request)
                except Violation as violation:
                    yield Replayed(spec, name, "STILL FAILING", violation.law)
                except UnsupportedError as error:
                    yield Replayed(spec, name, "GONE", str(error))
                else:
                    yield Replayed(spec, name, "FIXED")
    except (TargetError, MissingExtraError) as error:
        yield Replayed(spec, "every failure", "GONE", str(error))


def _question(record: Any) -> tuple[Function, Theorem, Request]:
    try:
        function = Function.named(record["function"])
        theorem = next(
            t for t in THEOREMS if t.name == record["theorem"] and t.speaks_of(function)
        )
        request = Request(dtype=DTYPES[record["dtype"]], precision=record["precision"])
    except (KeyError, TypeError, StopIteration) as error:
        msg = f"a recorded theorem cannot be read: {type(error).__name__}: {error}"
        raise EvidenceError(msg) from None
    return function, theorem, request
