"""``convproof extract``: the matrix that a target really computes, beside the derived one.

convproof extract numpy --input 5x5 --kernel 3
convproof extract mine.py:conv2d --input 5x5 --kernel 3 --stride 2 --svg mine.svg
"""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.lacking import lacks_option
from convproof.cli.layer_options import (
    OPTIONS,
    WINDOW,
    check_options,
    layer_options,
    window,
    windowed,
)
from convproof.cli.output import STDOUT, Output, Place, json_option
from convproof.verify.targets.kind import KINDS

if TYPE_CHECKING:
    from rich.text import Text

    from convproof.layers import Layer, Shape
    from convproof.verify.extract import Extraction
    from convproof.verify.picture import Grid

_LAYERS = {name: OPTIONS[name] for name in ("conv", "conv_transpose", "avg_pool")} | {
    "unfold": WINDOW | {"in_channels"},
    "linear": frozenset({"out_channels"}),
}
_MOST_ROWS = 40  # that are printed
_MOST_TOLD = 8  # wrong cells that are listed
_GAP = "   "


@click.command("extract")
@click.argument("target")
@click.option(
    "--layer", type=click.Choice(list(_LAYERS)), default="conv", show_default=True,
    help="Which layer of TARGET.",
)  # fmt: skip
@layer_options()
@click.option(
    "--of", "role", type=click.Choice(["forward", "input", "weight"]), default="forward",
    show_default=True, help="The layer itself, or which derivative of it.",
)  # fmt: skip
@click.option(
    "--arrays", type=click.Choice(KINDS),
    show_default="numpy; torch of a KernelBench file and of autograd:",
    help="The arrays that the target takes and returns.",
)  # fmt: skip
@lacks_option
@click.option("--in-process", is_flag=True, help="Call the target in this process.")
@click.option("--width", type=click.IntRange(1), help="Columns of text; default the terminal's.")
@click.option(
    "--latex", "latex_path", metavar="[FILE]", is_flag=False, flag_value=STDOUT,
    help="Write LaTeX (amsmath, xcolor, TikZ) to FILE, or to standard output alone.",
)  # fmt: skip
@click.option("--svg", "svg_path", metavar="FILE", help="Write an SVG picture to FILE.")
@json_option
def command(
    target: str,
    layer: str,
    input_size: tuple[int, ...],
    role: Any,
    arrays: Any,
    lacks: frozenset[str],
    in_process: bool,
    width: int | None,
    latex_path: str | None,
    svg_path: str | None,
    json_path: str | None,
    **options: Any,
) -> int:
    """Show the matrix that TARGET really computes, beside the derived one.

    TARGET is asked once, on all unit vectors, with distinct integers as weights: every cell of the
    answer says which weight it is. A bilinear function with the right matrix is right on all data
    of this geometry. The exit code is 1 if a cell is wrong.

    TARGET is written as for `convproof verify`. With --layer linear, --input is the number of
    features.
    """
    from convproof.theorems import DisagreementError

    alone = _owner_of_stdout({"--latex": latex_path, "--svg": svg_path, "--json": json_path})
    given = {name: value for name, value in options.items() if value is not None}
    spec, image = _spec(layer, input_size, given)
    with ExitStack() as stack:
        latex_place = stack.enter_context(Place(latex_path, "--latex"))
        svg_place = stack.enter_context(Place(svg_path, "--svg"))
        output = stack.enter_context(Output(json_path))
        try:
            extraction, reason = _extracted(target, spec, image, role, arrays, lacks, in_process)
        except DisagreementError as error:
            output.write("extract", "unknown", target=target, reason=str(error))
            click.echo(f"Error: {error}", err=True)
            return 1
        if extraction is None:
            output.write("extract", "failed", target=target, reason=reason)
            click.echo(f"{target} shows no matrix: {reason}", err=alone)
            return 1
        _write(extraction, latex_place, svg_place)
        verdict = "failed" if extraction.failed else "passed"
        if output.is_wanted:
            output.write("extract", verdict, lacks=sorted(lacks), **extraction.as_record())
    if not alone:
        _show(extraction, width or shutil.get_terminal_size((100, 24)).columns)
    return int(extraction.failed)


def _owner_of_stdout(paths: Mapping[str, str | None]) -> bool:
    """Return whether an option wants standard output for itself."""
    alone = [option for option, path in paths.items() if path == STDOUT]
    if len(alone) > 1:
        msg = f"{' and '.join(alone)} both write to standard output: give one a FILE."
        raise click.UsageError(msg)
    return bool(alone)


def _spec(
    layer: str, input_size: "Shape", given: Mapping[str, Any]
) -> tuple["Layer", tuple[int, ...]]:
    """Return the layer's spec, and the shape of one image, channels first."""
    from convproof.layers import Linear, Unfold

    check_options(layer, len(input_size), given, _LAYERS[layer])
    if layer == "linear":
        if len(input_size) != 1:
            msg = "linear has one --input, its number of features."
            raise click.BadParameter(msg, param_hint="'--input'")
        features = given.get("out_channels", 1)
        return Linear(in_features=input_size[0], out_features=features, bias=False), input_size
    if "kernel_size" not in given:
        msg = f"Missing option '--kernel': {layer} has a window."
        raise click.UsageError(msg)
    spec: Layer
    if layer == "unfold":
        spec = Unfold(**window(layer, len(input_size), given))
    else:
        spec = windowed(layer, input_size, given)
    return spec, (given.get("in_channels", 1), *input_size)


def _extracted(
    target: str,
    spec: "Layer",
    image: "Shape",
    role: Any,
    arrays: Any,
    lacks: frozenset[str],
    in_process: bool,
) -> tuple["Extraction | None", str]:
    """Return the extraction, or why there is none: the law that the answer breaks."""
    from convproof.theorems import Violation
    from convproof.verify.extract import extract, geometry, open_subject
    from convproof.verify.targets.find import usual_arrays

    function, case = geometry(spec, image, role)
    kind = arrays or usual_arrays(target)
    opening = open_subject(target, function, kind=kind, lacks=lacks, in_process=in_process)
    with opening as subject:
        try:
            return extract(target, subject, function, case), ""
        except Violation as violation:
            return None, "\n  ".join(filter(None, [violation.law, *violation.hint.splitlines()]))


def _write(extraction: "Extraction", latex_place: Place, svg_place: Place) -> None:
    from convproof.verify.picture import latex, svg

    if latex_place.is_wanted:
        latex_place.write_text(latex(extraction))
    if svg_place.is_wanted:
        svg_place.write_text(svg(extraction))


def _show(extraction: "Extraction", width: int) -> None:
    """Print both matrices, the wrong cells and the verdict."""
    from rich.console import Console
    from rich.text import Text

    from convproof.verify.picture import grids

    console = Console(highlight=False, soft_wrap=True)
    recovery = extraction.recovery
    console.print(Text(f"{recovery.function.name} of {extraction.spec}: {extraction.law}"))
    console.print(Text(str(recovery.case), style="dim"))
    console.print()
    found, derived, cropped = _cropped(extraction, *grids(extraction), width)
    ours, theirs = _block("target", found), _block("derived", derived)
    if len(ours[0]) + len(_GAP) + len(theirs[0]) <= width:
        for left, right in zip(ours, theirs, strict=True):
            console.print(_stripped(Text.assemble(left, _GAP, right)))
    else:
        for line in (*ours, Text(""), *theirs):
            console.print(_stripped(line))
    if cropped:
        console.print(Text(cropped, style="dim"))
    console.print()
    for count, (where, got, expected) in enumerate(extraction.differences()):
        if count == _MOST_TOLD:
            console.print(Text("  ..."))
            break
        console.print(Text(f"  ! {where} has {got}, should have {expected}"))
    style = "bold red" if extraction.failed else "bold green"
    console.print(Text(extraction.sentence, style=style))


def _cropped(
    extraction: "Extraction", found: "Grid", derived: "Grid", width: int
) -> tuple["Grid", "Grid", str]:
    """Return what there is room for, around the first wrong cell, and a sentence about it."""
    rows, columns = extraction.wrong.shape
    room = max(1, (width - 1) // (max(_widths(found) + _widths(derived)) + 1))
    room = columns if sum(_widths(found)) + columns <= width else min(room, columns)
    height = min(rows, _MOST_ROWS)
    if room == columns and height == rows:
        return found, derived, ""
    flat = int(extraction.wrong.argmax()) if extraction.failed else 0
    row, column = divmod(flat, columns)
    top, left = min(row, rows - height), min(column, columns - room)
    found, derived = (
        [line[left : left + room] for line in grid[top : top + height]] for grid in (found, derived)
    )
    return (
        found,
        derived,
        (
            f"shown are rows {top}..{top + height - 1} of {rows} and columns {left}.."
            f"{left + room - 1} of {columns}; --svg draws all"
        ),
    )


def _stripped(line: "Text") -> "Text":
    line.rstrip()
    return line


def _widths(grid: "Grid") -> list[int]:
    return [max(len(_text(cell)) for cell in column) for column in zip(*grid, strict=True)]


def _text(cell: Any) -> str:
    return f"!{cell.label}" if cell.told else cell.label or "."


def _block(title: str, grid: "Grid") -> list["Text"]:
    """Return the lines of a matrix, all of one length, its cells in their colours."""
    from rich.text import Text

    from convproof.verify.picture import faded

    widths = _widths(grid)
    length = max(sum(widths) + len(widths) - 1, len(title))
    lines = [Text(title.ljust(length))]
    for row in grid:
        line = Text()
        for c, (cell, width) in enumerate(zip(row, widths, strict=True)):
            style = "dim" if cell.hue is None else f"black on {faded(cell.hue)}"
            style = f"bold underline {style.removeprefix('dim')}".strip() if cell.told else style
            line.append(" " if c else "")
            line.append(_text(cell).ljust(width), style=style)
        line.append(" " * (length - len(line)))
        lines.append(line)
    return lines
