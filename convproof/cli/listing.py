"""``convproof list``: what can be verified, which functions there are, which theorems."""

import click

from convproof.cli.output import Output, json_option

_WIDE = 100  # columns of the functions in a pipe


@click.command("list")
@json_option
def command(json_path: str | None) -> int:
    """Name the implementations, the functions that are verified, and the theorems."""
    from convproof.cli.terminal import folded, notes, width
    from convproof.errors import ConvProofError
    from convproof.functions import ROLES, Function
    from convproof.implementation import implementation_names
    from convproof.theorems import THEOREMS
    from convproof.verify.targets.find import find_target

    implementations = {}
    for name in implementation_names():
        try:
            declared = sorted(find_target(name).supports)
            implementations[name] = f"supports {', '.join(declared)}"
        except ConvProofError as error:
            implementations[name] = str(error)
    functions = [function.name for function in Function.all()]
    theorems = [
        {"name": t.name, "functions": list(t.roles), "statement": t.statement, "latex": t.latex}
        for t in THEOREMS
    ]
    with Output(json_path) as output:
        output.write(
            "list",
            "passed",
            implementations=implementations,
            functions=functions,
            theorems=theorems,
        )
        if output.owns_stdout:
            return 0
    of = {t: "" if t.roles == ROLES else f" ({', '.join(t.roles)})" for t in THEOREMS}
    columns = width()
    for line in (
        "implementations (convproof verify NAME)",
        *notes(implementations, columns, 2),
        "functions that are verified (--only)",
        *folded(f"  {', '.join(functions)}", columns or _WIDE, 2),
        "theorems, in the order they are asked",
        *notes({t.name: f"{t.statement}{of[t]}" for t in THEOREMS}, columns, 2),
    ):
        click.echo(line)
    return 0
