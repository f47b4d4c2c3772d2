"""``convproof experiment``: the lecture's experiments, each with its picture and its numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convproof.cli.output import Output, Place, json_option

if TYPE_CHECKING:
    from convproof.experiments import Experiment, Finding, Settings

_FORMATS = ("png", "svg", "pdf")  # those of convproof.experiments.figures


@click.command("experiment")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--list", "listed", is_flag=True, help="Name the experiments, and what each is about."
)
@click.option(
    "-o", "--output", "folder", default=".", show_default=True, metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where NAME.png and NAME.json are written.",
)  # fmt: skip
@click.option(
    "--format", "kind", type=click.Choice(_FORMATS), default="png", show_default=True,
    help="Of the picture.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all that is drawn."
)
@click.option("--quick", is_flag=True, help="Smaller sizes and fewer repetitions.")
@click.option(
    "--data", default="digits", show_default=True, metavar="DATA",
    help="What is learned from: digits, faces, mnist:DIR or cifar10:DIR.",
)  # fmt: skip
@click.option(
    "--implementation", default="numpy", show_default=True, help="What computes the layers."
)
@json_option
def command(
    names: tuple[str, ...],
    listed: bool,
    folder: Path,
    kind: str,
    seed: int,
    quick: bool,
    data: str,
    implementation: str,
    json_path: str | None,
) -> int:
    """Do an experiment of the lecture: what it says, what was found, a picture and the numbers.

    NAME is one of --list, or all. Nothing is downloaded; that a finding disagrees with the lecture
    is a result, not a failure.
    """
    from convproof.experiments import NAMES, Settings, named
    from convproof.experiments.figures import needed

    if listed or not names:
        width = max(map(len, NAMES))
        for name in NAMES:
            click.echo(f"{name:<{width}}  {named(name).title}")
        if not listed:
            msg = "name an experiment of these, or all."
            raise click.UsageError(msg)
        return 0
    chosen = _chosen(names, data)
    needed()
    _made(folder)
    settings = Settings(seed=seed, quick=quick, data=data, implementation=implementation)
    with Output(json_path) as output:
        records = [
            _done(name, experiment, settings, folder, kind, quiet=output.owns_stdout)
            for name, experiment in chosen.items()
        ]
        output.write("experiment", "passed", experiments=records)
    return 0


def _chosen(names: tuple[str, ...], data: str) -> "dict[str, Experiment]":
    """Return the experiments that are asked for; ``all`` is every one."""
    from convproof.experiments import NAMES, named

    each = [name for given in names for name in (NAMES if given == "all" else (given,))]
    chosen = {name: named(name) for name in each}
    if data != "digits" and not any(experiment.trains for experiment in chosen.values()):
        verb = "learns" if len(chosen) == 1 else "learn"
        msg = f"{' and '.join(chosen)} {verb} from no data set: leave out --data."
        raise click.UsageError(msg)
    return chosen


class _Record(Output):
    """A place for the document of one experiment, in the folder of ``-o``."""

    def __init__(self, path: str) -> None:
        Place.__init__(self, path, "-o")


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{str(folder)!r} cannot be made: {error.strerror}."
        raise click.BadParameter(msg, param_hint="-o") from None


def _done(
    name: str,
    experiment: "Experiment",
    settings: "Settings",
    folder: Path,
    kind: str,
    *,
    quiet: bool,
) -> dict[str, object]:
    """Do one experiment, write its two files, and return its record."""
    from convproof.experiments.figures import rendered

    if not quiet:
        click.echo(f"{name}: {experiment.title}\n  the lecture: {experiment.says}")
    picture = folder / f"{name}.{kind}"
    with _Record(str(folder / f"{name}.json")) as document, Place(str(picture), "-o") as place:
        finding = experiment.run(settings)
        record = _record(name, experiment, settings, finding)
        figure = experiment.draw(finding.numbers)
        figure.suptitle(experiment.title, fontsize=10)
        place.write_bytes(rendered(figure, kind))
        document.write("experiment", "passed", **record)
    if not quiet:
        click.echo(f"  found, {finding.agreement}: {finding.found}")
        click.echo(f"  {picture}, {folder / name}.json")
    return record


def _record(
    name: str, experiment: "Experiment", settings: "Settings", finding: "Finding"
) -> dict[str, object]:
    return {
        "name": name,
        "title": experiment.title,
        "says": experiment.says,
        "source": experiment.source,
        "seed": settings.seed,
        "quick": settings.quick,
        "data": settings.data if experiment.trains else None,
        "implementation": settings.implementation,
        "agreement": finding.agreement,
        "found": finding.found,
        "numbers": finding.numbers,
    }
