"""A run as JUnit XML: one suite per target, one test case per function, dtype and theorem."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from convproof.verify.failure import facts, snippet
from convproof.verify.runner import Outcome
from convproof.verify.session import Report

_SKIPPED = ("unsupported", "not run", "weak", "xfail")


def junit(reports: Sequence[Report]) -> str:
    """Return the document; weak, unsupported and expected failures are skips with their reason."""
    root = ET.Element("testsuites", name="convproof verify")
    for report in reports:
        outcomes = report.outcomes
        suite = ET.SubElement(
            root,
            "testsuite",
            name=report.spec,
            tests=str(len(outcomes)),
            failures=str(sum(o.status in ("fail", "xpass") for o in outcomes)),
            errors="0",
            skipped=str(sum(o.status in _SKIPPED for o in outcomes)),
            time=f"{report.seconds:.3f}",
        )
        for outcome in outcomes:
            _add(suite, report, outcome)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ET.Element, report: Report, outcome: Outcome) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{report.spec}.{outcome.function.name}",
        name=f"{outcome.theorem.name}[{outcome.dtype}]",
        time=f"{outcome.seconds:.3f}",
    )
    if outcome.status == "fail":
        told = "\n".join(f"{word}: {sentence}" for word, sentence in facts(outcome))
        violation = outcome.violation
        failure = ET.SubElement(case, "failure", message=_clean(violation.law if violation else ""))
        failure.text = _clean(f"{told}\n\n{snippet(report.target, outcome, report.asked.arrays)}")
    elif outcome.status == "xpass":
        ET.SubElement(case, "failure", message=_clean(outcome.reason))
    elif outcome.status in _SKIPPED:
        ET.SubElement(case, "skipped", message=_clean(f"{outcome.status}: {outcome.reason}"))


def _clean(text: str) -> str:
    """Return the text without the characters that XML has not."""
    return "".join(c for c in text if c in "\t\n\r" or (ord(c) >= 32 and c not in "\ufffe\uffff"))
