"""The variants of convolution: their usual sizes, their laws, and their forms for all sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from convproof.errors import GeometryError
from convproof.layers import AvgPool, Conv, ConvTranspose, Layer, Shape
from convproof.padding import pairs, per_axis

Family = Literal["conv", "conv_transpose", "avg_pool"]
_WINDOW = {"stride": 1, "padding": 0, "dilation": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What a report says of one variant.

    Attributes:
        name: as it is asked for.
        title: as it is called.
        says: what sets it apart, in a sentence.
        family: its layer.
        input_size: along one axis, and along each of two.
        given: the options that it differs by, the same along every axis.
        given_2d: those that differ with two axes.
        laws: the proofs that are shown, in their order.
        channels: whether it is about channels.
        by: the option whose value sets it apart from standard convolution; "": none alone.
    """

    name: str
    title: str
    says: str
    family: Family
    input_size: tuple[int, int]
    given: Mapping[str, Any]
    laws: tuple[str, ...]
    given_2d: Mapping[str, Any] = field(default_factory=dict)
    channels: bool = False
    by: str = ""


_DERIVATIVES = ("input_derivative", "input_scatter", "weight_derivative", "adjoint")
_LIST = (
    Variant(
        name="standard", title="Standard convolution",
        says="One kernel slides over the input, the same wherever it lies.",
        family="conv", input_size=(7, 4), given={"kernel_size": 3},
        laws=("output_size", *_DERIVATIVES, "linearity", "equivariance"),
    ),
    Variant(
        name="padded", title="Padded convolution",
        says="Zeros at both ends of the input let the window reach over them.",
        by="padding", family="conv", input_size=(7, 3), given={"kernel_size": 3, "padding": 1},
        laws=("output_size", "same_padding", *_DERIVATIVES, "linearity", "equivariance"),
    ),
    Variant(
        name="strided", title="Strided convolution",
        says="The window moves by several positions at a time: standard convolution, then "
        "down-sampling, without computing what is thrown away.",
        by="stride", family="conv", input_size=(7, 5), given={"kernel_size": 3, "stride": 2},
        laws=("output_size", "strided", *_DERIVATIVES, "unread_input", "equivariance"),
    ),
    Variant(
        name="dilated", title="Dilated convolution",
        says="The taps lie apart, as if zeros were put between them: an up-sampled kernel.",
        by="dilation", family="conv", input_size=(7, 4), given={"kernel_size": 3, "dilation": 2},
        given_2d={"kernel_size": 2},
        laws=(
            "output_size", "dilated", *_DERIVATIVES, "dilated_forward_strided_backward",
            "equivariance",
        ),
    ),
    Variant(
        name="grouped", title="Grouped convolution",
        says="Channels are split into groups, each a layer of its own.",
        by="groups", family="conv", input_size=(4, 3),
        given={"kernel_size": 2, "groups": 2, "in_channels": 4, "out_channels": 4},
        given_2d={"in_channels": 2, "out_channels": 2},
        laws=("output_size", "channels", "feature_maps", "parameter_count", *_DERIVATIVES),
        channels=True,
    ),
    Variant(
        name="transposed", title="Transposed convolution",
        says="The input derivative of a convolution, taken as a layer: every input writes the "
        "whole kernel, weighted, into the output.",
        family="conv_transpose", input_size=(3, 2), given={"kernel_size": 3, "stride": 2},
        laws=("transposed_size", "transposed", "adjoint", "equivariance"),
    ),
    Variant(
        name="pooling", title="Pooling",
        says="A window is replaced by its mean, or by its maximum; nothing is learned.",
        family="avg_pool", input_size=(6, 4), given={"kernel_size": 2, "stride": 2},
        laws=(
            "output_size", "pooling_size", "average_is_convolution", "average_derivative",
            "max_derivative", "max_invariance",
        ),
    ),
)  # fmt: skip
VARIANTS: Mapping[str, Variant] = {variant.name: variant for variant in _LIST}


def spec(
    variant: Variant,
    dims: int,
    input_size: Shape | None = None,
    given: Mapping[str, Any] | None = None,
) -> tuple[Layer, Shape]:
    """Return the layer, without a bias, and the input size of a report.

    Args:
        variant: whose usual sizes are taken where none are given.
        dims: the number of axes.
        input_size: one size per axis.
        given: the arguments of the layer that are asked for, in place of the variant's.

    Raises:
        GeometryError: if the layer does not exist or is of another variant, or has more than two
            axes.
    """
    if dims not in (1, 2):
        msg = f"a report shows one or two axes, not {dims}."
        raise GeometryError(msg)
    usual = dict(variant.given) | (dict(variant.given_2d) if dims == 2 else {})
    asked = _WINDOW | usual | dict(given or {})
    sizes = input_size or (variant.input_size[dims - 1],) * dims
    options: dict[str, Any] = {
        name: per_axis(asked[name], dims, name) for name in ("kernel_size", "stride", "dilation")
    }
    options["padding"] = pairs(asked["padding"], dims)
    _check_set_apart(variant, dims, options | {"groups": asked.get("groups", 1)})
    if variant.family == "avg_pool":
        flags = {k: asked[k] for k in ("ceil_mode", "count_include_pad") if k in asked}
        return AvgPool(**options, **flags), sizes
    channels = {name: asked.get(name, 1) for name in ("in_channels", "out_channels", "groups")}
    if variant.family == "conv_transpose":
        extra = per_axis(asked.get("output_padding", 0), dims, "output_padding")
        return ConvTranspose(**options, **channels, bias=False, output_padding=extra), sizes
    mode = asked.get("padding_mode", "zeros")
    return Conv(**options, **channels, bias=False, padding_mode=mode), sizes


def _check_set_apart(variant: Variant, dims: int, options: Mapping[str, Any]) -> None:
    """Raise ``GeometryError`` for a stride of 1 that is called strided, and its like."""
    plain: dict[str, list[Any]] = {
        "stride": [(1,) * dims], "dilation": [(1,) * dims], "groups": [1],
        "padding": [((0, 0),) * dims, "valid"],
    }  # fmt: skip
    if variant.by and options[variant.by] in plain[variant.by]:
        least = 1 if variant.by == "padding" else 2
        msg = (
            f"with {variant.by} {least - 1} a convolution is not {variant.name}, but standard. "
            f"Use {variant.by} >= {least}, or the variant standard."
        )
        raise GeometryError(msg)
