"""``convproof derive``: a layer's matrices and both derivatives, at the sizes given.

    convproof derive conv --input 7 --kernel 3 --stride 2
    convproof derive conv_transpose --input 4x4 --kernel 3 --stride 2 --latex transposed.tex

What a geometry may be, the layer specs say.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields
from math import prod
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.choice import Choice
from convproof.cli.layer_options import OPTIONS, check_options, layer_options, windowed
from convproof.cli.output import STDOUT, Output, Place, json_option

if TYPE_CHECKING:
    from convproof.layers import Layer, Shape
    from convproof.symbolic import Derivation

MOST_PRODUCTS = 20_000_000  # that are enumerated; about a gigabyte
MOST_ENTRIES = 1_000_000  # of the matrices that --json writes out

_OPTIONS = OPTIONS | {
    "locally_connected": OPTIONS["conv"],
    "convolve": frozenset({"kernel_size", "mode"}),
}
# A terminal that cannot show the mathematics gets letters of the same widths, where columns align.
_ASCII = str.maketrans(
    dict(zip("₀₁₂₃₄₅₆₇₈₉⎛⎜⎝⎞⎟⎠⋮⋯⋱·", "0123456789/|\\\\|/:~\\*", strict=True))
    | {"⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "ᵀ": "^T", "→": "->", "×": "x"}
    | {"⋆": "*", "\N{COMBINING CIRCUMFLEX ACCENT}": "_hat"}
)


@click.command("derive")
@click.argument("variant", type=Choice(list(_OPTIONS)), metavar="VARIANT")
@layer_options(kernel_required=True)
@click.option(
    "--mode", type=click.Choice(["full", "same", "valid"]), help="convolve; default full."
)
@click.option(
    "--latex", "latex_path", metavar="[FILE]", is_flag=False, flag_value=STDOUT,
    help="Write LaTeX (amsmath) to FILE, or to standard output alone.",
)  # fmt: skip
@click.option("--width", type=click.IntRange(1), help="Columns of text; default the terminal's.")
@json_option
def command(
    variant: str,
    input_size: tuple[int, ...],
    latex_path: str | None,
    width: int | None,
    json_path: str | None,
    **options: Any,
) -> int:
    """Print a layer's matrices and both its derivatives.

    VARIANT is conv, conv_transpose, locally_connected, avg_pool or convolve. Printed are the
    forward map a = T x, the input derivative dx = T^T da, and the weight derivative in both its
    forms, dw = U^T da = D x, with the numbers of the output size put into their law.
    """
    if latex_path == json_path == STDOUT:
        msg = "--latex and --json both write to standard output: give one a FILE."
        raise click.UsageError(msg)
    given = {name: value for name, value in options.items() if value is not None}
    check_options(variant, len(input_size), given, _OPTIONS[variant])
    layer, sizes = _spec(variant, input_size, given)
    with Place(latex_path, "--latex") as latex_place, Output(json_path) as output:
        derivation = _derivation(layer, input_size, sizes)
        if json_path is not None:
            output.write("derive", "passed", **_record(variant, layer, derivation))
        if latex_place.is_wanted:
            latex_place.write_text(derivation.latex() + "\n")
    if not (latex_place.owns_stdout or output.owns_stdout):
        _echo(derivation.text(width or shutil.get_terminal_size((100, 24)).columns))
    return 0


def _spec(
    variant: str, input_size: "Shape", given: Mapping[str, Any]
) -> tuple["Layer", dict[str, Any]]:
    """Return the layer's spec, and what ``derive`` must know besides."""
    from convproof.layers import Conv, Convolve, LocallyConnected
    from convproof.padding import per_axis

    if variant == "convolve":
        kernel_size = per_axis(given["kernel_size"], len(input_size), "kernel_size")
        return Convolve(mode=given.get("mode", "full")), {"kernel_size": kernel_size}
    layer = windowed(variant, input_size, given)
    if variant == "avg_pool":
        return layer, {"channels": given.get("in_channels", 1)}
    if variant != "locally_connected" or not isinstance(layer, Conv):
        return layer, {}
    output_size = layer.geometry(input_size).output_size
    shared = {field.name: getattr(layer, field.name) for field in fields(layer)}
    return LocallyConnected(**shared, output_size=output_size), {}


def _derivation(layer: "Layer", input_size: "Shape", sizes: dict[str, Any]) -> "Derivation":
    """Return the derivation, unless it has too many products to be enumerated.

    Raises:
        UnsupportedError: if it has.
    """
    from convproof.errors import UnsupportedError
    from convproof.symbolic import derive as derive_layer
    from convproof.symbolic import products

    count = products(layer, input_size, **sizes)
    if count > MOST_PRODUCTS:
        msg = (
            f"the layer has up to {count} products w x, more than the {MOST_PRODUCTS} that this "
            "command enumerates. The matrices show their pattern at smaller sizes as well."
        )
        raise UnsupportedError(msg)
    return derive_layer(layer, input_size, **sizes)


def _record(variant: str, layer: "Layer", derivation: "Derivation") -> dict[str, Any]:
    """Return what --json writes."""
    from convproof.errors import UnsupportedError
    from convproof.symbolic.size_law import size_law

    readings = {"T": derivation.toeplitz}
    if derivation.has_weights:
        readings |= {"U": derivation.unfold, "D": derivation.star}
    entries = sum(prod(reading.shape) for reading in readings.values())
    if entries > MOST_ENTRIES:
        msg = (
            f"the matrices have {entries} entries, more than the {MOST_ENTRIES} that --json "
            "writes. Use smaller sizes, or leave out --json."
        )
        raise UnsupportedError(msg)
    return {
        "geometry": {
            "variant": variant,
            **{name: value for name, value in asdict(layer).items() if name != "bias"},
            "axes": [asdict(axis) for axis in derivation.axes],  # type: ignore[call-overload]
        },
        "sizes": {
            "input": derivation.x.shape,
            "weight": getattr(derivation.w, "shape", None),
            "output": derivation.a.shape,
            "weights": derivation.weights,
            "products": len(derivation.triples),
            "law": [size_law(axis)[-1] for axis in derivation.axes],
        },
        "matrices": {name: reading.spelled("plain") for name, reading in readings.items()},
    }


def _echo(text: str) -> None:
    """Print the text, in letters alone where the stream cannot carry the mathematics."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII)
    click.echo(text)
