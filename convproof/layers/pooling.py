"""Pooling: the same sliding windows without weights, one feature map at a time."""

from dataclasses import dataclass
from itertools import chain
from math import prod

from convproof.axes import Axis, Pair, at_least
from convproof.errors import GeometryError, ShapeError
from convproof.layers.base import Layer, Shape, check_axes
from convproof.layers.convolution import window_axes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Layer):
    """Windows that slide over every feature map.

    Attributes:
        kernel_size: taps per axis.
        stride: per axis.
        padding: ``(low, high)`` per axis, or a name.
        dilation: per axis.
        ceil_mode: round the output size up; the last window must start inside the input or the low
            padding.
    """

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Pair, ...] | str
    dilation: tuple[int, ...]
    ceil_mode: bool = False

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return len(self.kernel_size) + 1

    def axes(self, input_size: Shape) -> tuple[Axis, ...]:
        """Return the relation along each axis.

        Raises:
            GeometryError: if some window reads no input.
        """
        axes = window_axes(
            input_size, self.kernel_size, self.stride, self.padding, self.dilation,
            ceil_mode=self.ceil_mode,
        )  # fmt: skip
        for axis in axes:
            _check_every_window_reads(axis)
        return axes

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, channels, *output_size)``."""
        check_axes("pooling", input_shape, len(self.kernel_size))
        return (*input_shape[:2], *(axis.output_size for axis in self.axes(input_shape[2:])))


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPool(Pool):
    """``y[n,c,o] = max_k x[n, c, s o + t k - low]`` over the taps inside the input.

    The first maximum in row-major order takes the gradient; a NaN in the window is its maximum.

    Attributes:
        return_indices: also return where each maximum lies, as a flat spatial position.
    """

    return_indices: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AvgPool(Pool):
    """``y[n,c,o] = (1 / d_o) sum_k x[n, c, s o + t k - low]``.

    The divisor ``d_o`` counts the taps in the padded input (those of the ceil overhang never
    count); without ``count_include_pad`` the taps in the input; or it is ``divisor_override``.

    Attributes:
        count_include_pad: whether the divisor counts the padding, as in torch.
        divisor_override: a divisor for all windows, not 0.
    """

    count_include_pad: bool = True
    divisor_override: int | None = None

    def __post_init__(self) -> None:
        if self.divisor_override == 0:
            msg = "divisor_override must not be zero, got divisor_override=0."
            raise GeometryError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptivePool(Layer):
    """Window ``o`` covers ``floor(o I / O) <= i < ceil((o + 1) I / O)``, per axis.

    Attributes:
        output_size: windows per axis; ``None`` keeps the input's size.
    """

    output_size: tuple[int | None, ...]

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return len(self.output_size) + 1

    def sizes(self, input_size: Shape) -> Shape:
        """Return the output sizes, ``None`` filled in."""
        sizes = tuple(
            n if out is None else out for n, out in zip(input_size, self.output_size, strict=True)
        )
        at_least(1, **{f"output_size[{a}]": size for a, size in enumerate(sizes)})
        return sizes

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, channels, *output_size)``."""
        check_axes("adaptive pooling", input_shape, len(self.output_size))
        _check_not_empty(input_shape)
        return (*input_shape[:2], *self.sizes(input_shape[2:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveMaxPool(AdaptivePool):
    """The maximum over each window of ``AdaptivePool``; the first one takes the gradient.

    Attributes:
        return_indices: also return where each maximum lies, as a flat spatial position.
    """

    return_indices: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveAvgPool(AdaptivePool):
    """The mean over each window of ``AdaptivePool``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalMaxPool(Layer):
    """``y[n,c] = max_i x[n,c,i]``, kept as size-1 axes.

    Attributes:
        dims: number of spatial axes.
    """

    dims: int

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return self.dims + 1

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, channels, 1, ...)``."""
        check_axes("global pooling", input_shape, self.dims)
        _check_not_empty(input_shape)
        return (*input_shape[:2], *(1,) * self.dims)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalAvgPool(GlobalMaxPool):
    """``y[n,c] = mean_i x[n,c,i]``, kept as size-1 axes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxUnpool(Layer):
    """``y[n, c, indices[n,c,o]] = x[n,c,o]``, zero elsewhere.

    ``indices`` are flat positions in the output's spatial axes, as ``max_pool`` returns them. Where
    one position is named twice, the last in row-major order stays.

    Attributes:
        kernel_size: of the pooling undone, per axis.
        stride: per axis.
        padding: ``(low, high)`` per axis.
        output_size: the spatial sizes wanted; ``None`` means ``(n - 1) s - low - high + r``.
    """

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Pair, ...]
    output_size: tuple[int, ...] | None = None

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return len(self.kernel_size) + 1

    def index_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Where each entry of the input goes."""
        return {"indices": input_shape}

    def __post_init__(self) -> None:
        if isinstance(self.padding, str):
            msg = (
                f"max_unpool undoes a padding given by numbers; padding={self.padding!r} names "
                "none. Use an integer, or (low, high) pairs."
            )
            raise GeometryError(msg)
        if self.output_size is not None and len(self.output_size) != len(self.kernel_size):
            msg = (
                f"output_size must have one entry per axis, {len(self.kernel_size)}, or be a whole "
                f"shape, got {self.output_size}."
            )
            raise GeometryError(msg)

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, channels, *output_size)``; within one stride of the default, as in torch."""
        check_axes("max_unpool", input_shape, len(self.kernel_size))
        rows = zip(input_shape[2:], self.kernel_size, self.stride, self.padding, strict=True)
        default = tuple((n - 1) * s - sum(p) + r for n, r, s, p in rows)
        wanted = default if self.output_size is None else self.output_size
        for size, middle, s in zip(wanted, default, self.stride, strict=True):
            if self.output_size is not None and not middle - s < size < middle + s:
                msg = (
                    f"output_size must lie within one stride of (n - 1) s - low - high + r = "
                    f"{default}: {middle} - {s} < size < {middle} + {s}, got {wanted}."
                )
                raise GeometryError(msg)
        at_least(1, **{f"output_size[{a}]": size for a, size in enumerate(wanted)})
        return (*input_shape[:2], *wanted)


def _reads(axis: Axis, o: int) -> bool:
    """Return whether the first tap of a window that is not before the input lies inside it."""
    start = axis.stride * o - axis.padding[0]
    k = max(0, -(start // axis.dilation))
    return k < axis.kernel_size and start + axis.dilation * k < axis.input_size


def _check_every_window_reads(axis: Axis) -> None:
    """Raise ``GeometryError`` unless some tap of every window lies inside the input.

    Padding below the span at either end suffices, unless a dilated window straddles the input; a
    window that begins inside reads there.
    """
    before = -(-axis.padding[0] // axis.stride)  # windows that begin before the input
    beyond = (axis.input_size - 1 + axis.padding[0]) // axis.stride + 1  # the first after it
    begin_outside = chain(range(min(before, axis.output_size)), range(beyond, axis.output_size))
    o = next((o for o in begin_outside if not _reads(axis, o)), None)
    if o is not None:
        start = axis.stride * o - axis.padding[0]
        taps = [start + axis.dilation * k for k in range(axis.kernel_size)]
        least = axis.span - 1
        advice = (
            f"padding <= {least} at either end"
            if max(axis.padding) > least
            else f"a dilation <= {axis.input_size}"
        )
        msg = (
            f"window {o} reads no input: its taps lie at {taps}, outside 0..."
            f"{axis.input_size - 1} (padding {axis.padding}, span {axis.span}). Use {advice}."
        )
        raise GeometryError(msg)


def _check_not_empty(input_shape: Shape) -> None:
    if prod(input_shape[2:]) == 0:
        msg = f"pooling needs at least one position per axis, got the shape {input_shape}."
        raise ShapeError(msg)
