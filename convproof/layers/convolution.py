"""Convolution and its relatives: the layers whose weights or outputs unfold windows.

The lecture's words: ``r`` kernel size, ``p`` padding, ``s`` stride, ``t`` dilation, ``k`` input and
``k'`` output channels.
"""

from dataclasses import dataclass
from math import prod

from convproof.axes import Axis, PaddingMode, Pair, TransposedAxis, at_least
from convproof.errors import GeometryError, ShapeError
from convproof.geometry import Geometry, check_groups
from convproof.layers.base import Layer, Shape, check_axes, check_channels
from convproof.padding import named_pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv(Layer):
    """Convolution as in every framework, the cross-correlation ``w ⋆ x``.

    ::

        y[n,m,o] = b[m] + sum_{c,k} w[m,c,k] x[n, g C/G + c, s o + t k - low]     g = m // (M/G)

    Attributes:
        in_channels: ``C``, a multiple of ``groups``.
        out_channels: ``M``, a multiple of ``groups``.
        kernel_size: taps per axis; its length is the number of axes.
        stride: per axis, at least 1.
        padding: ``(low, high)`` per axis, or a name of ``convproof.padding``.
        dilation: per axis, at least 1.
        groups: ``G``; ``groups = in_channels`` is the depthwise convolution.
        padding_mode: ``"zeros"`` or ``"circular"``.
        bias: whether there is one number per output channel to add.

    Example:
        VGG's first layer has ``(3^2 * 3 + 1) * 64`` parameters:

        >>> conv = Conv(in_channels=3, out_channels=64, kernel_size=(3, 3), stride=(1, 1),
        ...             padding=((1, 1), (1, 1)), dilation=(1, 1))
        >>> conv.parameters, conv.output_shape((1, 3, 224, 224))
        (1792, (1, 64, 224, 224))
    """

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Pair, ...] | str
    dilation: tuple[int, ...]
    groups: int = 1
    padding_mode: PaddingMode = "zeros"
    bias: bool = True

    def __post_init__(self) -> None:
        check_groups(self.in_channels, self.out_channels, self.groups)
        if self.padding_mode not in ("zeros", "circular"):
            msg = f"padding_mode must be 'zeros' or 'circular', got {self.padding_mode!r}."
            raise GeometryError(msg)

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return len(self.kernel_size) + 1

    @property
    def weight_shape(self) -> Shape:
        """``(out_channels, in_channels / groups, *kernel_size)``."""
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """The weight and, if there is one, the bias."""
        bias = {"bias": (self.out_channels,)} if self.bias else {}
        return {"weight": self.weight_shape, **bias}

    def axes(self, input_size: Shape) -> tuple[Axis, ...]:
        """Return the relation along each axis."""
        return window_axes(
            input_size, self.kernel_size, self.stride, self.padding, self.dilation,
            padding_mode=self.padding_mode,
        )  # fmt: skip

    def geometry(self, input_size: Shape) -> Geometry:
        """Return the relation for an input of these spatial sizes."""
        return Geometry(
            axes=self.axes(input_size),
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            groups=self.groups,
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, out_channels, *output_size)``."""
        check_axes("conv", input_shape, len(self.kernel_size))
        check_channels("conv", input_shape, self.in_channels)
        return (input_shape[0], *self.geometry(input_shape[2:]).output_shape)

    def operations(self, input_shape: Shape) -> int:
        """Multiply-adds of one image, the bias counted as one: ``(r^2 k/G + 1) v'``."""
        per_output = prod(self.weight_shape[1:]) + self.bias
        return per_output * prod(self.output_shape(input_shape)[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class LocallyConnected(Conv):
    """A convolution whose weights are not shared: sparse connections, one kernel per position.

    ::

        y[n,m,o] = b[m] + sum_{c,k} w[m,c,o,k] x[n, g C/G + c, s o + t k - low]

    Attributes:
        output_size: the spatial sizes that the weights were made for.
    """

    output_size: tuple[int, ...]

    @property
    def weight_shape(self) -> Shape:
        """``(out_channels, in_channels / groups, *output_size, *kernel_size)``."""
        channels = (self.out_channels, self.in_channels // self.groups)
        return (*channels, *self.output_size, *self.kernel_size)

    def output_shape(self, input_shape: Shape) -> Shape:
        """As of a convolution; it must be the one that the weights were made for."""
        shape = Conv.output_shape(self, input_shape)
        if shape[2:] != self.output_size:
            msg = (
                f"the weights hold one kernel for each of {self.output_size} positions, but the "
                f"input of shape {input_shape} has {shape[2:]} output positions."
            )
            raise ShapeError(msg)
        return shape

    def operations(self, input_shape: Shape) -> int:
        """As of a convolution: sharing weights saves parameters, not operations."""
        per_output = self.in_channels // self.groups * prod(self.kernel_size) + self.bias
        return per_output * prod(self.output_shape(input_shape)[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvTranspose(Layer):
    """Transposed convolution, the adjoint of ``Conv`` in its input.

    ::

        y[n, g M/G + m, s i + t k - low] += w[g C/G + c, m, k] x[n, g C/G + c, i]      then  + b

    Attributes:
        in_channels: ``C``, a multiple of ``groups``.
        out_channels: ``M``, a multiple of ``groups``.
        kernel_size: taps per axis.
        stride: per axis.
        padding: ``(low, high)`` positions cropped per axis.
        dilation: per axis.
        output_padding: positions added at the high end, per axis.
        groups: ``G``.
        bias: whether there is one number per output channel to add.
    """

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Pair, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]
    groups: int = 1
    bias: bool = True

    def __post_init__(self) -> None:
        check_groups(self.in_channels, self.out_channels, self.groups)
        if isinstance(self.padding, str):
            msg = (
                f"a transposed convolution crops by numbers; padding={self.padding!r} names no "
                "output size. Use an integer, or (low, high) pairs."
            )
            raise GeometryError(msg)

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return len(self.kernel_size) + 1

    @property
    def weight_shape(self) -> Shape:
        """``(in_channels, out_channels / groups, *kernel_size)``."""
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """The weight and, if there is one, the bias."""
        bias = {"bias": (self.out_channels,)} if self.bias else {}
        return {"weight": self.weight_shape, **bias}

    def axes(self, input_size: Shape) -> tuple[TransposedAxis, ...]:
        """Return the relation along each axis."""
        rows = zip(
            input_size, self.kernel_size, self.stride, self.padding, self.dilation,
            self.output_padding, strict=True,
        )  # fmt: skip
        return tuple(
            TransposedAxis(
                input_size=n, kernel_size=r, stride=s, padding=p, dilation=t, output_padding=op
            )
            for n, r, s, p, t, op in rows
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, out_channels, *output_size)``."""
        check_axes("conv_transpose", input_shape, len(self.kernel_size))
        check_channels("conv_transpose", input_shape, self.in_channels)
        sizes = (axis.output_size for axis in self.axes(input_shape[2:]))
        return (input_shape[0], self.out_channels, *sizes)

    def operations(self, input_shape: Shape) -> int:
        """Multiply-adds of one image: every input meets every tap; the bias once per output."""
        products = prod(self.weight_shape[1:]) * prod(input_shape[1:])
        return products + self.bias * prod(self.output_shape(input_shape)[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfold(Layer):
    """im2col: ``y[n, c*K + k, o] = x[n, c, s o + t k - low]``, taps and positions row-major.

    Attributes:
        kernel_size: taps per axis.
        stride: per axis.
        padding: ``(low, high)`` per axis, or a name.
        dilation: per axis.
    """

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Pair, ...] | str
    dilation: tuple[int, ...]

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return len(self.kernel_size) + 1

    def axes(self, input_size: Shape) -> tuple[Axis, ...]:
        """Return the relation along each axis."""
        return window_axes(input_size, self.kernel_size, self.stride, self.padding, self.dilation)

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, channels * taps, positions)``."""
        check_axes("unfold", input_shape, len(self.kernel_size))
        positions = prod(axis.output_size for axis in self.axes(input_shape[2:]))
        return (input_shape[0], input_shape[1] * prod(self.kernel_size), positions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold(Layer):
    """col2im, the adjoint of ``Unfold``: ``y[n, c, s o + t k - low] += x[n, c*K + k, o]``.

    Attributes:
        output_size: spatial sizes of the output, which is ``Unfold``'s input.
        kernel_size: taps per axis.
        stride: per axis.
        padding: ``(low, high)`` per axis, or a name.
        dilation: per axis.
    """

    output_size: tuple[int, ...]
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Pair, ...] | str
    dilation: tuple[int, ...]

    @property
    def input_axes(self) -> int | None:
        """Channels times taps, and positions."""
        return 2

    @property
    def unfold(self) -> Unfold:
        """The layer whose adjoint this is."""
        return Unfold(
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, channels, *output_size)``."""
        check_axes("fold", input_shape, 1)
        taps = prod(self.kernel_size)
        positions = tuple(axis.output_size for axis in self.unfold.axes(self.output_size))
        if input_shape[1] % taps:
            msg = (
                f"fold takes channels * taps rows, but {input_shape[1]} mod {taps} = "
                f"{input_shape[1] % taps} for kernel_size={self.kernel_size}."
            )
            raise ShapeError(msg)
        if input_shape[2] != prod(positions):
            msg = (
                f"an output of {self.output_size} has {positions} = {prod(positions)} windows, "
                f"but the input of shape {input_shape} holds {input_shape[2]}."
            )
            raise ShapeError(msg)
        return (input_shape[0], input_shape[1] // taps, *self.output_size)


def window_axes(
    input_size: Shape,
    kernel_size: Shape,
    stride: Shape,
    padding: tuple[Pair, ...] | str,
    dilation: Shape,
    *,
    padding_mode: PaddingMode = "zeros",
    ceil_mode: bool = False,
) -> tuple[Axis, ...]:
    """Return one ``Axis`` per spatial axis, with a named padding resolved."""
    at_least(1, **{f"kernel_size[{a}]": r for a, r in enumerate(kernel_size)})
    axes = []
    for a, (n, r, s, t) in enumerate(zip(input_size, kernel_size, stride, dilation, strict=True)):
        if isinstance(padding, str):
            ends = named_pair(padding, input_size=n, span=t * (r - 1) + 1, stride=s)
        else:
            ends = padding[a]
        axis = Axis(
            input_size=n,
            kernel_size=r,
            stride=s,
            padding=ends,
            dilation=t,
            padding_mode=padding_mode,
            ceil_mode=ceil_mode,
        )
        axes.append(axis)
    return tuple(axes)
