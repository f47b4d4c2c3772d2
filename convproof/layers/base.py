"""What every layer spec answers: its output's shape, its parameters and its operations.

Counting is the lecture's: a convolution has ``(r^2 k + 1) k'`` parameters and as many operations
per output position; a layer without weights counts its input volume.
"""

from dataclasses import dataclass
from math import prod

from convproof.errors import ShapeError

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer's hyper-parameters; subclasses add them and the shape law."""

    @property
    def input_axes(self) -> int | None:
        """Axes of the input without the batch, which may be left out; None: the layer's own."""
        return None

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """Shape of each trainable array, by name."""
        return {}

    def index_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Shape of each array of integers that stands beside an input, by name."""
        del input_shape
        return {}

    @property
    def parameters(self) -> int:
        """Number of trainable numbers."""
        return sum(prod(shape) for shape in self.parameter_shapes.values())

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for one of the input, both with the batch axis."""
        return input_shape

    def operations(self, input_shape: Shape) -> int:
        """Return the operations for one image: here the input volume."""
        return prod(input_shape[1:])


def check_axes(layer: str, input_shape: Shape, dims: int) -> None:
    """Raise ``ShapeError`` unless the input has a batch, a channel and ``dims`` spatial axes."""
    if len(input_shape) != dims + 2:
        msg = (
            f"{layer} over {dims} {'axis' if dims == 1 else 'axes'} takes an input of {dims + 2} "
            f"axes (batch, channels, *spatial), or {dims + 1} without the batch, got the shape "
            f"{input_shape}."
        )
        raise ShapeError(msg)


def check_channels(layer: str, input_shape: Shape, channels: int) -> None:
    """Raise ``ShapeError`` unless the input has as many channels as the weights read."""
    if input_shape[1] != channels:
        msg = (
            f"{layer} reads in_channels={channels} channels, but the input of shape {input_shape} "
            f"has {input_shape[1]}. Give it {channels} channels, or weights that read "
            f"{input_shape[1]}."
        )
        raise ShapeError(msg)
