"""A convolution with what follows it, as one layer: bias, ReLU and max pooling.

::

    y = pool(relu(conv(x, w) + b))

Activations may lie with their channels last, ``(N, *I, C)``, so that several in a row turn none
round.
"""

from dataclasses import dataclass
from math import prod

from convproof.errors import GeometryError, UnsupportedError
from convproof.layers import Conv, Layer, MaxPool, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused(Layer):
    """``y = pool(relu(conv(x, w) + b))``, in as few kernels as there are for it.

    Attributes:
        conv: the convolution, with its bias or without.
        relu: whether there is a ReLU.
        pool: the pooling, or None.
        reads_last: whether ``x`` is an array ``(N, *I, C)``.
        writes_last: whether ``y`` is an array ``(N, *O, M)``.

    Example:
        >>> from convproof.layers import Conv, MaxPool
        >>> one, two, none = (1, 1), (2, 2), ((0, 0), (0, 0))
        >>> conv = Conv(in_channels=64, out_channels=128, kernel_size=(3, 3), stride=one,
        ...             padding=((1, 1), (1, 1)), dilation=one)
        >>> pool = MaxPool(kernel_size=two, stride=two, padding=none, dilation=one)
        >>> Fused(conv=conv, pool=pool, writes_last=True).output_shape((8, 64, 56, 56))
        (8, 28, 28, 128)
    """

    conv: Conv
    relu: bool = True
    pool: MaxPool | None = None
    reads_last: bool = False
    writes_last: bool = False

    def __post_init__(self) -> None:
        """Check what no input is needed for.

        Raises:
            UnsupportedError: if nothing computes such a layer.
            GeometryError: if the pooling has other axes than the convolution.
        """
        conv, pool = self.conv, self.pool
        if type(conv) is not Conv:
            msg = f"what is fused follows a Conv, got a {type(conv).__name__}: call it alone."
            raise UnsupportedError(msg)
        if (self.reads_last or self.writes_last) and conv.groups != 1:
            msg = (
                f"channels lie last where groups = 1, got groups={conv.groups}: use "
                "reads_last=False and writes_last=False."
            )
            raise UnsupportedError(msg)
        if pool is None:
            return
        if not isinstance(pool, MaxPool):
            msg = f"what is fused is a MaxPool, got a {type(pool).__name__}: call it alone."
            raise UnsupportedError(msg)
        if len(pool.kernel_size) != len(conv.kernel_size):
            msg = (
                f"the pooling must have the convolution's {len(conv.kernel_size)} axes, got "
                f"kernel_size={pool.kernel_size}."
            )
            raise GeometryError(msg)
        if pool.return_indices and self.writes_last:
            msg = "indices are written with channels first: use writes_last=False."
            raise UnsupportedError(msg)

    @property
    def input_axes(self) -> int | None:
        """Channels and the spatial axes."""
        return self.conv.input_axes

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """Those of the convolution."""
        return self.conv.parameter_shapes

    def channels_first(self, input_shape: Shape) -> Shape:
        """Return the input's shape as ``(N, C, *I)``."""
        if not self.reads_last:
            return input_shape
        return (input_shape[0], input_shape[-1], *input_shape[1:-1])

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(N, M, *O)``, or ``(N, *O, M)``."""
        shape = self.conv.output_shape(self.channels_first(input_shape))
        if self.pool is not None:
            shape = self.pool.output_shape(shape)
        return (shape[0], *shape[2:], shape[1]) if self.writes_last else shape

    def operations(self, input_shape: Shape) -> int:
        """Those of the convolution, and of each layer after it its input volume."""
        first = self.channels_first(input_shape)
        volume = prod(self.conv.output_shape(first)[1:])
        return self.conv.operations(first) + (self.relu + (self.pool is not None)) * volume
