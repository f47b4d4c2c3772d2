"""``convproof bench``: measured against named rivals, in the same process.

convproof bench cpu
convproof bench cpu --only convolutions --networks alexnet --batch 1 --json alexnet.json
"""

import click

from convproof.cli.output import Output, json_option

PARTS = ("convolutions", "symbolic", "imports")
_NETWORKS = ("vgg16", "alexnet")


def _some_of(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the words of a list, each one of a part or a network."""
    del ctx
    if value is None:
        return None
    known = PARTS if parameter.name == "only" else _NETWORKS
    words = tuple(dict.fromkeys(word.strip() for word in value.split(",")))
    for word in words:
        if word not in known:
            msg = f"{word!r} is none of {', '.join(known)}."
            raise click.BadParameter(msg)
    return words


def _sizes(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    del ctx, parameter
    if value is None:
        return None
    try:
        sizes = tuple(int(word) for word in value.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        msg = f"{value!r} is no list of positive integers like 1,8."
        raise click.BadParameter(msg)
    return sizes


@click.group("bench")
def command() -> None:
    """Time against named rivals, like with like, in the same process."""


@command.command("cpu")
@click.option(
    "--only", callback=_some_of, metavar="PARTS", help=f"Some of {','.join(PARTS)}; default all."
)
@click.option(
    "--networks",
    callback=_some_of,
    metavar="NAMES",
    help=f"Whose convolutions: {','.join(_NETWORKS)}; default both.",
)
@click.option("--batch", callback=_sizes, metavar="SIZES", help="Images at a time; default 1,8.")
@click.option("--quick", is_flag=True, help="Look whether it runs: one round, small sizes.")
@json_option
def cpu(
    only: tuple[str, ...] | None,
    networks: tuple[str, ...] | None,
    batch: tuple[int, ...] | None,
    quick: bool,
    json_path: str | None,
) -> int:
    """Time the NumPy path against PyTorch, the symbolic layer against SymPy, and imports.

    Ratios above 1 mean that PyTorch is faster, or SymPy slower. Take them on a quiet machine.
    """
    from convproof.benchmarks import machine
    from convproof.benchmarks.parts import Asked, measure, text

    asked = Asked(
        parts=only or PARTS,
        insists=only is not None,
        networks=networks or (("alexnet",) if quick else _NETWORKS),
        batches=batch or ((1,) if quick else (1, 8)),
        quick=quick,
    )
    with Output(json_path) as output:
        facts = machine.facts()
        record = measure(asked, on=lambda what: click.echo(f"... {what}", err=True))
        output.write("bench", "measured", on="cpu", quick=quick, machine=facts, **record)
        if not output.owns_stdout:
            click.echo(machine.text(facts))
            click.echo(text(record))
    return 0
