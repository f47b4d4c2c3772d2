"""``convproof prove``: the laws for all sizes, decided by solvers."""

from pathlib import Path

import click

from convproof.cli.output import Output, json_option


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
@click.option("--isl", is_flag=True, help="Also decide by isl what it can, for s and t in 1..8.")
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

    Every NAME is a proof of ours (--list), or a claim of yours: path/file.py:CLAIM,
    package.module:CLAIM, or a file with several. Without NAME, all of ours are proved.

    Z3 and cvc5 are asked every step; a table says which of them proved it. The exit code is 1 if
    something is refuted or unknown, or if the false twin of a proof, in which one hypothesis,
    guard or sign is changed, is not refuted.
    """
    if listing:
        return _list(names, json_path)
    import shutil

    from convproof.proving.find import asked
    from convproof.proving.outcome import Outcome
    from convproof.proving.run import run
    from convproof.proving.table import explained, line, summary, texts
    from convproof.symbolic.solver.engines import versions

    things = asked(names)
    width = shutil.get_terminal_size().columns
    name_width = max(len(each.name) for each in things)
    with Output(json_path) as output:

        def tell(outcome: Outcome) -> None:
            if not output.owns_stdout:
                click.echo(line(outcome, width, name_width))
                for told in explained(outcome):
                    click.echo(f"    {told}")

        outcomes = run(things, workers, on=tell)
        failed = any(o.verdict != "proved" for o in outcomes)
        agreements = _cross_checked(names) if isl else None
        if agreements is not None:
            failed = failed or any(a["refuted"] for a in agreements)
        if smt2_path is not None:
            _write(smt2_path, dict(texts(outcomes)))
        if not output.owns_stdout:
            for told in summary(outcomes):
                click.echo(told)
            if agreements is not None:
                click.echo(_of_isl(agreements))
        output.write(
            "prove",
            "failed" if failed else "passed",
            engines=versions(),
            proofs=[o.as_record() for o in outcomes],
            **({} if agreements is None else {"isl": agreements}),
        )
    return int(failed)


def _list(names: tuple[str, ...], json_path: str | None) -> int:
    from convproof.proving.find import asked
    from convproof.theorems.proof import KINDS
    from convproof.theorems.proofs import proofs

    chosen = [proofs()[each.spec] for each in asked(names) if each.spec in proofs()]
    with Output(json_path) as output:
        output.write(
            "prove",
            "passed",
            proofs=[
                {
                    "name": p.name,
                    "statement": p.statement,
                    "latex": p.latex,
                    "kind": KINDS[p.kind],
                    "rule": p.rule,
                    "source": p.source,
                    "asked_as": list(p.asked_as),
                }
                for p in chosen
            ],
        )
        if not output.owns_stdout:
            for p in chosen:
                click.echo(f"{p.name}: {p.statement}")
    return 0


def _cross_checked(names: tuple[str, ...]) -> list[dict[str, object]]:
    from convproof.proving.cross import cross_checked

    return cross_checked(names)


def _of_isl(agreements: list[dict[str, object]]) -> str:
    asked = [a for a in agreements if a["expressible"]]
    against = [a for a in asked if a["refuted"]]
    told = f"isl decides {len(asked)} of {len(agreements)} steps, for s and t in 1..8"
    return f"{told}, and {'agrees' if not against else f'CONTRADICTS {len(against)}'}"


def _write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        place = directory / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            msg = f"{str(place)!r} cannot be written: {error.strerror}."
            raise click.ClickException(msg) from None
