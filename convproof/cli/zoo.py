"""``convproof zoo``: the seeded faults, and which law refutes each."""

import click

from convproof.cli.output import Output, Place, json_option


@click.command("zoo")
@click.option("--only", metavar="TEXT", help="Only mutants whose name or function has TEXT in it.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--profile",
    type=click.Choice(["quick", "ci", "thorough"]),
    default="quick",
    show_default=True,
    help="How many cases a mutant may survive.",
)
@click.option("--markdown", "markdown_path", metavar="FILE", help="Write the table to FILE.")
@click.option("--summary", "summary_path", metavar="FILE", help="Write a row per law to FILE.")
@json_option
def command(
    only: str | None,
    seed: int,
    profile: str,
    markdown_path: str | None,
    summary_path: str | None,
    json_path: str | None,
) -> int:
    """Run every mutant through the theorems and print the kill table.

    A mutant is a layer or a derivative with one fault planted. The table says which law refutes
    it, after how many cases and seconds, and whether allclose(1e-2) on one shape, or torch's
    gradcheck (slow and fast mode), would have seen it. The exit code is 1 if a mutant survives.
    """
    from convproof.verify.zoo import kills, mutants, summary
    from convproof.verify.zoo_table import as_markdown, as_summary, line, sentence

    chosen = [m for m in mutants() if only is None or only in m.name or only in m.function]
    if not chosen:
        msg = f"no mutant has {only!r} in its name or its function's."
        raise click.UsageError(msg)
    found = []
    with (
        Output(json_path) as output,
        Place(markdown_path, "--markdown") as place,
        Place(summary_path, "--summary") as summary_place,
    ):
        for kill in kills(chosen, seed=seed, profile=profile):
            found.append(kill)
            if not output.owns_stdout:
                click.echo(line(kill))
        survived = [kill for kill in found if not kill.refuted_by]
        if not output.owns_stdout:
            click.echo(sentence(found))
        output.write(
            "zoo",
            "failed" if survived else "passed",
            seed=seed,
            profile=profile,
            summary=summary(found),
            mutants=[kill.as_record() for kill in found],
        )
        place.write_text(as_markdown(found))
        summary_place.write_text(as_summary(found))
    return int(bool(survived))
