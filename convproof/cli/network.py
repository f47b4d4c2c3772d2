"""``convproof network``: shapes, parameters, operations and receptive fields, layer by layer."""

import shutil
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.output import Output, json_option

if TYPE_CHECKING:
    from convproof.networks.count import Row
    from convproof.networks.graph import Network


@click.command("network")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--activation",
    type=click.Choice(["relu", "tanh", "stanh", "none"]),
    default="relu",
    show_default=True,
    help="After each layer with weights but the last, of a network of your own that has none.",
)
@json_option
def command(names: tuple[str, ...], activation: str, json_path: str | None) -> int:
    """Print the table of a network: parameters, operations and volume of every layer.

    NAME is lenet5, alexnet, vgg16, googlenet, ... or a network of your own in the
    lecture's notation, in quotes: "input(32, 3) conv(5, 32, p2) pool(2) fc(10) softmax". Without
    NAME all networks are summed up, one per line.

    Counting is the lecture's: a convolution takes (r^2 k + 1) operations for each output, a pooling
    layer, a norm and a softmax one for each element of their input. The receptive field counts
    positions in the padding. Totals are the main branch's; auxiliary classifiers are beside them.
    """
    from convproof.networks.build import network
    from convproof.networks.names import NAMES, named

    chosen = [
        network("network", name, activation=activation) if "(" in name else named(name)
        for name in names or NAMES
    ]
    width = shutil.get_terminal_size().columns
    with Output(json_path) as output:
        records = [record(each) for each in chosen]
        if len(records) == 1 and names:
            output.write("network", "passed", **records[0])
        else:
            output.write("network", "passed", networks=records)
        if not output.owns_stdout:
            for line in _table(chosen[0], width) if len(names) == 1 else _summary(chosen, width):
                click.echo(line)
    return 0


def record(network: "Network") -> dict[str, Any]:
    """Return a network's table as JSON's values."""
    from convproof.networks.count import rows, summed

    main, beside = rows(network), rows(network, auxiliary=True)
    total = summed(main)
    return {
        "name": network.name,
        "input": list(reversed(network.input_shape)),
        "layers": [_as_record(row) for row in main],
        "auxiliary": [_as_record(row) for row in beside],
        "totals": {
            "parameters": total.parameters,
            "operations": total.operations,
            "multiply_adds": total.multiply_adds,
            "activations": total.activations,
        },
    }


def _as_record(row: "Row") -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "parameters": row.parameters,
        "operations": row.operations,
        "multiply_adds": row.multiply_adds,
        "activations": row.activations,
        "volume": list(row.volume),
        "receptive_field": list(reversed(row.receptive_field)),
        "stride": list(reversed(row.stride)),
    }


def _table(network: "Network", width: int) -> list[str]:
    from convproof.networks.count import rows, summed, total

    heading = ["layer", "parameters", "operations", "volume", "field", "stride"]
    listed = rows(network)
    whole = summed(listed)
    body = [_cells(row) for row in listed]
    body.append(["total", f"{whole.parameters:,}", f"{whole.operations:,}", "", "", ""])
    lines = _aligned([heading, *body])
    if max(map(len, lines)) > width:
        lines = _aligned([[*row[:1], *row[3:4], *row[1:3]] for row in [heading, *body]])
    if max(map(len, lines)) > width:
        cells = [(row[0], f"  {row[3]}", f"  {row[1]} {row[2]}") for row in [heading, *body]]
        lines = [line for row in cells for line in row if line.strip()]
    more = [f"multiply-adds {whole.multiply_adds:,}", f"activations {whole.activations:,}"]
    beside = total(network, auxiliary=True)
    if beside.operations:
        more += ["auxiliary classifiers", f"  parameters {beside.parameters:,}"]
        more += [f"  operations {beside.operations:,}"]
    return [*lines, *more]


def _cells(row: "Row") -> list[str]:
    return [
        row.name,
        f"{row.parameters:,}",
        f"{row.operations:,}",
        "x".join(map(str, row.volume)),
        _square(row.receptive_field),
        _square(row.stride),
    ]


def _square(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, reversed(sizes)))


def _summary(networks: list["Network"], width: int) -> list[str]:
    from convproof.networks.count import total

    totals = [(each.name, total(each)) for each in networks]
    body = [[name, f"{each.parameters:,}", f"{each.operations:,}"] for name, each in totals]
    table = [["network", "parameters", "operations"], *body]
    lines = _aligned(table)
    if max(map(len, lines)) > width:
        return [line for name, *rest in table for line in (name, f"  {' '.join(rest)}")]
    return lines


def _aligned(table: list[list[str]]) -> list[str]:
    """Return lines with the first column to the left and the numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(w) if place == 0 else cell.rjust(w)
            for place, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
