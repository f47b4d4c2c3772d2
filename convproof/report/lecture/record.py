"""The audit as JSON's values."""

from typing import Any

from convproof.report.lecture.audit import CHAPTERS, Audit
from convproof.report.lecture.claim import CLASSES, UNJUDGED, Law
from convproof.report.lecture.judging import Finding, plain, written
from convproof.theorems.proofs import proofs

VERDICTS = ("agree", "disagree", "undecided")


def record(audit: Audit) -> dict[str, Any]:
    """Return the audit: how many of what, every claim, and what is not judged."""
    return {
        "lecture": "Avrithis, lecture 7: convolution and network architectures",
        "summary": {
            "claims": len(audit.all),
            **{verdict: len(audit.of(verdict)) for verdict in VERDICTS},
            "classes": audit.classes,
            "not judged": len(audit.unjudged),
        },
        "classes": CLASSES,
        "claims": [
            _finding(finding, CHAPTERS[chapter])
            for chapter, findings in audit.findings.items()
            for finding in findings
        ],
        "not judged": [
            {
                "place": {"slide": each.place.slide, "occurrence": each.place.occurrence},
                "why": each.why,
                "because": UNJUDGED[each.why],
                "quote": each.quote,
                "note": each.note,
            }
            for each in audit.unjudged
        ],
    }


def _finding(finding: Finding, chapter: str) -> dict[str, Any]:
    claim, fault = finding.claim, finding.claim.fault
    blamed = fault is not None and finding.verdict == "disagree"
    return {
        "id": claim.id,
        "chapter": chapter,
        "place": {"slide": claim.place.slide, "occurrence": claim.place.occurrence},
        "kind": claim.kind,
        "quote": claim.quote,
        "stated": plain(claim.stated),
        "stated in words": written(claim.stated),
        "computed": finding.computed,
        "law": proofs()[claim.stated.proof].statement if isinstance(claim.stated, Law) else "",
        "by": claim.by,
        "verdict": finding.verdict,
        "class": fault.of if fault is not None and blamed else None,
        "why": fault.why if fault is not None and blamed else "",
        "arithmetic": fault.arithmetic if fault is not None and blamed else "",
        "origin": fault.origin if fault is not None and blamed else "",
        "note": claim.note,
    }


def summary(audit: Audit) -> tuple[str, ...]:
    """Return the audit in three lines."""
    classes = ", ".join(f"{n} {name}" for name, n in audit.classes.items())
    return (
        f"{len(audit.all)} claims: "
        + ", ".join(f"{len(audit.of(verdict))} {verdict}" for verdict in VERDICTS),
        f"disagreements: {classes}",
        f"{len(audit.unjudged)} sentences are not judged",
    )
