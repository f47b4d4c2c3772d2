"""``convproof report lecture``: the audit of the lecture."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convproof.cli.output import json_option
from convproof.cli.reporting import command_line, proof_options, proved, tell, writing_options

if TYPE_CHECKING:
    from convproof.report.write import Format


@click.command("lecture")
@proof_options
@writing_options
@json_option
def lecture(
    proofs: bool,
    fresh: bool,
    workers: int | None,
    directory: Path,
    formats: "tuple[Format, ...] | None",
    json_path: str | None,
) -> int:
    """Audit lecture 7: every claim of it, what is computed or proved, agree or disagree.

    Written is lecture, with lecture.json beside it. Disagreements are the report's content, so the
    exit code is 0; it is 1 if a proof was asked and not found.
    """
    from convproof.cli.output import Output
    from convproof.report.lecture.audit import audit, claims
    from convproof.report.lecture.document import document
    from convproof.report.lecture.judging import proofs_of
    from convproof.report.lecture.record import record, summary
    from convproof.report.lecture.writing import write_audit

    with Output(json_path) as output:
        say = _silent if output.owns_stdout else tell
        if proofs:
            proved(proofs_of(claims()), workers, fresh=fresh)
        found = audit(None if proofs else {})
        held = record(found)
        for line in summary(found):
            say(line)
        write_audit(document(found, command_line()), held, directory, formats, tell=say)
        failed = proofs and bool(found.of("undecided"))
        output.write("report-lecture", "failed" if failed else "passed", **held)
    return int(failed)


def _silent(_line: str) -> None:
    """Say nothing: standard output is for JSON alone."""
