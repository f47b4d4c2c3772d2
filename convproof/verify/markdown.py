"""A run as Markdown: a table per target, and its failures with their snippets."""

from collections.abc import Sequence

from convproof.verify.failure import facts, snippet
from convproof.verify.gradients import not_asked
from convproof.verify.runner import failures
from convproof.verify.session import Report
from convproof.verify.table import LEGEND, followed, rows, summary


def markdown(reports: Sequence[Report]) -> str:
    """Return the document."""
    return "\n".join(line for report in reports for line in _of(report)) + "\n"


def _of(report: Report) -> list[str]:
    if report.target is None:
        return [f"## {report.spec}: unsupported here", "", report.missing, ""]
    verdict = "FAILED" if report.failed else "passed"
    heading, body = rows(report.outcomes)
    left_out = not_asked(report.spec, report.target.functions, report.asked)
    lines = [
        f"## {report.spec} {verdict}",
        "",
        f"{summary(report.outcomes)} (profile {report.asked.profile}, seed {report.asked.seed}).",
        "",
        *([f"{left_out}.", ""] if left_out else []),
        f"| {' | '.join(heading)} |",
        f"|{' --- |' * len(heading)}",
        *(f"| {' | '.join(cells)} |" for cells in body),
        "",
        LEGEND,
        "",
    ]
    for outcome in followed(report.outcomes):
        lines += [f"- {outcome.function.name} ({outcome.dtype}): {outcome.reason}", ""]
    for outcome in failures(report.outcomes):
        lines += [f"### {outcome.function.name} ({outcome.dtype}): {outcome.theorem.name}", ""]
        lines += [f"- {word}: {sentence}" for word, sentence in facts(outcome)]
        if outcome.violation is None:
            lines += [f"- {outcome.reason}"]
        else:
            lines += ["", "```python", snippet(report.target, outcome, report.asked.arrays), "```"]
        lines.append("")
    return lines
