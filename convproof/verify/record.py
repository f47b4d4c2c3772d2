"""Evidence as values: a run to a document, and a document's cases back to cases."""

import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from math import isfinite
from typing import Any

import numpy as np

from convproof import __version__, layers
from convproof.cases import Case
from convproof.errors import EvidenceError
from convproof.evidence import SCHEMA
from convproof.sources import digests_of
from convproof.theorems import Unanswered
from convproof.verify.failure import snippet
from convproof.verify.runner import Outcome
from convproof.verify.session import Report
from convproof.verify.table import summary

_PACKAGES = ("numpy", "hypothesis", "sympy", "ml_dtypes")


def evidence(
    reports: Sequence[Report], *, profile: str, seed: int, verdict: str, reason: str = ""
) -> dict[str, Any]:
    """Return the document of a run; an unknown verdict has a reason."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "command": shlex.join(["convproof", *sys.argv[1:]]),
        "verdict": verdict,
        **({"reason": reason} if reason else {}),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "profile": profile,
        "seed": seed,
        "targets": [of_report(report) for report in reports],
    }


def of_report(report: Report) -> dict[str, Any]:
    """Return what was seen of one target."""
    if report.target is None:
        return {"target": report.spec, "verdict": "unsupported", "reason": report.missing}
    return {
        "target": report.spec,
        "verdict": "failed" if report.failed else "passed",
        "versions": dict(report.target.versions),
        "sources": digests_of(report.spec),
        "supports": sorted(report.target.supports),
        "lacks": sorted(report.target.lacks),
        "arrays": report.asked.arrays,
        "device": report.asked.device,
        "isolated": not report.asked.in_process,
        "summary": summary(report.outcomes),
        "seconds": round(report.seconds, 3),
        "theorems": [of_outcome(report, outcome) for outcome in report.outcomes],
    }


def of_outcome(report: Report, outcome: Outcome) -> dict[str, Any]:
    """Return what came of one theorem."""
    return {
        "function": outcome.function.name,
        "dtype": outcome.dtype,
        "theorem": outcome.theorem.name,
        "precision": report.asked.plan(report.target).request(outcome.dtype).precision,
        "verdict": outcome.status,
        "reason": outcome.reason,
        "examples": outcome.examples,
        "weak": outcome.weak,
        "worst_ratio": None if outcome.ratio is None else float(f"{outcome.ratio:.4g}"),
        "failure": of_failure(report, outcome),
    }


def of_failure(report: Report, outcome: Outcome) -> dict[str, Any] | None:
    """Return the smallest failing case, if there is one."""
    violation, case = outcome.violation, outcome.case
    if violation is None or case is None:
        return None
    return {
        "law": violation.law,
        "case": of_case(case),
        "told": str(case),
        "layout": violation.call.layout,
        "silence": violation.silence if isinstance(violation, Unanswered) else None,
        "index": None if violation.index is None else list(violation.index),
        "got": _number(violation.got),
        "expected": _number(violation.expected),
        "ratio": _finite(violation.ratio),
        "hint": violation.hint,
        "snippet": snippet(report.target, outcome, report.asked.arrays),
    }


def of_case(case: Case) -> dict[str, Any]:
    """Return a case as plain values."""
    return {
        "layer": type(case.layer).__name__,
        "spec": asdict(case.layer),
        "input_shape": list(case.input_shape),
        "seed": case.seed,
        "magnitude": case.magnitude,
    }


def to_case(record: Any) -> Case:
    """Return the case of a record.

    Raises:
        EvidenceError: if the record is no case.
    """
    try:
        case = _case(record)
        case.output_shape  # noqa: B018  # a case that is no legal one has none
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        told = next(iter(str(error).splitlines()), "")
        msg = f"a recorded case cannot be read: {type(error).__name__}: {told}"
        raise EvidenceError(msg) from None
    return case


def _case(record: Any) -> Case:
    kind = getattr(layers, record["layer"])
    if not (isinstance(kind, type) and issubclass(kind, layers.Layer)):
        raise TypeError(kind)
    spec = {name: _tuples(value) for name, value in record["spec"].items()}
    numbers = {name: record[name] for name in ("seed", "magnitude")}
    shape = _tuples(record["input_shape"])
    for each in (*spec.values(), *numbers.values(), shape):
        _check_value(each)
    if any(type(number) is not int or number < 0 for number in (*numbers.values(), *shape)):
        msg = f"{numbers} and the shape {shape} are to be integers from 0"
        raise ValueError(msg)
    return Case(layer=kind(**spec), input_shape=shape, **numbers)


def _check_value(value: Any) -> None:
    """Refuse what no hyper-parameter is; sizes per axis are integers."""
    if isinstance(value, tuple):
        for entry in value:
            _check_value(entry)
            if isinstance(entry, bool | float | str):
                msg = f"{entry!r} is no size"
                raise TypeError(msg)
    elif not isinstance(value, bool | int | float | str | None):
        msg = f"{value!r} is no hyper-parameter"
        raise TypeError(msg)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def _finite(ratio: float | None) -> float | None:
    """Return the ratio if JSON can say it: an error may be infinite, or NaN."""
    return ratio if ratio is not None and isfinite(ratio) else None


def _number(value: object) -> str | None:
    if value is None:
        return None
    return repr(value.item()) if isinstance(value, np.generic) else repr(value)
