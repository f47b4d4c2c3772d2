"""The answer in float64, and what its error is measured by.

A product's is computed of unfolded inputs, ``y = W U(x)``, by a matrix product in float64: not by
the convolution of any library that is measured. Beside each sum stands ``sum |x w|``, to which the
error of every order of summation is in proportion. Other layers are PyTorch's own, in float64.
"""

from collections.abc import Iterator
from math import prod
from typing import Any

from convproof.layers import Conv, ConvTranspose, Linear
from convproof_gpu.measuring.arrays import Arrays
from convproof_gpu.measuring.rows import Row, is_product

_CHUNK = 2 << 30  # bytes of unfolded images at a time


def answer(row: Row, arrays: Arrays) -> tuple[Any, Any]:
    """Return what the operation is in float64, and the scale of its errors, of equal shapes."""
    if not is_product(row.layer):
        return _weightless(row, arrays)
    x, w, y_bar = (None if t is None else t.double() for t in (arrays.x, arrays.w, arrays.y_bar))
    right = _product(row, x, w, y_bar)
    scale = _product(row, *(None if t is None else t.abs() for t in (x, w, y_bar)))
    if row.operation == "fused":
        bias = arrays.b.double().reshape(-1, *(1,) * (right.ndim - 2))
        return (right + bias).clamp_min_(0), scale + bias.abs()
    return right, scale


def _product(row: Row, x: Any, w: Any, y_bar: Any) -> Any:
    layer, operation = row.layer, row.operation
    if isinstance(layer, Linear):
        if operation == "forward":
            return x @ w.T
        return y_bar @ w if operation == "input_vjp" else y_bar.T @ x
    if isinstance(layer, ConvTranspose):  # the adjoint of the convolution with the same weights
        relation = _Relation(layer, row.output_shape, row.input_shape)
        if operation == "forward":
            return relation.spread(x, w).reshape(row.output_shape)
        if operation == "input_vjp":
            return relation.gathered(y_bar, w).reshape(row.input_shape)
        return relation.weight(y_bar, x).reshape(row.weight_shape)
    assert isinstance(layer, Conv)
    relation = _Relation(layer, row.input_shape, row.output_shape)
    if operation == "input_vjp":
        return relation.spread(y_bar, w).reshape(row.input_shape)
    if operation == "weight_vjp":
        return relation.weight(x, y_bar).reshape(row.weight_shape)
    return relation.gathered(x, w).reshape(row.output_shape)


class _Relation:
    """A convolution from ``wide`` to ``narrow`` images, with two spatial axes.

    Args:
        layer: its window.
        wide: the shape of what is unfolded.
        narrow: the shape with one position per window.
    """

    def __init__(self, layer: Conv | ConvTranspose, wide: Any, narrow: Any) -> None:
        if isinstance(layer.padding, str) or any(low != high for low, high in layer.padding):
            msg = f"a reference pads both ends alike, not {layer.padding}."
            raise ValueError(msg)
        ones = (1,) * (2 - len(layer.kernel_size))
        self._wide = (*wide[:2], *ones, *wide[2:])
        self._narrow = (*narrow[:2], prod(narrow[2:]))
        self._groups = layer.groups
        self._taps = prod(layer.kernel_size)
        self._window = {
            "kernel_size": (*ones, *layer.kernel_size),
            "dilation": (*ones, *layer.dilation),
            "padding": (*(0 for _ in ones), *(low for low, _ in layer.padding)),
            "stride": (*ones, *layer.stride),
        }

    def gathered(self, x: Any, w: Any) -> Any:
        """Return ``W U(x)``, of the narrow shape with its positions as one axis."""
        import torch

        weight = w.reshape(self._groups, -1, self._depth)
        parts = [weight @ self._unfolded(x[chunk]) for chunk in self._chunks()]
        return torch.cat(parts)

    def spread(self, y: Any, w: Any) -> Any:
        """Return the adjoint, of the wide shape."""
        import torch
        from torch.nn import functional

        weight = w.reshape(self._groups, -1, self._depth).transpose(1, 2)
        parts = []
        for chunk in self._chunks():
            columns = weight @ self._grouped(y[chunk])
            flat = columns.reshape(len(columns), -1, self._narrow[2])
            parts.append(functional.fold(flat, self._wide[2:], **self._window))
        return torch.cat(parts)

    def weight(self, x: Any, y: Any) -> Any:
        """Return ``sum_n y_n U(x_n)^T``."""
        total: Any = 0
        for chunk in self._chunks():
            unfolded = self._unfolded(x[chunk]).transpose(2, 3)
            total = total + (self._grouped(y[chunk]) @ unfolded).sum(0)
        return total

    @property
    def _depth(self) -> int:
        return int(self._wide[1] // self._groups * self._taps)

    def _unfolded(self, x: Any) -> Any:
        from torch.nn import functional

        columns = functional.unfold(x.reshape(len(x), *self._wide[1:]), **self._window)
        return columns.reshape(len(x), self._groups, self._depth, self._narrow[2])

    def _grouped(self, y: Any) -> Any:
        return y.reshape(len(y), self._groups, -1, self._narrow[2])

    def _chunks(self) -> Iterator[slice]:
        image = 8 * self._groups * self._depth * self._narrow[2]
        step = max(1, _CHUNK // image)
        for start in range(0, self._narrow[0], step):
            yield slice(start, start + step)


def _weightless(row: Row, arrays: Arrays) -> tuple[Any, Any]:
    """Return the answer, and the largest magnitude in it."""
    import torch

    from convproof_gpu.measuring.rivals import torch_forward

    x = arrays.x.double()
    if row.operation == "forward":
        right = torch_forward(row.layer, x)
    else:
        x.requires_grad_()
        y = torch_forward(row.layer, x)
        (right,) = torch.autograd.grad(y, x, arrays.y_bar.double())
    return right.detach(), right.detach().abs().amax().expand_as(right)
