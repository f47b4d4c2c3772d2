"""Random tensors of a row: ``x``, ``w``, ``b`` and ``y_bar``, in several sets of buffers."""

from dataclasses import dataclass
from math import prod
from typing import Any

from convproof.layers import Shape
from convproof_gpu.measuring.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """What an operation reads, normally distributed; None: it has no such operand.

    Attributes:
        x: the input.
        w: the weight.
        b: the bias, of ``fused`` alone.
        y_bar: the cotangent of the output, of the derivatives alone.
    """

    x: Any
    w: Any
    b: Any
    y_bar: Any


def shapes(row: Row) -> dict[str, Shape | None]:
    """Return the shape of each operand by its name."""
    backward = row.operation in ("input_vjp", "weight_vjp")
    channels = getattr(row.layer, "out_channels", 0)
    return {
        "x": row.input_shape,
        "w": row.weight_shape,
        "b": (channels,) if row.operation == "fused" else None,
        "y_bar": row.output_shape if backward else None,
    }


def answer_shape(row: Row) -> Shape:
    """Return the shape of what the operation returns."""
    if row.operation == "input_vjp":
        return row.input_shape
    shape = row.weight_shape if row.operation == "weight_vjp" else row.output_shape
    assert shape is not None
    return shape


def set_bytes(row: Row, itemsize: int) -> int:
    """Return the bytes of one set of buffers with its answer."""
    held = [prod(shape) for shape in shapes(row).values() if shape is not None]
    return itemsize * (sum(held) + prod(answer_shape(row)))


def drawn(row: Row, dtype: str, device: str, seed: int) -> Arrays:
    """Return tensors of a dtype, such as ``"float32"``, on a device of PyTorch's."""
    import torch

    generator = torch.Generator(device).manual_seed(seed)

    def normal(shape: Shape | None) -> Any:
        if shape is None:
            return None
        made = torch.randn(shape, generator=generator, device=device, dtype=torch.float32)
        return made.to(getattr(torch, dtype))

    return Arrays(**{name: normal(shape) for name, shape in shapes(row).items()})
