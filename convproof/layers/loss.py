"""Losses of a classifier: scores of classes against the indices of the right ones."""

from dataclasses import dataclass
from math import prod
from operator import index as as_index
from typing import Any, Literal, get_args

from convproof.errors import GeometryError, ShapeError
from convproof.layers.base import Layer, Shape

Reduction = Literal["none", "mean", "sum"]
_MOST = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEntropy(Layer):
    """``loss[n, i] = log sum_c exp(x[n, c, i]) - x[n, target[n, i], i]``: scores ``(N, C, *I)``.

    Attributes:
        ignore_index: the target of scores that are left out: their loss is 0, and a mean is over
            the others.
        reduction: ``"none"``: every loss, of the targets' shape; ``"mean"`` and ``"sum"``: one
            number, without axes.
    """

    ignore_index: int = -100
    reduction: Reduction = "mean"

    def __post_init__(self) -> None:
        given: Any = self.ignore_index  # perhaps an array: weights of classes
        index = _integer(given)
        if index is None or not -_MOST <= index < _MOST:
            name = given if isinstance(given, str | int | float | None) else type(given).__name__
            msg = (
                f"ignore_index must be an integer of 64 bits, got {name!r}. The reduction is given "
                "by its name, reduction='sum', and there are no weights of classes: multiply the "
                "losses of reduction='none'."
            )
            raise GeometryError(msg)
        object.__setattr__(self, "ignore_index", index)
        told: object = self.reduction
        if not isinstance(told, str) or told not in get_args(Reduction):
            msg = f"reduction must be 'none', 'mean' or 'sum', got {told!r}."
            raise GeometryError(msg)

    def index_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The class of every line of scores: the input's shape without the classes."""
        axis = class_axis(input_shape)
        return {"target": input_shape[:axis] + input_shape[axis + 1 :]}

    def output_shape(self, input_shape: Shape) -> Shape:
        """The targets', or no axes where the losses are one number."""
        if not input_shape or not input_shape[class_axis(input_shape)]:
            msg = (
                "cross_entropy takes scores (batch, classes, *spatial), or (classes,), of at least "
                f"one class, got the shape {input_shape}."
            )
            raise ShapeError(msg)
        losses = self.index_shapes(input_shape)["target"]
        if self.reduction == "mean" and not prod(losses):
            msg = (
                f"there is no mean of the 0 losses of scores of the shape {input_shape}: 0 / 0. "
                "Use reduction='sum', or 'none'."
            )
            raise ShapeError(msg)
        return losses if self.reduction == "none" else ()


def class_axis(input_shape: Shape) -> int:
    """Return the axis of the classes: 1, or 0 where there is no other."""
    return min(1, len(input_shape) - 1)


def _integer(value: Any) -> int | None:
    """Return an integer, NumPy's too, as Python's; None: it is none."""
    try:
        return None if isinstance(value, bool) else as_index(value)
    except TypeError:
        return None
