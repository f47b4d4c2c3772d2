"""Layers without windows over space: dense, activations, and norms and maxima over channels."""

from dataclasses import dataclass
from math import prod
from typing import Literal

from convproof.axes import SignalAxis, at_least
from convproof.errors import ShapeError
from convproof.layers.base import Layer, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Layer):
    """``y = x W^T + b`` over the last axis.

    Attributes:
        in_features: size of the input's last axis.
        out_features: size of the output's last axis.
        bias: whether there is one number per output feature to add.
    """

    in_features: int
    out_features: int
    bias: bool = True

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """The weight ``(out_features, in_features)`` and, if there is one, the bias."""
        bias = {"bias": (self.out_features,)} if self.bias else {}
        return {"weight": (self.out_features, self.in_features), **bias}

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's, with the last axis replaced."""
        if not input_shape or input_shape[-1] != self.in_features:
            msg = (
                f"linear reads in_features={self.in_features} numbers in the last axis, but the "
                f"input has the shape {input_shape}."
            )
            raise ShapeError(msg)
        return (*input_shape[:-1], self.out_features)

    def operations(self, input_shape: Shape) -> int:
        """``(in_features + 1) * out_features`` per row."""
        return (self.in_features + self.bias) * prod(self.output_shape(input_shape)[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias(Layer):
    """``y = x + b`` with one number per channel: what every layer with a bias does last.

    Attributes:
        channels: size of the channel axis.
        channel_axis: 1 after a convolution, -1 after ``Linear``.
        image_axes: axes of ``x`` without the batch; None: any.
    """

    channels: int
    channel_axis: int = 1
    image_axes: int | None = None

    @property
    def input_axes(self) -> int | None:
        """As given."""
        return self.image_axes

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """The bias."""
        return {"bias": (self.channels,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalResponseNorm(Layer):
    """``y[c] = x[c] / (k + alpha/size * sum_j x[j]^2)^beta``.

    ``j`` runs over ``c - size // 2 <= j < c - size // 2 + size`` inside the channels: an even
    window has its extra channel on the low side, as in torch (Krizhevsky et al. 2012, section 3.3,
    where alpha is not divided by the size).

    Attributes:
        size: channels in the window, at least 1.
        alpha: weight of the mean square.
        beta: exponent.
        k: additive constant.
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def __post_init__(self) -> None:
        at_least(1, size=self.size)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's; it needs a batch, channels and at least one more axis, as in torch."""
        if len(input_shape) < 3:
            msg = (
                "local_response_norm takes (batch, channels, *spatial), at least 3 axes, got the "
                f"shape {input_shape}."
            )
            raise ShapeError(msg)
        return input_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Maxout(Layer):
    """``y[n,u] = max_{0 <= j < pool_size} x[n, pool_size * u + j]``: adjacent channels are a unit.

    The first maximum takes the gradient (Goodfellow et al. 2013, section 3).

    Attributes:
        pool_size: channels per unit; divides the number of channels.
    """

    pool_size: int

    def __post_init__(self) -> None:
        at_least(1, pool_size=self.pool_size)

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's, with ``channels / pool_size`` channels in axis 1."""
        if len(input_shape) < 2:
            msg = f"maxout takes (batch, channels, ...), got the shape {input_shape}."
            raise ShapeError(msg)
        if input_shape[1] % self.pool_size:
            lower = input_shape[1] // self.pool_size * self.pool_size
            msg = (
                f"channels must be a multiple of pool_size, but {input_shape[1]} mod "
                f"{self.pool_size} = {input_shape[1] % self.pool_size}. Use "
                f"{lower + self.pool_size} channels, or a pool_size that divides {input_shape[1]}."
            )
            raise ShapeError(msg)
        return (input_shape[0], input_shape[1] // self.pool_size, *input_shape[2:])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReLU(Layer):
    """``y = max(x, 0)``, with derivative 0 at 0; NaN stays NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tanh(Layer):
    """``y = amplitude * tanh(slope * x)``.

    Attributes:
        amplitude: LeCun's scaled tanh has 1.7159 (LeCun et al. 1998, appendix A).
        slope: and 2/3, so that ``f(1)`` is close to 1.
    """

    amplitude: float = 1.0
    slope: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Layer):
    """``y[i] = exp(x[i]) / sum_j exp(x[j])`` along one axis.

    Attributes:
        dim: the axis, negative from the end.
    """

    dim: int

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's, which must have the axis."""
        if not -len(input_shape) <= self.dim < len(input_shape):
            msg = f"dim={self.dim} is not an axis of an input of {len(input_shape)} axes."
            raise ShapeError(msg)
        return input_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolve(Layer):
    """The true convolution of two finitely supported signals, ``y[o] = sum_k h[k] x[o - k]``.

    No channels and no batch: every axis is an axis of the integers, and the kernel is flipped.

    Attributes:
        mode: ``"full"``, ``"same"`` or ``"valid"``, see ``SignalAxis``.
    """

    mode: Literal["full", "same", "valid"] = "full"

    def axes(self, input_size: Shape, kernel_size: Shape) -> tuple[SignalAxis, ...]:
        """Return the relation along each axis."""
        if len(input_size) != len(kernel_size) or not input_size:
            msg = (
                "the two signals must have the same number of axes, at least 1, got the shapes "
                f"{input_size} and {kernel_size}."
            )
            raise ShapeError(msg)
        return tuple(
            SignalAxis(input_size=n, kernel_size=r, mode=self.mode)
            for n, r in zip(input_size, kernel_size, strict=True)
        )
