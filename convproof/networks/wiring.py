"""What a graph needs beside layers: joining, flattening, dropping out; without parameters."""

from dataclasses import dataclass
from math import prod

from convproof.errors import GeometryError, ShapeError
from convproof.layers import Layer, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(Layer):
    """Feature maps of several layers, one after the other: ``y = (x_1; x_2; ...)``."""

    def joined_shape(self, shapes: tuple[Shape, ...]) -> Shape:
        """Return the shape of the output.

        Raises:
            ShapeError: if they differ in more than their channels.
        """
        first = shapes[0]
        for other in shapes[1:]:
            if (other[0], *other[2:]) != (first[0], *first[2:]):
                msg = (
                    "feature maps that are joined must have one spatial size, but they have "
                    f"{' and '.join(str(s[2:]) for s in shapes)}."
                )
                raise ShapeError(msg)
        return (first[0], sum(shape[1] for shape in shapes), *first[2:])

    def operations(self, input_shape: Shape) -> int:
        """None: nothing is computed."""
        del input_shape
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatten(Layer):
    """Every image as a vector, channels first: ``(N, C, H, W)`` becomes ``(N, C H W)``."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, volume)``."""
        return input_shape[0], prod(input_shape[1:])

    def operations(self, input_shape: Shape) -> int:
        """None: nothing is computed."""
        del input_shape
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(Layer):
    """In training, each element is zero with probability ``p``, else divided by ``1 - p``.

    Otherwise it is the identity (Srivastava et al. 2014, with the scale in training).

    Attributes:
        p: probability of a zero, ``0 <= p < 1``.
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.p < 1:
            msg = f"dropout needs 0 <= p < 1, got p={self.p}."
            raise GeometryError(msg)

    def operations(self, input_shape: Shape) -> int:
        """None, as it is used after training."""
        del input_shape
        return 0
