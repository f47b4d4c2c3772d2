"""``convproof replay``: the failures of an evidence file, asked again."""

import click

from convproof.cli.output import Output, json_option


@click.command("replay")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--in-process", is_flag=True, help="Call the target in this process.")
@json_option
def command(file: str, in_process: bool, json_path: str | None) -> int:
    """Ask the failures that FILE records again: FIXED, or STILL FAILING.

    FILE is what `convproof verify --json` wrote. The exit code is 1 if a failure is still there
    that was not expected, or if its target is gone.
    """
    from convproof.evidence import read
    from convproof.verify.replay import replayed

    document, found = read(file), []
    with Output(json_path) as output:
        for each in replayed(document, in_process=in_process):
            found.append(each)
            if not output.owns_stdout:
                told = f": {each.told}" if each.told else ""
                known = " (known)" if each.known else ""
                click.echo(f"{each.verdict}{known} {each.target} {each.name}{told}")
        left = [each for each in found if each.verdict != "FIXED" and not each.known]
        if not output.owns_stdout:
            fixed = sum(each.verdict == "FIXED" for each in found)
            click.echo(f"{fixed} of {len(found)} recorded failures are fixed")
        output.write(
            "replay",
            "failed" if left else "passed",
            failures=[
                {"target": e.target, "failure": e.name, "verdict": e.verdict, "told": e.told}
                for e in found
            ],
        )
    return int(bool(left))
