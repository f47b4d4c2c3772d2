"""``convproof merge``: the shards of a sweep as one result."""

import click

from convproof.cli.output import Output, json_option


@click.command("merge")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False))
@json_option
def command(files: tuple[str, ...], json_path: str | None) -> int:
    """Make one result of FILES, which `convproof sweep --shard i/n --json` wrote.

    They must be of the same sweep and disjoint; what is missing is named. The exit code is 1 if
    anything failed or is missing.
    """
    from convproof.cli.sweep import show
    from convproof.verify.sweep.merge import merged, read

    with Output(json_path) as output:
        document = merged([read(file) for file in files], files)
        if not output.owns_stdout:
            show(document)
        output.write_document(document)
    return int(document["verdict"] != "passed")
