"""A layer's geometry: the product of its spatial axes and of its channel axis.

Groups are a block-diagonal channel relation; everything else a layer needs to know about shapes
follows from the axes (``convproof.axes``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd, prod

import numpy as np

from convproof.axes import AxisLike, at_least
from convproof.errors import GeometryError
from convproof.triples import Triples


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """A layer's relation: the product of its spatial axes and of its channel axis.

    Output channel ``m`` of group ``g = m // (out_channels / groups)`` reads the input channels of
    the same group. Flat positions are row-major in ``(channel, *axes)`` for input and output, and
    in ``(out_channel, in_channel / groups, *taps)`` for the weights.

    Attributes:
        axes: the spatial axes, one to three as a rule.
        in_channels: number of input channels, a multiple of ``groups``.
        out_channels: number of output channels, a multiple of ``groups``.
        groups: number of blocks that the channels are split into.

    Raises:
        GeometryError: if the channels do not split into the groups.

    Example:
        >>> from convproof.axes import Axis
        >>> depthwise = Geometry(
        ...     axes=(Axis(input_size=2, kernel_size=2),), in_channels=2, out_channels=2, groups=2
        ... )
        >>> depthwise.triples()
        a[0] = w[0] x[0] + w[1] x[1]
        a[1] = w[2] x[2] + w[3] x[3]
    """

    axes: tuple[AxisLike, ...]
    in_channels: int = 1
    out_channels: int = 1
    groups: int = 1

    def __post_init__(self) -> None:
        check_groups(self.in_channels, self.out_channels, self.groups)

    @property
    def input_size(self) -> tuple[int, ...]:
        """Spatial sizes of the input."""
        return tuple(axis.input_size for axis in self.axes)

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """Taps per axis."""
        return tuple(axis.kernel_size for axis in self.axes)

    @property
    def output_size(self) -> tuple[int, ...]:
        """Spatial sizes of the output."""
        return tuple(axis.output_size for axis in self.axes)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input: channels, then the spatial sizes."""
        return (self.in_channels, *self.input_size)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weights: ``(out_channels, in_channels / groups, *kernel_size)``."""
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one output: channels, then the spatial sizes."""
        return (self.out_channels, *self.output_size)

    def triples(self) -> Triples:
        """Return the multiset of flat ``(output, weight, input)`` positions."""
        product = self._channel_triples()
        for axis in self.axes:
            product = product * axis.triples()
        return product

    def _channel_triples(self) -> Triples:
        per_group = self.in_channels // self.groups
        weight = np.arange(self.out_channels * per_group)
        m, c = np.divmod(weight, per_group)
        group = m // (self.out_channels // self.groups)
        sizes = (self.out_channels, len(weight), self.in_channels)
        return Triples(m, weight, group * per_group + c, sizes=sizes)


def unshared(geometry: Geometry) -> Triples:
    """Return the triples of a locally connected layer: each output has weights of its own.

    Flat weight positions are row-major in ``(out_channel, in_channel / groups, *output, *taps)``.

    Example:
        >>> from convproof.axes import Axis
        >>> unshared(Geometry(axes=(Axis(input_size=3, kernel_size=2),)))
        a[0] = w[0] x[0] + w[1] x[1]
        a[1] = w[2] x[1] + w[3] x[2]
    """
    shared = geometry.triples()
    positions, taps = prod(geometry.output_size), prod(geometry.kernel_size)
    channels, tap = np.divmod(shared.tap, taps)
    weight = (channels * positions + shared.output % positions) * taps + tap
    O, K, I = shared.sizes
    return Triples(shared.output, weight, shared.input, sizes=(O, K * positions, I))


def receptive_field(layers: Iterable[tuple[int, int, int]]) -> tuple[int, int]:
    """Return the receptive field of a stack of layers along one axis, and its effective stride.

    With span ``t (r - 1) + 1`` per layer, ``R = 1``, ``J = 1`` at the input and then::

        R <- R + (span - 1) * J            J <- J * stride

    Args:
        layers: ``(kernel_size, stride, dilation)`` of each layer, the input's neighbour first.

    Example:
        Three 3x3 kernels see what one 7x7 kernel sees:

        >>> receptive_field([(3, 1, 1)] * 3)
        (7, 1)
    """
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size += dilation * (kernel_size - 1) * jump
        jump *= stride
    return size, jump


def check_groups(in_channels: int, out_channels: int, groups: int) -> None:
    """Raise ``GeometryError`` unless both channel counts are multiples of ``groups``."""
    at_least(1, in_channels=in_channels, out_channels=out_channels, groups=groups)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % groups:
            both = gcd(in_channels, out_channels)
            nearest = max(g for g in range(1, groups) if both % g == 0)
            msg = (
                f"{name} must be a multiple of groups, but {channels} mod {groups} = "
                f"{channels % groups}. Use groups={nearest}, or {name}="
                f"{-(-channels // groups) * groups}."
            )
            raise GeometryError(msg)
