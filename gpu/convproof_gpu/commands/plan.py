"""``convproof plan``: the kernels that a layer takes, their tiles, time and error, without a GPU.

convproof plan vgg16/conv5 --batch 32
convproof plan 32x256x56x56 'conv(3, 256, p1)'
convproof plan vgg16 --precision bfloat16
"""

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.output import Output, json_option
from convproof_gpu.commands.targets import asked, rows_of

if TYPE_CHECKING:
    from convproof_gpu.choices import Choices
    from convproof_gpu.planning import Launch, Plan

_NONE = "-"
_HEADING = (
    "layer", "operation", "kernel", "tile", "choice", "parts", "blocks", "GFLOP", "MB", "us",
    "roofline", "c",
)  # fmt: skip
_LEFT = 5  # columns of words
_BELOW = (
    "choice: of the tile, by the table of predictions or as measured by `convproof tune`; -: none",
    "us and roofline: predicted for an H200, of the products alone; -: nothing predicts them",
    "c: |error| <= c u sum |a b|, u = 2^-24, without underflow",
)
_OF_16_BITS = ("bfloat16", "float16")
_PIXELS = 128  # of a warpgroup, the second number of a HaloTile
_WORDS = "gradients of weights: elements of 16 bits are multiplied as words of TF32, exactly"


@click.command("plan")
@asked
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
    them; or an input, 32x256x56x56, or 32x256x1000 of one axis, of the LAYERS that `convproof
    network` reads, in quotes: "conv(3, 256, p1)". Nothing is measured; where there is a GPU, the
    tiles that `convproof tune` measured on it are taken, as calls take them.
    """
    from convproof_gpu.planning import H200, planned

    with Output(json_path) as output:
        rows, (choices, shared) = rows_of(target, layers, operation, batch), _here()
        plans = [planned(row, precision, choices, shared) for row in rows]
        records = [_record(plan) for plan in plans]
        output.write("plan", "passed", device="H200", rates=dict(H200), plans=records)
        if not output.owns_stdout:
            for line in _text(plans):
                click.echo(line)
    return 0


def _here() -> "tuple[Choices, int]":
    """Return what calls take here in place of the table's tiles, and the memory of a block."""
    from convproof.errors import MissingExtraError
    from convproof.implementation import load_implementation
    from convproof_gpu.tiles import MOST_SHARED

    try:
        gpu: Any = load_implementation("gpu")
    except MissingExtraError:
        return {}, MOST_SHARED
    return gpu.choices, gpu.machine.shared


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
                "operands": launch.operands,
                "choice": launch.choice or None,
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
    """Return the table, and of a single layer its geometry and every launch, equal ones once."""
    from convproof.cli.terminal import folded, table, width

    columns = width()
    lines = [table(_HEADING, [_cells(plan) for plan in plans], _LEFT, columns, head=2)]
    precision = plans[0].precision
    below: tuple[str, ...] = _BELOW
    if precision in _OF_16_BITS:
        below = (*below[:-1], f"{below[-1]}; before an answer is rounded to {precision}", _WORDS)
    lines += [each for line in below for each in folded(line, columns, 2)]
    if len({plan.row.name for plan in plans}) > 1:
        return lines
    for plan in plans:
        lines += ["", f"{plan.row.operation} launches"]
        for step, times in Counter(map(_told, plan.launches)).items():
            count = f"{times} x " if times > 1 else ""
            lines += folded(f"  {count}{step}", columns, 4)
    return [*folded(f"{plans[0].row.geometry} in {plans[0].precision}", columns, 2), *lines]


def _told(launch: "Launch") -> str:
    """Return a launch as a line; elements of 16 bits are multiplied as such, whatever the tile."""
    expression = launch.kernel.expression
    if launch.operands in _OF_16_BITS:
        expression = re.sub(r"\bTF32\b", launch.operands, expression)
    shared = f", {launch.kernel.shared} bytes shared" if launch.kernel.shared else ""
    chosen = ", measured" if launch.choice == "measured" else ""
    return f"{expression}  {launch.blocks} blocks of {launch.threads} threads{shared}{chosen}"


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
        ", ".join(dict.fromkeys(launch.choice or _NONE for launch in products)),
        str(max((launch.parts for launch in products), default=0)),
        str(sum(launch.blocks for launch in products)),
        f"{plan.cost.flops / 1e9:.3g}",
        f"{plan.cost.bytes / 1e6:.3g}",
        _NONE if plan.us is None else f"{plan.us:.1f}",
        _NONE if plan.roofline is None else f"{plan.roofline:.0%}",
        f"{plan.coefficient:.2f}",
    )


def _in_short(tile: str) -> str:
    """Return ``TensorTile<64, 128, FLOAT32>`` as ``64x128 tensor``, of rows and columns."""
    rows, columns = (int(n) for n in re.findall(r"\d+", tile)[:2]) if tile else (0, 0)
    rows_columns = f"{rows}x{_PIXELS * columns if tile.startswith('Halo') else columns}"
    kind = tile.partition("Tile<")[0].lower()
    return f"{rows_columns} {kind}".rstrip() if tile else _NONE
