"""The derivation of every layer that is one relation: from its spec to its triples and letters."""

from functools import reduce
from math import prod
from operator import mul

import numpy as np
from jaxtyping import Int

from convproof.axes import Axis, AxisLike
from convproof.errors import ShapeError, UnsupportedError
from convproof.geometry import Geometry, unshared
from convproof.layers import AvgPool, Conv, Convolve, ConvTranspose, Layer, LocallyConnected, Shape
from convproof.layers.convolution import window_axes
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.letters import Letters, Reciprocals
from convproof.triples import Triples


def derive(
    layer: Layer, input_size: Shape, *, channels: int = 1, kernel_size: Shape | None = None
) -> Derivation:
    """Return the derivation of a layer at one input size.

    Args:
        layer: ``Conv``, ``LocallyConnected``, ``ConvTranspose``, ``AvgPool`` or ``Convolve``.
        input_size: the spatial sizes of the input.
        channels: number of feature maps of ``AvgPool``; the other layers know theirs.
        kernel_size: taps per axis of ``Convolve``; the other layers know theirs.

    Raises:
        GeometryError: if the layer does not fit the input.
        UnsupportedError: if the layer is not one relation between weights and input.

    Example:
        >>> print(derive(Convolve(), (2,), kernel_size=(2,)).equations()[0])
        ⎛a₁⎞   ⎛w₁   ⎞   ⎛x₁⎞
        ⎜a₂⎟ = ⎜w₂ w₁⎟ · ⎝x₂⎠
        ⎝a₃⎠   ⎝   w₂⎠
    """
    if isinstance(layer, Convolve):
        return _convolve(layer, input_size, kernel_size)
    if kernel_size is not None:
        msg = f"{type(layer).__name__} has a kernel_size of its own; got kernel_size={kernel_size}."
        raise ShapeError(msg)
    if isinstance(layer, AvgPool):
        return _avg_pool(layer, input_size, channels)
    if channels != 1:
        msg = f"{type(layer).__name__} has channels of its own; got channels={channels}."
        raise ShapeError(msg)
    if isinstance(layer, Conv):  # LocallyConnected is one
        return _conv(layer, input_size)
    if isinstance(layer, ConvTranspose):
        return _conv_transpose(layer, input_size)
    msg = f"{type(layer).__name__} is not one relation between weights and input."
    raise UnsupportedError(msg)


def products(
    layer: Layer, input_size: Shape, *, channels: int = 1, kernel_size: Shape | None = None
) -> int:
    """Return how many products ``derive`` enumerates at most, without enumerating any."""
    if isinstance(layer, Convolve):
        axes: tuple[AxisLike, ...] = layer.axes(input_size, kernel_size or ())
        blocks = 1
    elif isinstance(layer, Conv | ConvTranspose):
        axes, blocks = layer.axes(input_size), prod(layer.weight_shape[:2])
    elif isinstance(layer, AvgPool):
        # not layer.axes: that looks into every window
        axes, blocks = window_axes(
            input_size, layer.kernel_size, layer.stride, layer.padding, layer.dilation,
            ceil_mode=layer.ceil_mode,
        ), channels  # fmt: skip
    else:
        return 0
    positions = (axis.output_size if isinstance(axis, Axis) else axis.input_size for axis in axes)
    return blocks * prod(n * axis.kernel_size for n, axis in zip(positions, axes, strict=True))


def _conv(layer: Conv, input_size: Shape) -> Derivation:
    layer.output_shape((1, layer.in_channels, *input_size))
    geometry = layer.geometry(input_size)
    shared = not isinstance(layer, LocallyConnected)
    kind = "convolution" if shared else "locally connected layer"
    circular = "circular " if layer.padding_mode == "circular" else ""
    return Derivation(
        name=f"{circular}{kind}{_channels(layer)}",
        triples=geometry.triples() if shared else unshared(geometry),
        x=Letters(name="x", shape=geometry.input_shape, channel_axes=1),
        w=Letters(name="w", shape=layer.weight_shape, channel_axes=2),
        a=Letters(name="a", shape=geometry.output_shape, channel_axes=1),
        axes=geometry.axes,
    )


def _conv_transpose(layer: ConvTranspose, input_size: Shape) -> Derivation:
    """The channels are those of a convolution from output to input, read backward."""
    output_shape = layer.output_shape((1, layer.in_channels, *input_size))[1:]
    backward = Geometry(
        axes=(),
        in_channels=layer.out_channels,
        out_channels=layer.in_channels,
        groups=layer.groups,
    ).triples()
    channels = Triples(backward.input, backward.tap, backward.output, sizes=backward.sizes[::-1])
    axes = layer.axes(input_size)
    return Derivation(
        name=f"transposed convolution{_channels(layer)}",
        triples=reduce(mul, (axis.triples() for axis in axes), channels),
        x=Letters(name="x", shape=(layer.in_channels, *input_size), channel_axes=1),
        w=Letters(name="w", shape=layer.weight_shape, channel_axes=2),
        a=Letters(name="a", shape=output_shape, channel_axes=1),
        axes=axes,
    )


def _avg_pool(layer: AvgPool, input_size: Shape, channels: int) -> Derivation:
    """Every output has one constant, ``1 / divisor``, in the place of a weight for each tap."""
    layer.output_shape((1, channels, *input_size))
    axes = layer.axes(input_size)
    windows = Geometry(axes=axes, in_channels=channels, out_channels=channels, groups=channels)
    triples = windows.triples()
    outputs, _, inputs = triples.sizes
    divisors = np.tile(_divisors(layer, axes), channels)
    return Derivation(
        name="average pooling" + (f", {channels} channels" if channels > 1 else ""),
        triples=Triples(
            triples.output, triples.output, triples.input, sizes=(outputs, outputs, inputs)
        ),
        x=Letters(name="x", shape=windows.input_shape, channel_axes=1),
        w=Reciprocals(divisors=tuple(divisors.tolist())),
        a=Letters(name="a", shape=windows.output_shape, channel_axes=1),
        axes=axes,
    )


def _divisors(layer: AvgPool, axes: tuple[Axis, ...]) -> Int[np.ndarray, " o"]:
    """Return the divisor of every window of one feature map, row-major."""
    if layer.divisor_override is not None:
        return np.full(prod(axis.output_size for axis in axes), layer.divisor_override)
    taps = (_taps(axis, padded=layer.count_include_pad) for axis in axes)
    return reduce(lambda a, b: np.multiply.outer(a, b).ravel(), taps)


def _taps(axis: Axis, *, padded: bool) -> Int[np.ndarray, " o"]:
    """Return how many taps of each window lie in the input, or in the padded input.

    The latter are the triples of the same windows where the padding is part of the input.
    """
    over = axis
    if padded:
        over = Axis(
            input_size=axis.padded_size,
            kernel_size=axis.kernel_size,
            stride=axis.stride,
            dilation=axis.dilation,
            ceil_mode=axis.ceil_mode,
        )
    return np.bincount(over.triples().output, minlength=axis.output_size)[: axis.output_size]


def _convolve(layer: Convolve, input_size: Shape, kernel_size: Shape | None) -> Derivation:
    if kernel_size is None:
        msg = "Convolve does not know its kernel's size: give kernel_size, one entry per axis."
        raise ShapeError(msg)
    axes: tuple[AxisLike, ...] = layer.axes(input_size, kernel_size)
    geometry = Geometry(axes=axes)
    return Derivation(
        name=f"convolution of signals, mode {layer.mode}",
        triples=geometry.triples(),
        x=Letters(name="x", shape=geometry.input_size),
        w=Letters(name="w", shape=geometry.kernel_size),
        a=Letters(name="a", shape=geometry.output_size),
        axes=axes,
    )


def _channels(layer: Conv | ConvTranspose) -> str:
    if layer.in_channels == layer.out_channels == 1:
        return ""
    groups = f" in {layer.groups} groups" if layer.groups > 1 else ""
    return f", {layer.in_channels} → {layer.out_channels} channels{groups}"
