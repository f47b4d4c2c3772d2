"""Showing a verification to a person: tables in a terminal, plain text elsewhere."""

import re
import sys
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from convproof.functions import Function
from convproof.verify.failure import alike, facts, printed, snippet
from convproof.verify.gradients import not_asked
from convproof.verify.runner import Outcome, failures
from convproof.verify.session import Report
from convproof.verify.table import LEGEND, followed, laws, narrow, plain, rows, summary, unsupported

_MOST_NAMED = 20  # unsupported functions
_STYLES = {"ok": "green", "FAIL": "bold red", "XPASS": "bold red", "xfail": "yellow"}


def show_report(report: Report) -> None:
    """Print the table, the failures with their snippets, and the verdict."""
    if report.target is None:
        _line(f"{report.spec}: unsupported here: {report.missing}")
        return
    _show_table(report)
    for line in laws(report.outcomes):
        _line(line, style="dim")
    if report.target.supports:
        _line(f"declares: {', '.join(sorted(report.target.supports))}", style="dim")
    lacking = unsupported(report.outcomes)
    if lacking:
        _line(f"unsupported: {_named(lacking, report.target.functions)}", style="dim")
    if report.target.lacks:
        _line(f"lacks, and was not asked: {', '.join(sorted(report.target.lacks))}", style="dim")
    for outcome in report.outcomes:
        if outcome.status == "xfail":
            _line(f"known failure: {_told(outcome)}: {outcome.reason}", style="yellow")
    for outcome, *others in alike(failures(report.outcomes)):
        _line("")
        _line(f"{outcome.status.upper()} {_told(outcome)}", style="bold red")
        if outcome.violation is None:
            _line(f"  {outcome.reason}")
            continue
        same = [("the same", ", ".join(map(_told, others)))] if others else []
        for word, sentence in facts(outcome) + same:
            _line(f"  {word + ':':<16} {sentence}")
        _line("  reproduce:")
        for line in printed(snippet(report.target, outcome, report.asked.arrays)):
            _line(f"    {line}")
    verdict = "FAILED" if report.failed else "passed"
    _line("")
    for outcome in followed(report.outcomes):
        _line(f"{_told(outcome)}: {outcome.reason}", style="yellow")
    left_out = not_asked(report.spec, report.target.functions, report.asked)
    if left_out:
        _line(left_out, style="yellow")
    _line(
        f"{report.spec} {verdict}: {summary(report.outcomes)} "
        f"(profile {report.asked.profile}, seed {report.asked.seed}, {report.seconds:.1f} s)",
        style="bold red" if report.failed else "bold green",
    )


def _told(outcome: Outcome) -> str:
    return f"{outcome.function.name} ({outcome.dtype}): {outcome.theorem.name}"


def _named(lacking: Sequence[str], offered: Collection[Function]) -> str:
    """Return what is lacking by name, or where it is much, by name of the offered layers."""
    if len(lacking) <= _MOST_NAMED:
        return ", ".join(lacking)
    layers = {function.layer for function in offered}
    near = [name for name in lacking if Function.named(name).layer in layers]
    if not near or len(near) > _MOST_NAMED:
        return f"{len(lacking)} functions, see --json"
    return f"{', '.join(near)}, and {len(lacking) - len(near)} functions of other layers"


def _show_table(report: Report) -> None:
    heading, body = rows(report.outcomes)
    console = Console(highlight=False)
    text = plain(heading, body)
    if not sys.stdout.isatty():
        _line(text)
        _line(LEGEND)
        return
    if max(map(len, text.splitlines())) + 3 * len(heading) > console.width:
        _line(narrow(heading, body))
        _line(LEGEND)
        return
    table = Table(*heading, title=f"convproof verify {report.spec}", caption=LEGEND)
    for line in body:
        table.add_row(
            *(Text(cell, style=_STYLES.get(re.split(r"\W", cell)[0], "")) for cell in line)
        )
    console.print(table)


def _line(text: str, style: str = "") -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(text, style=style))
