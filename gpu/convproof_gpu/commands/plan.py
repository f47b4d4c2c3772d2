"""``convproof plan``: the kernels that a layer takes, their tiles, time and error, without a GPU.

convproof plan vgg16/conv5 --batch 32
convproof plan 32x256x56x56 'conv(3, 256, p1)'
convproof plan vgg16 --precision tf32
"""

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.output import Output, json_option

if TYPE_CHECKING:
    from convproof.networks.graph import Network
    from convproof_gpu.measuring.rows import Row
    from convproof_gpu.planning import Plan

_OPERATIONS = ("forward", "input_vjp", "weight_vjp")
_PRECISIONS = ("float32", "tf32", "bf16", "f16")
_BATCH = 64
_NONE = "-"
_HEADING = (
    "layer", "operation", "kernel", "tile", "parts", "blocks", "GFLOP", "MB", "us", "roofline", "c",
)  # fmt: skip
_LEFT = 4  # columns of words
_BELOW = (
    "us and roofline: predicted for an H200, of the products alone; -: nothing predicts them",
    "c: |error| <= c u sum |a b|, u = 2^-24, without underflow",
)


@click.command("plan")
@click.argument("target")
@click.argument("layers", required=False)
@click.option("--operation", type=click.Choice(_OPERATIONS), help="One alone.")
@click.option("--batch", type=click.IntRange(min=1), help=f"Images of a network: {_BATCH}.")
@click.option(
    "--precision", type=click.Choice(_PRECISIONS), default="float32", show_default=True,
    help="What the products promise; bf16 and f16 of arrays of these formats.",
)  # fmt: skip
@json_option
def command(
    target: str,
    layers: str | None,
    operation: str | None,
    batch: int | None,
    precision: str,
    json_path: str | None,
) -> int:
    """Print the kernels that a convolution takes: tile, time, roofline and error bound.

    Float32 is never TF32, which must be asked for: --precision tf32, and precision="tf32" of a call
    or a layer. What is left to floats, a small product, is then as exact as before.

    TARGET is a network, vgg16, or a layer of one, vgg16/conv5, as `convproof bench gpu` calls
    them; or an input, 32x256x56x56, of the LAYERS that `convproof network` reads, in quotes:
    "conv(3, 256, p1)". Nothing is measured.
    """
    from convproof_gpu.planning import H200, planned

    if layers is not None and batch is not None:
        msg = f"--batch is of a network; the batch of {target!r} is its first number."
        raise click.UsageError(msg)
    operations = _OPERATIONS if operation is None else (operation,)
    with Output(json_path) as output:
        if layers is None:
            rows = _of_network(target, batch or _BATCH, operations)
        else:
            rows = _of_text(target, layers, operations)
        plans = [planned(row, precision) for row in rows]
        records = [_record(plan) for plan in plans]
        output.write("plan", "passed", device="H200", rates=dict(H200), plans=records)
        if not output.owns_stdout:
            for line in _text(plans):
                click.echo(line)
    return 0


def _of_text(target: str, layers: str, operations: tuple[str, ...]) -> list["Row"]:
    """Return the rows of layers in the lecture's notation, of an input as ``32x256x56x56``."""
    from convproof.networks.build import network

    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*|(x[1-9]\d*){3})", target):
        msg = f"{target!r} is no input NxCxHxW or NxF, with numbers of at least 1: 32x256x56x56."
        raise click.BadParameter(msg, param_hint="TARGET")
    batch, *shape = map(int, target.split("x"))
    image = ", ".join(map(str, (*shape[1:], shape[0])))
    graph = network(target, f"input({image}) {layers}", activation="none")
    return _rows(graph, "", "", batch, operations)


def _of_network(target: str, batch: int, operations: tuple[str, ...]) -> list["Row"]:
    from convproof.networks.names import named
    from convproof_gpu.measuring.rows import NETWORKS, SPECIAL, rows

    name, _, node = target.partition("/")
    if name == SPECIAL:
        return list(rows((SPECIAL,), operations, batch, target if node else "*"))
    return _rows(named(NETWORKS.get(name, name)), f"{name}/", node, batch, operations)


def _rows(
    graph: "Network", prefix: str, node: str, batch: int, operations: tuple[str, ...]
) -> list["Row"]:
    """Return the rows of the graph's layers with weights, or of one of them.

    Raises:
        NetworkError: if there is none.
    """
    from convproof.errors import NetworkError
    from convproof_gpu.measuring.rows import Row, is_product

    layers = {each.name: each for each in graph if is_product(each.layer)}
    if not layers or (node and node not in layers):
        near = get_close_matches(node, layers, 3) or list(layers)
        there_are = f"did you mean {' or '.join(near)}?" if near else "it has none at all."
        called = f" called {node!r}" if node else ""
        msg = f"{graph.name} has no layer with weights{called}: {there_are}"
        raise NetworkError(msg)
    return [
        Row(
            name=f"{prefix}{each.name}",
            layer=replace(each.layer, bias=False),  # type: ignore[call-arg]
            input_shape=(batch, *graph.shapes[each.reads[0]]),
            operation=operation,
        )
        for each in ([layers[node]] if node else layers.values())
        for operation in operations
    ]


def _record(plan: "Plan") -> dict[str, Any]:
    return {
        "name": plan.row.name,
        "operation": plan.row.operation,
        "precision": plan.precision,
        "geometry": plan.row.geometry,
        "flops": plan.cost.flops,
        "bytes": plan.cost.bytes,
        "us": plan.us,
        "roofline": plan.roofline,
        "bound": plan.coefficient,
        "launches": [
            {
                "kernel": launch.kernel.expression,
                "tile": launch.tile or None,
                "parts": launch.parts,
                "blocks": launch.blocks,
                "threads": launch.threads,
                "shared": launch.kernel.shared,
                "us": launch.us,
            }
            for launch in plan.launches
        ],
    }


def _text(plans: list["Plan"]) -> list[str]:
    """Return the table, and of a single layer its geometry and every launch."""
    lines = [*_aligned([_HEADING, *map(_cells, plans)]), *_BELOW]
    if len({plan.row.name for plan in plans}) > 1:
        return lines
    for plan in plans:
        lines += ["", f"{plan.row.operation} launches"]
        lines += [
            f"  {launch.kernel.expression}  {launch.blocks} blocks of {launch.threads} threads"
            + (f", {launch.kernel.shared} bytes shared" if launch.kernel.shared else "")
            for launch in plan.launches
        ]
    return [f"{plans[0].row.geometry} in {plans[0].precision}", *lines]


def _cells(plan: "Plan") -> tuple[str, ...]:
    products = plan.products
    names = dict.fromkeys(launch.kernel.name or launch.kernel.file for launch in products)
    times = f"{len(products)} x " if len(products) > 1 else ""
    tiles = dict.fromkeys(_in_short(launch.tile) for launch in products)
    return (
        plan.row.name,
        plan.row.operation,
        times + ", ".join(names),
        ", ".join(tiles),
        str(max((launch.parts for launch in products), default=0)),
        str(sum(launch.blocks for launch in products)),
        f"{plan.cost.flops / 1e9:.3g}",
        f"{plan.cost.bytes / 1e6:.3g}",
        _NONE if plan.us is None else f"{plan.us:.1f}",
        _NONE if plan.roofline is None else f"{plan.roofline:.0%}",
        f"{plan.coefficient:.2f}",
    )


def _in_short(tile: str) -> str:
    """Return ``TensorTile<64, 128, FLOAT32>`` as ``64x128 tensor``."""
    rows_columns = "x".join(re.findall(r"\d+", tile)[:2])
    return f"{rows_columns} tensor" if tile.startswith("Tensor") else rows_columns or _NONE


def _aligned(table: list[tuple[str, ...]]) -> list[str]:
    """Return lines with the words to the left and the numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < _LEFT else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
