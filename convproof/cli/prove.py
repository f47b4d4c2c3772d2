"""``convproof prove``: the laws for all sizes, decided by solvers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convproof.cli.output import Output, json_option
from convproof.cli.terminal import width as terminal_width

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from convproof.proving.cross import Record
    from convproof.proving.find import Asked
    from convproof.proving.outcome import Outcome


@click.command("prove")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "listing", is_flag=True, help="Name the proofs and what they state.")
@click.option(
    "--smt2",
    "smt2_path",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write what the engines were asked into DIR, to be re-checked by any solver.",
)
@click.option(
    "--isl",
    is_flag=True,
    help="Also decide by isl what it can, for strides and dilations in 1..8; a minute or two "
    "more for all proofs.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes; the processors by default.")
@json_option
def command(
    names: tuple[str, ...],
    listing: bool,
    smt2_path: Path | None,
    isl: bool,
    workers: int | None,
    json_path: str | None,
) -> int:
    """Prove the laws of convolution for all sizes, and refute their false twins.

    A NAME is a proof of ours (--list) or a claim of yours, path/file.py:CLAIM or
    package.module:CLAIM; a file or a module alone stands for all that it holds. Without NAME all
    proofs of ours are asked. examples/claims.py shows how claims are written:

    \b
      convproof prove examples/claims.py

    Z3 and cvc5 are asked every step. The table says which of them proved how many, or at which
    numbers a step fails.

    \b
      proved    every step is, and the false twin, in which
                one hypothesis, guard or sign is changed,
                is refuted
      REFUTED   a step fails, at the numbers that are told
      UNKNOWN   no engine has found out, or one took its
                process with it
      UNSOUND   the twin is not refuted, or a step cannot be
                asked: its hypotheses contradict each other,
                it divides by what may be 0, engines
                contradict each other, its code raises

    The exit code is 0 if all are proved, 1 if one is not, 4 if a NAME stands for nothing or its
    file cannot be imported, as where a claim is built wrongly.

    The first line of every file of DIR/PROOF says which engine answered what; the files of an
    earlier run of the same proof are removed.
    """  # noqa: D301  # click's mark of lines to keep
    from convproof.proving.find import asked

    _check_json(json_path)
    things = asked(names)
    if listing:
        return _list(things, json_path)

    from convproof.progress import Bar
    from convproof.proving.outcome import Outcome
    from convproof.proving.run import run
    from convproof.proving.table import explained, fitted, line, summary
    from convproof.symbolic.solver.engines import versions

    width, name_width = terminal_width(), max(len(each.name) for each in things)
    _check(isl, smt2_path)
    with Output(json_path) as output:

        def say(told: str) -> None:
            if not output.owns_stdout:
                click.echo(fitted(told, width))

        with Bar(len(things), "proofs") as bar:

            def tell(outcome: Outcome) -> None:
                with bar.aside():
                    if not output.owns_stdout:
                        click.echo(line(outcome, name_width, width))
                    for told in explained(outcome):
                        say(told)

            outcomes = run(things, workers, on=tell, ended=bar.ended)
        agreements = _cross_checked(names, workers, len(things)) if isl else None
        failed = any(o.verdict != "proved" for o in outcomes)
        for told in summary(outcomes):
            say(told)
        if agreements is not None:
            lines, against = _of_isl(agreements, outcomes)
            failed = failed or against
            for told in lines:
                say(told)
        if smt2_path is not None:
            say(_write(smt2_path, outcomes))
        output.write(
            "prove",
            "failed" if failed else "passed",
            engines=versions(),
            proofs=[o.as_record() for o in outcomes],
            **({} if agreements is None else {"isl": agreements}),
        )
    return int(failed)


def _list(things: "Sequence[Asked]", json_path: str | None) -> int:
    from convproof.proving.about import about
    from convproof.proving.find import found
    from convproof.proving.table import fitted

    chosen = [(each.name, about(found(each.spec))) for each in things]
    with Output(json_path) as output:
        listed = [{"name": name, **words.as_record()} for name, words in chosen]
        output.write("prove", "listed", proofs=listed)
        if not output.owns_stdout:
            for name, words in chosen:
                click.echo(fitted(f"{name} ({words.kind}): {words.statement}", terminal_width()))
    return 0


def _check_json(json_path: str | None) -> None:
    """Refuse a NAME that --json took for its FILE."""
    from convproof.theorems.proofs import proofs

    if json_path is not None and _is_name(json_path, proofs()):
        msg = f"write `convproof prove {json_path} --json`: {json_path} is taken for a NAME."
        raise click.UsageError(msg)


def _is_name(word: str, ours: "Container[str]") -> bool:
    return word in ours or word.endswith(".py") or ".py:" in word


def _check(isl: bool, smt2_path: Path | None) -> None:
    """Find out before the work starts whether what it needs is there."""
    if isl:
        from convproof.proving.cross import need_isl

        need_isl()
    if smt2_path is not None:
        from convproof.proving.files import writable

        try:
            writable(smt2_path)
        except OSError as error:
            msg = f"{str(smt2_path)!r} cannot be written: {error.strerror}."
            raise click.BadParameter(msg, param_hint="--smt2") from None


def _cross_checked(names: tuple[str, ...], workers: int | None, total: int) -> "list[Record]":
    from convproof.progress import Bar
    from convproof.proving.cross import cross_checked

    with Bar(total, "isl") as bar:
        return cross_checked(names, workers, ended=bar.ended)


def _of_isl(agreements: "list[Record]", outcomes: "Sequence[Outcome]") -> tuple[list[str], bool]:
    """Return what is said of isl, and whether it is against what is proved."""
    from convproof.proving.cross import contradictions

    decided = [a for a in agreements if a["expressible"]]
    refuted = [a for a in decided if a["refuted"]]
    faults = [a for a in agreements if a.get("error")]
    against = contradictions(agreements, outcomes)
    told = f"isl decides {len(decided)} of {len(agreements)} steps, for s and t in 1..8"
    lines = [f"{told}, and refutes {len(refuted)}" if refuted else f"{told}, and refutes none"]
    for each in against:
        step, at = f"{each['proof']}: {each['step']}", each["refuted"][0]
        lines.append(f"CONTRADICTION: isl refutes a step that is proved: {step}: at {at}")
    lines += [f"isl was not asked: {a['proof']}: {a['step']}: {a['error']}" for a in faults]
    return lines, bool(against or faults)


def _write(directory: Path, outcomes: "Sequence[Outcome]") -> str:
    from convproof.proving.files import write

    try:
        count = write(directory, outcomes)
    except OSError as error:
        place = str(error.filename or directory)
        msg = f"{place!r} cannot be written: {error.strerror}."
        raise click.ClickException(msg) from None
    return f"{count} files of what the engines were asked in {directory}"
