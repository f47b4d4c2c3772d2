"""Evidence as values: a run to a document, and a document's cases back to cases."""

import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import numpy as np

from convproof import __version__, layers
from convproof.cases import Case
from convproof.errors import ConvProofError, EvidenceError
from convproof.evidence import SCHEMA
from convproof.theorems import Unanswered
from convproof.verify.failure import snippet
from convproof.verify.runner import Outcome
from convproof.verify.session import Report
from convproof.verify.table import summary

_PACKAGES = ("numpy", "hypothesis", "sympy", "ml_dtypes")


def evidence(reports: Sequence[Report], *, profile: str, seed: int, verdict: str) -> dict[str, Any]:
    """Return the document of a run."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "command": shlex.join(["convproof", *sys.argv[1:]]),
        "verdict": verdict,
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
        "ratio": violation.ratio,
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
        kind = getattr(layers, record["layer"])
        if not (isinstance(kind, type) and issubclass(kind, layers.Layer)):
            raise TypeError(kind)
        layer = kind(**{name: _tuples(value) for name, value in record["spec"].items()})
        case = Case(
            layer=layer,
            input_shape=_tuples(record["input_shape"]),
            seed=int(record["seed"]),
            magnitude=int(record["magnitude"]),
        )
        case.output_shape  # noqa: B018  # a case that is no legal one has none
    except (KeyError, TypeError, AttributeError, ValueError, ConvProofError) as error:
        msg = f"a recorded case cannot be read: {type(error).__name__}: {error}"
        raise EvidenceError(msg) from None
    return case


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def _number(value: object) -> str | None:
    if value is None:
        return None
    return repr(value.item()) if isinstance(value, np.generic) else repr(value)
