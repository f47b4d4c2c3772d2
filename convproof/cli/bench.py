"""``convproof bench``: measured against named rivals, in the same process.

convproof bench cpu
convproof bench cpu --only convolutions --networks alexnet --batch 1 --json alexnet.json
convproof bench network vgg16
convproof bench verify
convproof bench train
"""

from functools import partial
from time import perf_counter
from typing import Any

import click

from convproof.cli.added import added
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


class _Benchmarks(click.Group):
    """Also those that other packages add: entry points such as ``bench sim``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *added("bench ")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = added("bench ").get(cmd_name)
        return entry.load() if entry else super().get_command(ctx, cmd_name)


@click.group("bench", cls=_Benchmarks)
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


@command.command("network")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--quick", is_flag=True, help="Look whether it runs: once, a sixteenth as wide.")
@json_option
def network(names: tuple[str, ...], batch: int, quick: bool, json_path: str | None) -> int:
    """Time a whole network's forward pass against PyTorch, and compare peak memory.

    NAME is that of a network, vgg16 if there is none: see ``convproof network``. The time is taken
    in one process, in turn; the memory in a process of its own for each side. Ratios above 1 mean
    that PyTorch is faster, or smaller. Take them on a quiet machine.
    """
    from convproof.benchmarks import machine, wholes
    from convproof.benchmarks.protocol import QUICK, Protocol

    with Output(json_path) as output:
        facts = machine.facts()
        record = wholes.measure(
            names or ("vgg16",),
            batch,
            QUICK if quick else Protocol(),
            lambda what: click.echo(f"... {what}", err=True),
            quick=quick,
        )
        output.write("bench", "measured", on="network", quick=quick, machine=facts, **record)
        if not output.owns_stdout:
            click.echo(machine.text(facts))
            click.echo(f"\n{wholes.text(record)}")
    return 0


@command.command("verify")
@click.option("--geometries", type=click.IntRange(min=1), default=40, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--zoo/--no-zoo", default=True, show_default=True, help="Count the mutants missed.")
@click.option("--quick", is_flag=True, help="Look whether it runs: once, 3 geometries, no zoo.")
@json_option
def verify(geometries: int, seed: int, zoo: bool, quick: bool, json_path: str | None) -> int:
    """Time the exact law against torch's gradcheck, and count what each misses.

    Ratios above 1 mean that the exact law takes more geometries per second. Also what a process
    of its own costs a call, and how soon a crash and a hang are made small.
    """
    from convproof.benchmarks import isolating, machine, verifying
    from convproof.benchmarks.protocol import QUICK, Protocol
    from convproof.strategies import TORCH
    from convproof.verify.sweep.draw import Source
    from convproof.verify.targets.open import opened

    def on(what: str) -> None:
        click.echo(f"... {what}", err=True)

    with Output(json_path) as output:
        facts = machine.facts()
        begin = perf_counter()
        drawn = list(Source("conv2d", TORCH, 3 if quick else geometries, f"{seed} bench").drawn())
        took = perf_counter() - begin
        with opened("torch", in_process=True) as (subject, _):
            protocol = QUICK if quick else Protocol(rounds=3, patience=0.0)
            record: dict[str, Any] = verifying.measure(subject, drawn, protocol, on)
        record["seed"], record["draw_ms"] = seed, round(1e3 * took / len(drawn), 4)
        with opened("numpy") as (isolated, _), opened("numpy", in_process=True) as (inside, _):
            shrink = None if quick else partial(made_small, seed)
            record["isolation"] = isolating.measure(isolated, inside, protocol, shrink, on)
        record["missed"] = missed_by(seed, on) if zoo and not quick else None
        output.write("bench", "measured", on="verify", quick=quick, machine=facts, **record)
        if not output.owns_stdout:
            click.echo(machine.text(facts))
            click.echo(verifying.text(record))
            click.echo(isolating.text(record["isolation"]))
    return 0


@command.command("train")
@click.option("--quick", is_flag=True, help="Look whether it runs: once, the smallest network.")
@json_option
def train(quick: bool, json_path: str | None) -> int:
    """Time training steps against PyTorch's, of the lecture's networks and that of the digits.

    Ratios above 1 mean that PyTorch is faster. Take them on a quiet machine.
    """
    from convproof.benchmarks import machine, training
    from convproof.benchmarks.protocol import QUICK, Protocol
    from convproof.cli.train import measured_steps

    with Output(json_path) as output:
        facts = machine.facts()
        cases, ours = measured_steps(quick)
        record = training.measure(
            cases, ours, QUICK if quick else Protocol(), lambda w: click.echo(f"... {w}", err=True)
        )
        output.write("bench", "measured", on="train", quick=quick, machine=facts, **record)
        if not output.owns_stdout:
            click.echo(machine.text(facts))
            click.echo(training.text(record))
    return 0


def made_small(seed: int, spec: str) -> tuple[float, str]:
    """Return how long a target's ``conv2d`` is verified, and the smallest case that failed."""
    from convproof.verify.runner import failures
    from convproof.verify.session import Asked, verify

    report = verify(spec, Asked(profile="quick", seed=seed, only=("conv2d",)))
    return report.seconds, next((str(o.case) for o in failures(report.outcomes)), "")


def missed_by(seed: int, on: Any) -> dict[str, int] | None:
    """Return how many mutants the theorems and gradcheck miss; None without a zoo."""
    try:
        from convproof.verify.zoo import kills, mutants
    except ImportError:
        return None
    found = []
    for kill in kills(mutants(), seed=seed):
        on(f"mutant {kill.mutant.name}")
        found.append(kill)
    return {
        "mutants": len(found),
        "theorems": sum(not kill.refuted_by for kill in found),
        "gradcheck_slow": sum(kill.gradcheck_slow == "missed" for kill in found),
        "gradcheck_fast": sum(kill.gradcheck_fast == "missed" for kill in found),
    }
