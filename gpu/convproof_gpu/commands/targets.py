"""What ``convproof plan`` and ``tune`` are asked of: layers of a network, or layers written out."""

import re
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from convproof.networks.graph import Network
    from convproof_gpu.measuring.rows import Row

OPERATIONS = ("forward", "input_vjp", "weight_vjp")
_BATCH = 64


def _spelled_out(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return a precision as PyTorch spells it."""
    from convproof_gpu.measuring.ours import PRECISIONS, SHORT

    word = SHORT.get(value, value)
    if word not in PRECISIONS:
        msg = f"{value!r} is none of {', '.join(PRECISIONS)}, nor {', '.join(SHORT)}."
        raise click.BadParameter(msg, ctx, parameter)
    return word


def asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the arguments that say which products it is about."""
    for decorate in (
        click.option(
            "--precision", metavar="NAME", default="float32", show_default=True,
            callback=_spelled_out,
            help="What products promise: float32, tf32; bfloat16, float16 of arrays of these.",
        ),
        click.option("--batch", type=click.IntRange(min=1), help=f"Images of a network: {_BATCH}."),
        click.option("--operation", type=click.Choice(OPERATIONS), help="One alone."),
        click.argument("layers", required=False),
        click.argument("target"),
    ):  # fmt: skip
        command = decorate(command)
    return command


def rows_of(
    target: str, layers: str | None, operation: str | None, batch: int | None
) -> list["Row"]:
    """Return the rows that are asked for.

    Raises:
        click.UsageError: if the arguments contradict each other.
        NetworkError: if there are none.
    """
    if layers is not None and batch is not None:
        msg = f"--batch is of a network; the batch of {target!r} is its first number."
        raise click.UsageError(msg)
    operations = OPERATIONS if operation is None else (operation,)
    if layers is None:
        return _of_network(target, batch or _BATCH, operations)
    return _of_text(target, layers, operations)


def _of_text(target: str, layers: str, operations: tuple[str, ...]) -> list["Row"]:
    """Return the rows of layers in the lecture's notation, of an input as ``32x256x56x56``.

    Of one axis, ``8x16x100``, as of two and three.
    """
    from convproof.networks.build import network

    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*){1,4}", target):
        msg = (
            f"{target!r} is no input NxF, NxCxL, NxCxHxW or NxCxDxHxW, with numbers of at least 1: "
            "32x256x56x56."
        )
        raise click.BadParameter(msg, param_hint="TARGET")
    batch, *shape = map(int, target.split("x"))
    graph = network(target, layers, activation="none", input_shape=tuple(shape))
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
