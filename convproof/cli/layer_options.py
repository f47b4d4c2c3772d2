"""The grammar of the options that describe a layer: ``--input 5x5 --kernel 3 --padding 1:2``.

What a geometry may be, the layer specs say; here is only how it is written, alike in every command.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from convproof.layers import Layer, Shape
    from convproof.padding import Padding

WINDOW = frozenset({"kernel_size", "stride", "padding", "dilation"})
CHANNELS = frozenset({"groups", "in_channels", "out_channels"})
OPTIONS: dict[str, frozenset[str]] = {  # of the layers that every such command knows
    "conv": WINDOW | CHANNELS | {"padding_mode"},
    "conv_transpose": WINDOW | CHANNELS | {"output_padding"},
    "avg_pool": WINDOW | {"in_channels", "ceil_mode", "count_include_pad"},
}
_NAMED_PADDINGS = ("same", "valid", "tensorflow_same")


def integers(text: str) -> tuple[int, ...]:
    """Return ``7``, ``5,5`` or ``5x5`` as integers.

    Raises:
        ValueError: if it is none of them.
    """
    return tuple(int(entry) for entry in text.replace("x", ",").split(","))


def _sizes(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        return integers(value)
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


def layer_options(
    *, kernel_required: bool = False, of_variant: bool = False
) -> Callable[[Any], Any]:
    """Return the decorator that gives a command the options of a layer, in the usual order.

    Args:
        kernel_required: whether no layer of the command goes without a kernel.
        of_variant: whether the layer is a report's variant, which has sizes of its own.
    """
    pool, transpose = ("pooling", "transposed") if of_variant else ("avg_pool", "conv_transpose")
    own = "; default the variant's own" if of_variant else ""

    def default(usual: str) -> str:
        return "default the variant's own" if of_variant else f"default {usual}"

    options = (
        _option_of_sizes(
            "input", "input_size", required=not of_variant, help=f"Of the input: 7, or 5x5{own}."
        ),
        _option_of_sizes(
            "kernel", "kernel_size", required=kernel_required, help=f"Taps per axis{own}."
        ),
        _option_of_sizes("stride", help=f"Step; {default('1, of avg_pool the kernel size')}."),
        click.option(
            "--padding",
            callback=_padding,
            help=f"1; 1,2 per axis; 1:2 low and high; 0:1,2:2; {', '.join(_NAMED_PADDINGS)}; "
            f"{default('0')}.",
        ),
        _option_of_sizes("dilation", help=f"Distance of the taps; {default('1')}."),
        click.option("--groups", type=int, help=f"Blocks of channels; {default('1')}."),
        click.option("--in-channels", type=int, help=f"Of the input; {default('1')}."),
        click.option("--out-channels", type=int, help=f"Of the output; {default('1')}."),
        click.option(
            "--padding-mode", type=click.Choice(["zeros", "circular"]), help="Default zeros."
        ),
        _option_of_sizes("output-padding", help=f"{transpose}: added at the high end."),
        click.option("--ceil-mode", is_flag=True, default=None, help=f"{pool}: round the size up."),
        click.option(
            "--count-include-pad/--no-count-include-pad",
            default=None,
            help=f"{pool}: whether the divisor counts the padding; default yes.",
        ),
    )

    def decorated(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


def check_options(layer: str, dims: int, given: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Refuse an option of another layer, and one with neither one entry nor one per axis."""
    for name, value in given.items():
        option = "--kernel" if name == "kernel_size" else f"--{name.replace('_', '-')}"
        if name not in allowed:
            msg = f"{option} does not apply to {layer}."
            raise click.UsageError(msg)
        if isinstance(value, tuple) and len(value) not in (1, dims):
            axes = "axis" if dims == 1 else "axes"
            low_high = " (low and high are written low:high)" if name == "padding" else ""
            msg = f"{len(value)} entries for an --input of {dims} {axes}{low_high}."
            raise click.BadParameter(msg, param_hint=f"'{option}'")
    if layer == "conv_transpose" and isinstance(given.get("padding"), str):
        msg = (
            f"{given['padding']!r} names no output size; a transposed convolution crops by numbers."
        )
        raise click.BadParameter(msg, param_hint="'--padding'")


def window(layer: str, dims: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the window that is asked for, one entry per axis."""
    from convproof.padding import pairs, per_axis

    kernel_size = per_axis(given["kernel_size"], dims, "kernel_size")
    stride = given.get("stride", kernel_size if layer == "avg_pool" else 1)
    return {
        "kernel_size": kernel_size,
        "stride": per_axis(stride, dims, "stride"),
        "padding": pairs(given.get("padding", 0), dims),
        "dilation": per_axis(given.get("dilation", 1), dims, "dilation"),
    }


def windowed(layer: str, input_size: "Shape", given: Mapping[str, Any]) -> "Layer":
    """Return the spec of one of the layers in ``OPTIONS``, without a bias."""
    from convproof.layers import AvgPool, Conv, ConvTranspose
    from convproof.padding import per_axis

    dims = len(input_size)
    options = window(layer, dims, given)
    if layer == "avg_pool":
        flags = {k: v for k, v in given.items() if k in ("ceil_mode", "count_include_pad")}
        return AvgPool(**options, **flags)
    options |= {"bias": False, **{name: given.get(name, 1) for name in CHANNELS}}
    if layer == "conv_transpose":
        extra = per_axis(given.get("output_padding", 0), dims, "output_padding")
        return ConvTranspose(**options, output_padding=extra)
    return Conv(**options, padding_mode=given.get("padding_mode", "zeros"))
