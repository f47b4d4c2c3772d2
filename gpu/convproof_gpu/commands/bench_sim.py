"""``convproof bench sim``: what the simulator costs, against what is promised of it."""

from dataclasses import asdict

import click

from convproof.cli.output import Output, json_option


@click.command("sim")
@click.option("--quick", is_flag=True, help="Look whether it runs: few turns.")
@json_option
def command(quick: bool, json_path: str | None) -> int:
    """Time the simulator: a switch, a checked access, a launch, a build."""
    from convproof_gpu.sim.benchmark import measured
    from convproof_gpu.sim.compiler import compiler

    with Output(json_path) as output:
        family = compiler().family
        rows = measured(2 if quick else 30)
        output.write("bench", "measured", on="sim", compiler=family, rows=[asdict(r) for r in rows])
        if not output.owns_stdout:
            click.echo(f"compiler: {family}")
            for row in rows:
                told = f"{row.name:<18} {row.value:>10.3g} {row.unit}"
                if row.at_most is not None:
                    word = "yes" if row.value <= row.at_most else "NO"
                    told = f"{told:<38}at most {row.at_most:g}  {word}"
                click.echo(told.rstrip())
    return 0
