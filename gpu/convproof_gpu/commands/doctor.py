"""``convproof doctor``: what is there, what is missing, and the line that installs it."""

import click

from convproof.cli.output import Output, json_option


@click.command("doctor")
@json_option
def command(json_path: str | None) -> int:
    """Look for a compiler, NVRTC, CuPy, a driver and a GPU; say how to get what is missing.

    Ends with 0 whatever is missing, for without a GPU everything but its speed works, and with 1 if
    something is there and broken: two CuPy wheels, or a CuPy that does not import.
    """
    from convproof.cli.terminal import notes, width
    from convproof_gpu.health import findings

    found = findings()
    broken = any(finding.state == "broken" for finding in found)
    with Output(json_path) as output:
        rows = [{"part": f.part, "state": f.state, "told": f.told} for f in found]
        output.write("doctor", "failed" if broken else "passed", findings=rows)
        if not output.owns_stdout:
            for line in notes({f"{f.part:<10} {f.state:<7}": f.told for f in found}, width()):
                click.echo(line)
    return 1 if broken else 0
