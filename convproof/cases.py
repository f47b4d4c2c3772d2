"""A case: one convolution geometry with its data, and the function of it that is asked.

Data come from one seed, so a search shrinks sizes rather than array entries. Integers are never
zero, so that every tap of every output matters.
"""

from dataclasses import dataclass
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np

from convproof.implementation import Implementation
from convproof.layers import Bias, Conv, Shape

Role = Literal["forward", "input", "weight", "bias"]
ROLES: tuple[Role, ...] = ("forward", "input", "weight", "bias")


@dataclass(frozen=True, slots=True, order=True)
class Function:
    """A functional name of the convolution: ``conv2d``, ``conv2d_input``, ...

    Attributes:
        dims: number of spatial axes, 1 to 3.
        role: the layer itself, or which VJP.
    """

    dims: int
    role: Role

    @property
    def name(self) -> str:
        """The functional name."""
        return f"conv{self.dims}d" + ("" if self.role == "forward" else f"_{self.role}")

    @classmethod
    def all(cls) -> tuple["Function", ...]:
        """Return every function that verification knows, in the order it asks them."""
        return tuple(cls(dims, role) for dims in (1, 2, 3) for role in ROLES)


class Arrays(NamedTuple):
    """The arrays of a case; ``b`` is None where the layer has no bias."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray | None
    y_bar: np.ndarray

    def astype(self, dtype: Any) -> "Arrays":
        """Return the arrays in another dtype."""
        return self.map(lambda array: np.asarray(array).astype(dtype))

    def map(self, function: Any) -> "Arrays":
        """Return the arrays with a function applied to each."""
        return Arrays(*(None if array is None else function(array) for array in self))  # type: ignore[arg-type]

    def read_by(self, role: Role) -> dict[str, np.ndarray]:
        """Return the arrays that a function of this role is given, by name."""
        names = {"forward": "xwb", "input": "wy", "weight": "xy", "bias": "y"}[role]
        held = {"x": self.x, "w": self.w, "b": self.b, "y": self.y_bar}
        return {
            {"y": "y_bar"}.get(name, name): array
            for name in names
            if (array := held[name]) is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvCase:
    """A convolution bound to an input, with the seed of its data.

    Attributes:
        layer: the spec.
        input_size: spatial sizes of the input.
        batch: number of images.
        seed: of the data.
        magnitude: the integers lie in ``-magnitude..magnitude`` without 0.
    """

    layer: Conv
    input_size: Shape
    batch: int = 1
    seed: int = 0
    magnitude: int = 3

    @property
    def input_shape(self) -> Shape:
        """``(batch, in_channels, *input_size)``."""
        return (self.batch, self.layer.in_channels, *self.input_size)

    @property
    def elements(self) -> int:
        """Elements of the input and of the weights together."""
        return prod(self.input_shape) + prod(self.layer.weight_shape)

    @property
    def output_shape(self) -> Shape:
        """``(batch, out_channels, *output_size)``."""
        return self.layer.output_shape(self.input_shape)

    def integers(self) -> Arrays:
        """Return nonzero integers, as int64."""
        rng = np.random.default_rng(self.seed)

        def draw(shape: Shape) -> np.ndarray:
            sizes = rng.integers(1, self.magnitude + 1, shape)
            return np.where(rng.integers(0, 2, shape) == 0, sizes, -sizes)

        return self._arrays(draw)

    def reals(self, dtype: np.dtype) -> Arrays:
        """Return normally distributed numbers, rounded to the dtype."""
        rng = np.random.default_rng(self.seed)
        return self._arrays(lambda shape: np.asarray(rng.standard_normal(shape)).astype(dtype))

    def _arrays(self, draw: Any) -> Arrays:
        bias = draw((self.layer.out_channels,)) if self.layer.bias else None
        return Arrays(
            x=draw(self.input_shape),
            w=draw(self.layer.weight_shape),
            b=bias,
            y_bar=draw(self.output_shape),
        )

    def __str__(self) -> str:
        layer = self.layer
        parts = [
            f"x {self.input_shape}",
            f"w {layer.weight_shape}",
            f"bias {'yes' if layer.bias else 'no'}",
            f"stride {layer.stride}",
            f"padding {padding_argument(self)}",
            f"dilation {layer.dilation}",
            f"groups {layer.groups}",
        ]
        if layer.padding_mode != "zeros":
            parts.append(f"padding_mode {layer.padding_mode}")
        return "  ".join(parts)


def padding_argument(case: ConvCase) -> tuple[Any, ...]:
    """Return the padding as torch writes it, per axis, or as pairs where the ends differ."""
    ends = tuple(axis.padding for axis in case.layer.axes(case.input_size))
    return tuple(low for low, _ in ends) if all(low == high for low, high in ends) else ends


def options(case: ConvCase) -> dict[str, Any]:
    """Return the keyword arguments that a target is called with."""
    layer = case.layer
    circular = {} if layer.padding_mode == "zeros" else {"padding_mode": layer.padding_mode}
    return {
        "stride": layer.stride,
        "padding": padding_argument(case),
        "dilation": layer.dilation,
        "groups": layer.groups,
        **circular,
    }


def ask(implementation: Implementation, role: Role, case: ConvCase, arrays: Arrays) -> np.ndarray:
    """Return what an implementation answers for one function of the case."""
    layer, (x, w, b, y_bar) = case.layer, arrays
    if role == "forward":
        answer = implementation.forward(layer, x, w, *(() if b is None else (b,)))
    elif role == "input":
        answer = implementation.input_vjp(layer, case.input_shape, y_bar, w)
    elif role == "weight":
        answer = implementation.weight_vjp(layer, x, y_bar)
    else:
        spec = Bias(channels=layer.out_channels, image_axes=len(case.input_shape) - 1)
        answer = implementation.bias_vjp(spec, y_bar)
    return np.asarray(answer)
