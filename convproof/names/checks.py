"""What every functional name asks of its arrays before it calls a verb."""

from collections.abc import Sequence
from operator import index
from typing import Any

from convproof.errors import DTypeError, ShapeError
from convproof.layers import Shape


def as_shape(size: Sequence[int], name: str) -> Shape:
    """Return a shape argument as a tuple of integers."""
    try:
        return tuple(index(extent) for extent in size)
    except TypeError:
        msg = f"{name} must be a sequence of integers, got {size!r}."
        raise ShapeError(msg) from None


def shape_of(array: Any, name: str) -> Shape:
    """Return an array's shape, or say that it is no array."""
    shape = getattr(array, "shape", None)
    if shape is None:
        msg = f"{name} must be an array, got a {type(array).__name__}."
        raise DTypeError(msg)
    return tuple(shape)


def check_shape(array: Any, expected: Shape, name: str) -> None:
    """Raise ``ShapeError`` unless the array has the expected shape."""
    shape = shape_of(array, name)
    if shape != expected:
        msg = f"{name} must have the shape {expected}, got {shape}."
        raise ShapeError(msg)


def has_batch(shape: Shape, axes: int | None, name: str) -> bool:
    """Return whether a shape has the batch axis before its ``axes`` axes; None asks nothing."""
    if axes is None:
        return True
    if len(shape) not in (axes, axes + 1):
        msg = (
            f"{name} must have {axes + 1} axes, the batch first, or {axes} without it; got the "
            f"shape {shape}."
        )
        raise ShapeError(msg)
    return len(shape) == axes + 1
