"""``convproof derive``: a layer's matrices and both derivatives, at the sizes given.

    convproof derive conv --input 7 --kernel 3 --stride 2
    convproof derive conv_transpose --input 4x4 --kernel 3 --stride 2 --output-padding 1 --latex

Only the options' grammar is here; what a geometry may be, the layer specs say.
"""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from math import prod
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.output import STDOUT, Output, json_option

if TYPE_CHECKING:
    from convproof.layers import Layer, Shape
    from convproof.padding import Padding
    from convproof.symbolic import Derivation

MOST_PRODUCTS = 20_000_000  # that are enumerated; about a gigabyte
MOST_ENTRIES = 1_000_000  # of the matrices that --json writes out

_WINDOW = {"stride", "padding", "dilation"}
_CHANNELS = {"groups", "in_channels", "out_channels"}
_OPTIONS = {
    "conv": _WINDOW | _CHANNELS | {"padding_mode"},
    "conv_transpose": _WINDOW | _CHANNELS | {"output_padding"},
    "locally_connected": _WINDOW | _CHANNELS | {"padding_mode"},
    "avg_pool": _WINDOW | {"in_channels", "ceil_mode", "count_include_pad"},
    "convolve": {"mode"},
}
_NAMED_PADDINGS = ("same", "valid", "tensorflow_same")
# A terminal that cannot show the mathematics gets letters of the same widths, where columns align.
_ASCII = str.maketrans(
    dict(zip("₀₁₂₃₄₅₆₇₈₉⎛⎜⎝⎞⎟⎠⋮⋯⋱·", "0123456789/|\\\\|/:~\\*", strict=True))
    | {"⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "ᵀ": "^T", "→": "->", "×": "x"}
    | {"⋆": "*", "\N{COMBINING CIRCUMFLEX ACCENT}": "_hat"}
)


def _sizes(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Return ``7``, ``5,5`` or ``5x5`` as integers."""
    if value is None:
        return None
    try:
        return tuple(int(entry) for entry in value.replace("x", ",").split(","))
    except ValueError:
        msg = f"{value!r} is neither an integer nor integers like 5,5 or 5x5."
        raise click.BadParameter(msg) from None


def _padding(_ctx: click.Context, _param: click.Parameter, value: str | None) -> "Padding | None":
    """Return ``1``, ``1,2`` per axis, ``1:2`` low and high, ``0:1,2:2``, or a name."""
    if value is None or value in _NAMED_PADDINGS:
        return value
    try:
        return tuple(_padding_entry(entry) for entry in value.replace("x", ",").split(","))
    except ValueError:
        names = ", ".join(_NAMED_PADDINGS)
        msg = f"{value!r} is none of: 1 | 1,2 per axis | 1:2 low and high | {names}."
        raise click.BadParameter(msg) from None


def _padding_entry(text: str) -> int | tuple[int, int]:
    if ":" not in text:
        return int(text)
    low, high = text.split(":")
    return (int(low), int(high))


def _option_of_sizes(name: str, *declarations: str, **settings: Any) -> Callable[[Any], Any]:
    return click.option(f"--{name}", *declarations, metavar="SIZES", callback=_sizes, **settings)


@click.command("derive")
@click.argument("variant", type=click.Choice(list(_OPTIONS)), metavar="VARIANT")
@_option_of_sizes("input", "input_size", required=True, help="Of the input: 7, or 5x5.")
@_option_of_sizes("kernel", "kernel_size", required=True, help="Taps per axis.")
@_option_of_sizes("stride", help="Default 1; avg_pool: the kernel size.")
@click.option(
    "--padding",
    callback=_padding,
    help=f"1; 1,2 per axis; 1:2 low and high; 0:1,2:2; {', '.join(_NAMED_PADDINGS)}.",
)
@_option_of_sizes("dilation", help="Default 1.")
@click.option("--groups", type=int, help="Blocks of channels; default 1.")
@click.option("--in-channels", type=int, help="Default 1.")
@click.option("--out-channels", type=int, help="Default 1.")
@click.option("--padding-mode", type=click.Choice(["zeros", "circular"]), help="Default zeros.")
@_option_of_sizes("output-padding", help="conv_transpose: added at the high end.")
@click.option("--ceil-mode", is_flag=True, default=None, help="avg_pool: round the size up.")
@click.option(
    "--count-include-pad/--no-count-include-pad",
    default=None,
    help="avg_pool: whether the divisor counts the padding; default yes.",
)
@click.option(
    "--mode", type=click.Choice(["full", "same", "valid"]), help="convolve; default full."
)
@click.option("--latex", is_flag=True, help="Print LaTeX (amsmath).")
@click.option("--width", type=click.IntRange(1), help="Columns of text; default the terminal's.")
@json_option
def command(
    variant: str,
    input_size: tuple[int, ...],
    latex: bool,
    width: int | None,
    json_path: str | None,
    **options: Any,
) -> int:
    """Print a layer's matrices and both its derivatives.

    VARIANT is conv, conv_transpose, locally_connected, avg_pool or convolve. Printed are the
    forward map a = T x, the input derivative dx = T^T da, and the weight derivative in both its
    forms, dw = U^T da = D x, with the numbers of the output size put into their law.
    """
    if latex and json_path == STDOUT:
        msg = "--latex and --json both write to standard output: give --json a FILE."
        raise click.UsageError(msg)
    given = {name: value for name, value in options.items() if value is not None}
    _check_options(variant, len(input_size), given)
    layer, sizes = _spec(variant, input_size, given)
    with Output(json_path) as output:
        derivation = _derivation(layer, input_size, sizes)
        if json_path is not None:
            output.write("derive", "passed", **_record(variant, layer, derivation))
    if latex:
        click.echo(derivation.latex())
    elif not output.owns_stdout:
        _echo(derivation.text(width or shutil.get_terminal_size((100, 24)).columns))
    return 0


def _check_options(variant: str, dims: int, given: Mapping[str, Any]) -> None:
    """Refuse an option of another variant, and one with neither one entry nor one per axis."""
    for name, value in given.items():
        option = "--kernel" if name == "kernel_size" else f"--{name.replace('_', '-')}"
        if name not in _OPTIONS[variant] | {"kernel_size"}:
            msg = f"{option} does not apply to {variant}."
            raise click.UsageError(msg)
        if isinstance(value, tuple) and len(value) not in (1, dims):
            axes = "axis" if dims == 1 else "axes"
            low_high = " (low and high are written low:high)" if name == "padding" else ""
            msg = f"{len(value)} entries for an --input of {dims} {axes}{low_high}."
            raise click.BadParameter(msg, param_hint=f"'{option}'")
    if variant == "conv_transpose" and isinstance(given.get("padding"), str):
        msg = (
            f"{given['padding']!r} names no output size; a transposed convolution crops by numbers."
        )
        raise click.BadParameter(msg, param_hint="'--padding'")


def _spec(
    variant: str, input_size: "Shape", given: Mapping[str, Any]
) -> tuple["Layer", dict[str, Any]]:
    """Return the layer's spec, and what ``derive`` must know besides."""
    from convproof.layers import AvgPool, Conv, Convolve, ConvTranspose, LocallyConnected
    from convproof.padding import pairs, per_axis

    dims = len(input_size)
    kernel_size = per_axis(given["kernel_size"], dims, "kernel_size")
    if variant == "convolve":
        return Convolve(mode=given.get("mode", "full")), {"kernel_size": kernel_size}
    stride = given.get("stride", kernel_size if variant == "avg_pool" else 1)
    window: dict[str, Any] = {
        "kernel_size": kernel_size,
        "stride": per_axis(stride, dims, "stride"),
        "padding": pairs(given.get("padding", 0), dims),
        "dilation": per_axis(given.get("dilation", 1), dims, "dilation"),
    }
    if variant == "avg_pool":
        flags = {k: v for k, v in given.items() if k in ("ceil_mode", "count_include_pad")}
        return AvgPool(**window, **flags), {"channels": given.get("in_channels", 1)}
    window["bias"] = False
    window |= {name: given.get(name, 1) for name in _CHANNELS}
    if variant == "conv_transpose":
        extra = per_axis(given.get("output_padding", 0), dims, "output_padding")
        return ConvTranspose(**window, output_padding=extra), {}
    conv = Conv(**window, padding_mode=given.get("padding_mode", "zeros"))
    if variant == "conv":
        return conv, {}
    output_size = conv.geometry(input_size).output_size
    return LocallyConnected(**window, padding_mode=conv.padding_mode, output_size=output_size), {}


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
