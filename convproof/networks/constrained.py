"""A convolution whose weights are a linear function of fewer parameters, ``w = L theta``.

::

    y = L(theta) * x + b        theta_bar = L^T w_bar,    w_bar that of the convolution

Of a masked convolution ``L`` puts one kernel of each connection in its place, zeros elsewhere; of a
structured one it combines the filters of a basis. What ``L`` cannot reach is no parameter: it is
not counted, has no derivative and is in no file.
"""

from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import Any

from convproof.axes import Axis, Pair
from convproof.implementation import Implementation
from convproof.layers import Bias, Conv, Shape
from convproof.networks.composed import Arrays, Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstrainedConv(Composed):
    """The part of it that is the convolution's.

    Attributes:
        in_channels: of the input.
        out_channels: of the output.
        kernel_size: taps per axis.
        stride: per axis.
        padding: ``(low, high)`` per axis.
        dilation: per axis.
        bias: whether there is one number per output channel to add.
    """

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Pair, ...]
    dilation: tuple[int, ...]
    bias: bool = True

    @property
    @abstractmethod
    def theta_shape(self) -> Shape:
        """Shape of the parameters that the weights are made of."""

    @abstractmethod
    def kernel(self, verbs: Implementation, theta: Any) -> Any:
        """Return ``w = L theta``, of the convolution's weight shape."""

    @abstractmethod
    def kernel_vjp(self, verbs: Implementation, w_bar: Any, theta: Any) -> Any:
        """Return ``L^T w_bar``."""

    @abstractmethod
    def fans(self) -> tuple[Any, Any]:
        """Return what an output reads and an input reaches, in numbers such as ``theta``."""

    @property
    def conv(self) -> Conv:
        """The convolution that computes it."""
        return Conv(
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            bias=self.bias,
        )

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return self.conv.input_axes

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """``theta``, called the weight, and the bias if there is one."""
        bias = {"bias": (self.out_channels,)} if self.bias else {}
        return {"weight": self.theta_shape, **bias}

    def axes(self, input_size: Shape) -> tuple[Axis, ...]:
        """Return the relation along each axis."""
        return self.conv.axes(input_size)

    def output_shape(self, input_shape: Shape) -> Shape:
        """As of the convolution."""
        return self.conv.output_shape(input_shape)

    def operations(self, input_shape: Shape) -> int:
        """As of the convolution that computes it; making its weights is not counted."""
        return self.conv.operations(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int:
        """The operations without the biases."""
        biases = self.bias * prod(self.output_shape(input_shape)[1:])
        return self.operations(input_shape) - biases

    def forward(self, verbs: Implementation, x: Any, arrays: Arrays) -> Any:
        """Return ``L(theta) * x + b``."""
        biases = (arrays["bias"],) if self.bias else ()
        return verbs.forward(self.conv, x, self.kernel(verbs, arrays["weight"]), *biases)

    def input_vjp(self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays) -> Any:
        """Return ``x_bar``, that of the convolution."""
        return verbs.input_vjp(self.conv, x, y_bar, self.kernel(verbs, arrays["weight"]))

    def parameters_vjp(
        self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays
    ) -> dict[str, Any]:
        """Return the cotangents of ``theta`` and the bias."""
        w_bar = verbs.weight_vjp(self.conv, x, y_bar)
        bars = {"weight": self.kernel_vjp(verbs, w_bar, arrays["weight"])}
        if self.bias:
            bias = Bias(channels=self.out_channels, image_axes=self.input_axes)
            bars["bias"] = verbs.bias_vjp(bias, y_bar)
        return bars
