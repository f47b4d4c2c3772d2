"""``convproof list``: what can be verified, which functions there are, which theorems."""

import click

from convproof.cli.output import Output, json_option


@click.command("list")
@json_option
def command(json_path: str | None) -> int:
    """Name the implementations, the functions that are verified, and the theorems."""
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
    click.echo("implementations (convproof verify NAME)")
    width = max(map(len, implementations), default=0)
    for name, note in implementations.items():
        click.echo(f"  {name:<{width}}  {note}")
    click.echo("functions that are verified (--only)")
    for start in range(0, len(functions), 4):
        click.echo(f"  {', '.join(functions[start : start + 4])}")
    click.echo("theorems, in the order they are asked")
    width = max(len(theorem.name) for theorem in THEOREMS)
    for theorem in THEOREMS:
        of = "" if theorem.roles == ROLES else f" ({', '.join(theorem.roles)})"
        click.echo(f"  {theorem.name:<{width}}  {theorem.statement}{of}")
    return 0
