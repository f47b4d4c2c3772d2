"""``convproof sweep``: the exact law, asked of thousands of geometries.

convproof sweep numpy --geometries 20000 --workers 8 --json numpy.json
convproof sweep torch --geometries 20000 --shard 1/4 --json torch1.json
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from convproof.cli.output import STDOUT, Output, json_option
from convproof.verify.targets.kind import KINDS, Kind


def _shard(ctx: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    del ctx, parameter
    first, _, second = value.partition("/")
    try:
        i, n = int(first), int(second)
    except ValueError:
        i, n = 0, 0
    if not 1 <= i <= n:
        msg = f"{value!r} is no shard: write i/n with 1 <= i <= n, as 1/4."
        raise click.BadParameter(msg)
    return i, n


def _layers(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    del ctx, parameter
    if not value:
        return ()
    from convproof.verify.sweep.plan import LAYERS

    words = tuple(dict.fromkeys(word.strip() for word in value.split(",")))
    for word in words:
        if word not in LAYERS:
            msg = f"{word!r} is no layer with an exact law; there are {', '.join(LAYERS)}."
            raise click.BadParameter(msg)
    return words


@click.command("sweep")
@click.argument("target")
@click.option("--geometries", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option(
    "--shard", callback=_shard, default="1/1", show_default=True, help="Only part I/N of the sweep."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes."
)
@click.option("--only", callback=_layers, metavar="LAYERS", help="Only these, e.g. conv2d,fold.")
@click.option(
    "--arrays",
    type=click.Choice(KINDS),
    show_default="numpy; torch of a KernelBench file and of autograd:",
    help="The arrays that the target takes and returns.",
)
@click.option("--device", default="cpu", show_default=True, help="Where torch's tensors lie.")
@click.option(
    "--xfail",
    "xfail_path",
    type=click.Path(dir_okay=False),
    help="A TOML file of known failures, which are counted apart.",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    show_default=True,
    help="Go on where an interrupted sweep of the same --json was.",
)
@json_option
def command(
    target: str,
    geometries: int,
    shard: tuple[int, int],
    seed: int,
    workers: int,
    only: tuple[str, ...],
    arrays: Kind | None,
    device: str,
    xfail_path: str | None,
    resume: bool,
    json_path: str | None,
) -> int:
    """Ask TARGET the exact law of forward and every VJP, over many geometries.

    The geometries follow from seed, layers and number, to the bit, wherever they are drawn. With
    --json FILE each result is kept in FILE.journal until all are there, so that the same command
    goes on after an interruption. Shards of one sweep are made one by `convproof merge`.
    """
    from convproof.theorems import DisagreementError
    from convproof.verify import xfail
    from convproof.verify.sweep.plan import Wanted
    from convproof.verify.sweep.run import sweep
    from convproof.verify.targets.find import check_device, usual_arrays

    wanted = Wanted(
        geometries=geometries,
        seed=seed,
        only=only,
        arrays=arrays or usual_arrays(target),
        device=device,
    )
    check_device(wanted.arrays, device)
    expected = [] if xfail_path is None else xfail.read(xfail_path)
    with Output(json_path) as output:
        try:
            with _bar(target) as on:
                document = sweep(
                    target,
                    wanted=wanted,
                    shard=shard,
                    workers=workers,
                    journal=journal_of(json_path),
                    resume=resume,
                    expected=expected,
                    on=on,
                )
        except DisagreementError as error:
            output.write("sweep", "unknown", target=target, seed=seed, reason=str(error))
            click.echo(f"Error: {error}", err=True)
            return 1
        if not output.owns_stdout:
            show(document)
        output.write_document(document)
    path = journal_of(json_path)
    if path is not None:
        path.unlink(missing_ok=True)
    return int(document["verdict"] != "passed")


def journal_of(json_path: str | None) -> Path | None:
    """Return the file that keeps results until all are there."""
    if json_path is None or json_path == STDOUT:
        return None
    place = Path(json_path)
    return place.with_name(f"{place.name}.journal")


def show(document: dict[str, Any]) -> None:
    """Print the coverage, the failures and the counts."""
    from convproof.benchmarks.tables import aligned
    from convproof.verify.sweep.document import coverage_rows, failure_lines, failures_of, lines

    heading, *rows = coverage_rows(document)
    click.echo(aligned(heading, rows))
    click.echo("")
    for failure in failures_of(document):
        click.echo("\n".join([*failure_lines(failure), ""]))
    for line in lines(document):
        click.echo(line)
    click.echo(f"{document['target']} {document['verdict']} ({document['seconds']:.1f} s)")


@contextmanager
def _bar(target: str) -> Iterator[Any]:
    """Yield what is told how many units are done: a bar on a terminal, else None."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(f"{target}: units", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
