"""The three axes: which input each output and tap meet, along one spatial axis.

Output ``o`` of a window meets tap ``k`` at input position::

    i = stride * o + dilation * k - padding_low          0 <= i < input_size, else padding

The transposed axis exchanges input and output; the signal axis is the flipped convolution on the
integers. An axis is its relation with its sizes, in integers, and is read as ``Triples``.
"""

from dataclasses import dataclass
from operator import index
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from convproof.errors import GeometryError
from convproof.triples import Triples

PaddingMode = Literal["zeros", "circular"]
Pair = tuple[int, int]


@runtime_checkable
class AxisLike(Protocol):
    """What a product of axes needs of each: three sizes and their relation."""

    @property
    def input_size(self) -> int:
        """Number of input positions."""

    @property
    def kernel_size(self) -> int:
        """Number of taps."""

    @property
    def output_size(self) -> int:
        """Number of output positions."""

    def triples(self) -> Triples:
        """Every (output, tap, input) that meet."""


def at_least(least: int, **sizes: int) -> None:
    """Raise ``GeometryError`` unless every size is an integer of at least ``least``."""
    for name, value in sizes.items():
        try:
            whole = index(value)
        except TypeError:
            msg = f"{name} must be an integer, got {name}={value!r}."
            raise GeometryError(msg) from None
        if whole < least:
            msg = f"{name} must be at least {least}, got {name}={value}."
            raise GeometryError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One spatial axis of a sliding window: convolution, pooling or unfolding.

    Output ``o`` meets tap ``k`` at input position::

        i = stride * o + dilation * k - low               (low, high) = padding
        output_size = floor((input_size + low + high - span) / stride) + 1

    A position outside ``0 <= i < input_size`` reads the padding: zeros, or with
    ``padding_mode="circular"`` the input at ``i mod input_size``.

    Attributes:
        input_size: number of input positions, at least 1.
        kernel_size: number of taps, at least 1.
        stride: input steps between neighbouring outputs, at least 1.
        padding: positions added below and above the input, each at least 0.
        dilation: input steps between neighbouring taps, at least 1.
        padding_mode: what the padding reads.
        ceil_mode: round the output size up; one window that would start beyond the input and the
            low padding is left out, another may reach beyond the padded input.

    Raises:
        GeometryError: if a size is out of range, or the dilated kernel does not fit into the
            padded input.

    Example:
        AlexNet's first layer, along either axis:

        >>> conv1 = Axis(input_size=227, kernel_size=11, stride=4)
        >>> conv1.output_size
        55
    """

    input_size: int
    kernel_size: int
    stride: int = 1
    padding: Pair = (0, 0)
    dilation: int = 1
    padding_mode: PaddingMode = "zeros"
    ceil_mode: bool = False

    def __post_init__(self) -> None:
        low, high = self.padding
        at_least(1, input_size=self.input_size, kernel_size=self.kernel_size)
        at_least(1, stride=self.stride, dilation=self.dilation)
        at_least(0, padding_low=low, padding_high=high)
        if self.span > self.padded_size and not (self.ceil_mode and self.output_size >= 1):
            lacking = self.span - self.padded_size
            advice = f"Use padding >= {low + lacking // 2, high + lacking - lacking // 2}"
            largest = (self.padded_size - 1) // self.dilation + 1
            msg = (
                "the dilated kernel does not fit into the padded input:\n"
                f"  kernel span   dilation*(kernel_size - 1) + 1 = "
                f"{self.dilation}*({self.kernel_size} - 1) + 1 = {self.span}\n"
                f"  padded input  input_size + low + high        = "
                f"{self.input_size} + {low} + {high} = {self.padded_size}\n"
                f"{advice}, or a kernel_size <= {largest}."
            )
            raise GeometryError(msg)

    @property
    def span(self) -> int:
        """Input positions covered by the dilated kernel: ``r + (r - 1)(t - 1)``."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def padded_size(self) -> int:
        """Input positions including the padding at both ends."""
        return self.input_size + sum(self.padding)

    @property
    def output_size(self) -> int:
        """Number of output positions."""
        slack = self.padded_size - self.span
        if not self.ceil_mode:
            return slack // self.stride + 1
        outputs = -(-slack // self.stride) + 1
        last_starts_inside = (outputs - 1) * self.stride < self.input_size + self.padding[0]
        return outputs if last_starts_inside else outputs - 1

    def triples(self) -> Triples:
        """Return every ``(o, k, i)`` whose tap reads the input.

        Example:
            >>> Axis(input_size=3, kernel_size=2).triples()
            a[0] = w[0] x[0] + w[1] x[1]
            a[1] = w[0] x[1] + w[1] x[2]
        """
        sizes = (self.output_size, self.kernel_size, self.input_size)
        o, k = np.divmod(np.arange(sizes[0] * sizes[1]), sizes[1])
        i = self.stride * o + self.dilation * k - self.padding[0]
        if self.padding_mode == "circular":
            return Triples(o, k, i % self.input_size, sizes=sizes)
        inside = (i >= 0) & (i < self.input_size)
        return Triples(o[inside], k[inside], i[inside], sizes=sizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransposedAxis:
    """One spatial axis of a transposed convolution: ``Axis`` with input and output exchanged.

    Input ``i`` meets tap ``k`` at output position::

        o = stride * i + dilation * k - low               (low, high) = padding
        output_size = stride * (input_size - 1) + span - low - high + output_padding

    Attributes:
        input_size: number of input positions, at least 1.
        kernel_size: number of taps, at least 1.
        stride: output steps between neighbouring inputs, at least 1.
        padding: positions cropped from the low and the high end of the output.
        dilation: output steps between neighbouring taps, at least 1.
        output_padding: positions added at the high end; below ``max(stride, dilation)``.

    Raises:
        GeometryError: if a size is out of range, or the output would be empty.

    Example:
        The size that stride 2 maps back to 4:

        >>> TransposedAxis(input_size=4, kernel_size=3, stride=2, padding=(1, 1)).output_size
        7
    """

    input_size: int
    kernel_size: int
    stride: int = 1
    padding: Pair = (0, 0)
    dilation: int = 1
    output_padding: int = 0

    def __post_init__(self) -> None:
        low, high = self.padding
        at_least(1, input_size=self.input_size, kernel_size=self.kernel_size)
        at_least(1, stride=self.stride, dilation=self.dilation)
        at_least(0, padding_low=low, padding_high=high, output_padding=self.output_padding)
        if self.output_padding >= max(self.stride, self.dilation):
            msg = (
                "output_padding must be smaller than the stride or the dilation, but "
                f"{self.output_padding} >= max({self.stride}, {self.dilation}). "
                f"Use output_padding <= {max(self.stride, self.dilation) - 1}."
            )
            raise GeometryError(msg)
        if self.output_size < 1:
            msg = (
                "the padding crops the whole output: stride*(input_size - 1) + span - low - high"
                f" + output_padding = {self.stride}*({self.input_size} - 1) + {self.span} - {low}"
                f" - {high} + {self.output_padding} = {self.output_size} < 1. "
                f"Use low + high <= {low + high + self.output_size - 1}."
            )
            raise GeometryError(msg)

    @property
    def span(self) -> int:
        """Output positions covered by the dilated kernel."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def output_size(self) -> int:
        """Number of output positions."""
        full = self.stride * (self.input_size - 1) + self.span
        return full - sum(self.padding) + self.output_padding

    def triples(self) -> Triples:
        """Return every ``(o, k, i)`` whose output position exists.

        Example:
            >>> TransposedAxis(input_size=2, kernel_size=2).triples()
            a[0] = w[0] x[0]
            a[1] = w[0] x[1] + w[1] x[0]
            a[2] = w[1] x[1]
        """
        sizes = (self.output_size, self.kernel_size, self.input_size)
        i, k = np.divmod(np.arange(sizes[2] * sizes[1]), sizes[1])
        o = self.stride * i + self.dilation * k - self.padding[0]
        inside = (o >= 0) & (o < sizes[0])
        return Triples(o[inside], k[inside], i[inside], sizes=sizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAxis:
    """One axis of the true convolution of two finitely supported signals on the integers.

    The kernel is flipped, which distinguishes it from the cross-correlation that layers compute::

        a[o] = sum_k w[k] * x[o + crop - k]               i + k = o + crop

    ``"full"`` keeps every output that can be nonzero (``input_size + kernel_size - 1``), ``"same"``
    the central ``input_size`` of them, ``"valid"`` those whose kernel lies inside the input.

    Attributes:
        input_size: support of the signal, at least 1.
        kernel_size: support of the kernel, at least 1.
        mode: which outputs are kept.

    Raises:
        GeometryError: if a size is below 1, or ``"valid"`` keeps no output.

    Example:
        >>> SignalAxis(input_size=2, kernel_size=2).triples()
        a[0] = w[0] x[0]
        a[1] = w[0] x[1] + w[1] x[0]
        a[2] = w[1] x[1]
    """

    input_size: int
    kernel_size: int
    mode: Literal["full", "same", "valid"] = "full"

    def __post_init__(self) -> None:
        at_least(1, input_size=self.input_size, kernel_size=self.kernel_size)
        if self.mode not in ("full", "same", "valid"):
            msg = f"mode must be 'full', 'same' or 'valid', got mode={self.mode!r}."
            raise GeometryError(msg)
        if self.output_size < 1:
            msg = (
                "mode='valid' keeps no output: input_size - kernel_size + 1 = "
                f"{self.input_size} - {self.kernel_size} + 1 = {self.output_size} < 1. "
                f"Use a kernel_size <= {self.input_size}, or mode='full'."
            )
            raise GeometryError(msg)

    @property
    def crop(self) -> int:
        """Outputs of the full convolution dropped at the low end."""
        return {"full": 0, "same": (self.kernel_size - 1) // 2, "valid": self.kernel_size - 1}[
            self.mode
        ]

    @property
    def output_size(self) -> int:
        """Number of output positions."""
        n, r = self.input_size, self.kernel_size
        return {"full": n + r - 1, "same": n, "valid": n - r + 1}[self.mode]

    def triples(self) -> Triples:
        """Return every ``(o, k, i)`` with ``i + k = o + crop``."""
        sizes = (self.output_size, self.kernel_size, self.input_size)
        i, k = np.divmod(np.arange(sizes[2] * sizes[1]), sizes[1])
        o = i + k - self.crop
        inside = (o >= 0) & (o < sizes[0])
        return Triples(o[inside], k[inside], i[inside], sizes=sizes)
