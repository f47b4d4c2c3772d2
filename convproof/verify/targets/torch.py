"""PyTorch's own layers as an implementation: forward by its functions, VJPs by its autograd."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

import numpy as np

from convproof.errors import MissingExtraError, UnsupportedError

try:
    import torch
    import torch.nn.functional as F  # noqa: N812  # as everyone writes it
except ImportError:
    raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message

from convproof.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    Bias,
    Conv,
    ConvTranspose,
    CrossEntropy,
    Fold,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    Linear,
    LocallyConnected,
    LocalResponseNorm,
    Maxout,
    MaxPool,
    MaxUnpool,
    ReLU,
    Softmax,
    Tanh,
    Unfold,
)
from convproof.verify.targets.tensors import to_numpy, to_torch

Tensor = torch.Tensor


class TorchImplementation:
    """The four verbs, on NumPy arrays or tensors; the answer is of the kind that was given.

    Asymmetric and circular padding are offered, by padding first, but not declared: they would
    verify this adapter. PyTorch's own functions have neither.
    """

    name = "torch"
    supports: frozenset[str] = frozenset()

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        """Return ``y``."""
        return _like(x, compute(layer, _tensor(x), *map(_tensor, arrays)))

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        """Return ``x_bar``, by autograd."""
        cotangent = _tensor(y_bar)
        if isinstance(x, tuple):
            at = torch.zeros(x, dtype=cotangent.dtype, device=cotangent.device)
        else:
            at = _tensor(x).detach()
        held = [_tensor(array) for array in arrays]
        return _like(y_bar, _gradient(lambda t: compute(layer, t, *held), at, cotangent))

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        """Return ``w_bar``, by autograd."""
        images, cotangent = _tensor(x), _tensor(y_bar)
        shape = layer.parameter_shapes["weight"]
        at = torch.zeros(shape, dtype=images.dtype, device=images.device)
        return _like(y_bar, _gradient(lambda t: compute(layer, images, t), at, cotangent))

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        """Return ``b_bar``, by autograd."""
        cotangent = _tensor(y_bar)
        images = torch.zeros_like(cotangent)
        shape = layer.parameter_shapes["bias"]
        at = torch.zeros(shape, dtype=images.dtype, device=images.device)
        return _like(y_bar, _gradient(lambda t: compute(layer, images, t), at, cotangent))


implementation = TorchImplementation()


def _tensor(array: Any) -> Tensor:
    if isinstance(array, Tensor):
        return array
    if not all(stride >= 0 for stride in array.strides) or not array.flags.writeable:
        array = array.copy()  # torch takes neither
    return to_torch(array)


def _like(given: Any, answer: Any) -> Any:
    if isinstance(answer, tuple):
        return tuple(_like(given, part) for part in answer)
    return to_numpy(answer) if isinstance(given, np.ndarray) else answer


def _gradient(function: Callable[[Tensor], Any], at: Tensor, y_bar: Tensor) -> Tensor:
    at = at.detach().requires_grad_()
    y = function(at)
    y = y[0] if isinstance(y, tuple) else y
    (gradient,) = torch.autograd.grad(y, at, y_bar)
    return gradient


@singledispatch
def compute(layer: Layer, x: Tensor, *arrays: Tensor) -> Any:
    """Return what torch's function for the layer gives."""
    del x, arrays
    msg = f"the implementation 'torch' has no {type(layer).__name__}."
    raise UnsupportedError(msg)


def _op(stem: str, dims: int) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(F, f"{stem}{dims}d")
    return function


def _symmetric(ends: tuple[tuple[int, int], ...]) -> bool:
    return all(low == high for low, high in ends)


def _bordered(x: Tensor, ends: tuple[tuple[int, int], ...]) -> Tensor:
    return F.pad(x, [end for pair in reversed(ends) for end in pair])


def _wrapped(x: Tensor, ends: tuple[tuple[int, int], ...]) -> Tensor:
    for axis, (low, high) in enumerate(ends, start=2):
        size = x.shape[axis]
        x = x.index_select(axis, torch.arange(-low, size + high) % size)
    return x


@compute.register
def _(layer: Conv, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    ends = tuple(axis.padding for axis in layer.axes(tuple(x.shape[2:])))
    padding = tuple(low for low, _ in ends)
    if layer.padding_mode == "circular":
        x, padding = _wrapped(x, ends), (0,) * len(ends)
    elif not _symmetric(ends):
        x, padding = _bordered(x, ends), (0,) * len(ends)
    function = _op("conv", len(ends))
    return function(x, w, b, layer.stride, padding, layer.dilation, layer.groups)  # type: ignore[no-any-return]


@compute.register
def _(layer: LocallyConnected, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    del layer, x, w, b
    msg = "torch has no locally connected layer."
    raise UnsupportedError(msg)


@compute.register
def _(layer: ConvTranspose, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    if not _symmetric(layer.padding):
        msg = "torch's transposed convolution crops both ends alike."
        raise UnsupportedError(msg)
    function = _op("conv_transpose", len(layer.stride))
    padding = tuple(low for low, _ in layer.padding)
    return function(  # type: ignore[no-any-return]
        x, w, b, layer.stride, padding, layer.output_padding, layer.groups, layer.dilation
    )


@compute.register
def _(layer: Bias, x: Tensor, b: Tensor) -> Tensor:
    return (x.movedim(layer.channel_axis, -1) + b).movedim(-1, layer.channel_axis)


@compute.register
def _(layer: Linear, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    del layer
    return F.linear(x, w, b)


@compute.register
def _(layer: MaxPool, x: Tensor) -> Any:
    ends = tuple(axis.padding for axis in layer.axes(tuple(x.shape[2:])))
    if not _symmetric(ends):
        msg = "torch's max pooling pads both ends alike."
        raise UnsupportedError(msg)
    return _op("max_pool", len(ends))(
        x, layer.kernel_size, layer.stride, tuple(low for low, _ in ends), layer.dilation,
        layer.ceil_mode, layer.return_indices,
    )  # fmt: skip


@compute.register
def _(layer: AvgPool, x: Tensor) -> Tensor:
    ends = tuple(axis.padding for axis in layer.axes(tuple(x.shape[2:])))
    plain = _symmetric(ends) and set(layer.dilation) == {1}
    if not plain or (len(ends) == 1 and layer.divisor_override is not None):
        msg = "torch's average pooling has no dilation and pads both ends alike."
        raise UnsupportedError(msg)
    if len(ends) == 3 and any(n < r for n, r in zip(x.shape[2:], layer.kernel_size, strict=True)):
        msg = "torch's avg_pool3d refuses an input below the kernel, whatever the padding."
        raise UnsupportedError(msg)
    override = () if len(ends) == 1 else (layer.divisor_override,)
    return _op("avg_pool", len(ends))(  # type: ignore[no-any-return]
        x, layer.kernel_size, layer.stride, tuple(low for low, _ in ends), layer.ceil_mode,
        layer.count_include_pad, *override,
    )  # fmt: skip


@compute.register
def _(layer: AdaptiveMaxPool, x: Tensor) -> Any:
    sizes = layer.sizes(tuple(x.shape[2:]))
    return _op("adaptive_max_pool", len(sizes))(x, sizes, layer.return_indices)


@compute.register
def _(layer: AdaptiveAvgPool, x: Tensor) -> Tensor:
    sizes = layer.sizes(tuple(x.shape[2:]))
    return _op("adaptive_avg_pool", len(sizes))(x, sizes)  # type: ignore[no-any-return]


@compute.register
def _(layer: GlobalMaxPool, x: Tensor) -> Tensor:
    return _op("adaptive_max_pool", layer.dims)(x, 1)  # type: ignore[no-any-return]


@compute.register
def _(layer: GlobalAvgPool, x: Tensor) -> Tensor:
    return _op("adaptive_avg_pool", layer.dims)(x, 1)  # type: ignore[no-any-return]


@compute.register
def _(layer: MaxUnpool, x: Tensor, indices: Tensor) -> Tensor:
    shape = layer.output_shape(tuple(x.shape))
    padding = tuple(low for low, _ in layer.padding)
    unpool = _op("max_unpool", len(padding))
    y: Tensor = unpool(x, indices, layer.kernel_size, layer.stride, padding, shape[2:])
    return y


@compute.register
def _(layer: Unfold, x: Tensor) -> Tensor:
    ends = tuple(axis.padding for axis in layer.axes(tuple(x.shape[2:])))
    if len(ends) != 2 or not _symmetric(ends):
        msg = "torch's unfold takes two axes, both ends padded alike."
        raise UnsupportedError(msg)
    padding = tuple(low for low, _ in ends)
    return F.unfold(x, layer.kernel_size, layer.dilation, padding, layer.stride)


@compute.register
def _(layer: Fold, x: Tensor) -> Tensor:
    ends = tuple(axis.padding for axis in layer.unfold.axes(layer.output_size))
    if len(ends) != 2 or not _symmetric(ends):
        msg = "torch's fold takes two axes, both ends padded alike."
        raise UnsupportedError(msg)
    padding = tuple(low for low, _ in ends)
    return F.fold(x, layer.output_size, layer.kernel_size, layer.dilation, padding, layer.stride)


@compute.register
def _(layer: LocalResponseNorm, x: Tensor) -> Tensor:
    return F.local_response_norm(x, layer.size, layer.alpha, layer.beta, layer.k)


@compute.register
def _(layer: Maxout, x: Tensor) -> Tensor:
    images, channels, *sizes = x.shape
    units = x.reshape(images, channels // layer.pool_size, layer.pool_size, *sizes)
    return torch.max(units, dim=2).values  # the first of equal ones


@compute.register
def _(layer: ReLU, x: Tensor) -> Tensor:
    del layer
    return F.relu(x)


@compute.register
def _(layer: Tanh, x: Tensor) -> Tensor:
    return layer.amplitude * torch.tanh(layer.slope * x)


@compute.register
def _(layer: Softmax, x: Tensor) -> Tensor:
    return F.softmax(x, layer.dim)


@compute.register
def _(layer: CrossEntropy, x: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(x, target, ignore_index=layer.ignore_index, reduction=layer.reduction)
