"""The layers on PyTorch's tensors: custom operators, whose derivatives are our VJPs.

==========================  =================================================================
operator                    is
==========================  =================================================================
``convproof::forward``      ``y = layer(x, *arrays)``
``convproof::argmax``       the same of max pooling, with the indices of the maxima
``convproof::input_vjp``    ``x_bar``, of a shape or of ``x``
``convproof::weight_vjp``   ``w_bar``
``convproof::bias_vjp``     ``b_bar``
==========================  =================================================================

Tensors of a CPU are seen as NumPy's arrays, by the implementation ``numpy``; those of a GPU are
``gpu``'s. What precision a call promises, its derivatives do: it is a part of the word that stands
for a layer in an operator. Layers that are bilinear, or linear in ``x``, and ReLU have second
derivatives too. A call that nothing in PyTorch looks on, with no derivative wanted and no graph
made, is not sent through an operator, which takes longer than a small kernel.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from convproof.errors import DTypeError, MissingExtraError, UnsupportedError
from convproof.implementation import load_implementation

try:
    import torch
    from torch import Tensor
    from torch.autograd import forward_ad
except ImportError:
    raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message

import ml_dtypes

from convproof import layers
from convproof.layers import Layer
from convproof_gpu.watched import is_transformed, is_watched

_BILINEAR = (layers.Conv, layers.ConvTranspose, layers.Linear)
_LINEAR = (
    layers.Unfold, layers.Fold, layers.AvgPool, layers.AdaptiveAvgPool, layers.GlobalAvgPool,
)  # fmt: skip
_LAYERS: dict[str, tuple[Layer, str]] = {}  # and its precision


class Tensors:
    """The four verbs on tensors, each a custom operator.

    Args:
        precision: in which floats on a GPU may be multiplied, see ``convproof_gpu.wing.Wing``.
    """

    supports = frozenset({"asymmetric", "circular", "integer"})

    def __init__(self, precision: str = "float32") -> None:
        self.name = "tensors" if precision == "float32" else f"tensors-{precision}"
        self.precision = precision

    def with_precision(self, precision: str) -> "Tensors":
        """Return the same verbs in a precision."""
        return _of(precision)

    def forward(self, layer: Layer, x: Tensor, *arrays: Tensor) -> Any:
        """Return ``y``."""
        if not is_watched((x, *arrays)):
            return _computed("forward", layer, self.precision, x, *arrays)
        _check(x, *arrays)
        operator = _argmax if getattr(layer, "return_indices", False) else _forward
        return operator(_word(layer, self.precision), x, list(arrays))

    def input_vjp(self, layer: Layer, x: Any, y_bar: Tensor, *arrays: Tensor) -> Any:
        """Return ``x_bar``."""
        tensors = (y_bar, *arrays) if isinstance(x, tuple) else (x, y_bar, *arrays)
        if not is_watched(tensors):
            return _computed("input_vjp", layer, self.precision, x, y_bar, *arrays)
        _check(*tensors)
        if isinstance(x, tuple):
            return _input_vjp(_word(layer, self.precision), list(x), None, y_bar, list(arrays))
        return _input_vjp(_word(layer, self.precision), list(_sizes(x)), x, y_bar, list(arrays))

    def weight_vjp(self, layer: Layer, x: Tensor, y_bar: Tensor) -> Any:
        """Return ``w_bar``."""
        if not is_watched((x, y_bar)):
            return _computed("weight_vjp", layer, self.precision, x, y_bar)
        _check(x, y_bar)
        return _weight_vjp(_word(layer, self.precision), x, y_bar)

    def bias_vjp(self, layer: Layer, y_bar: Tensor) -> Any:
        """Return ``b_bar``."""
        if not is_watched((y_bar,)):
            return _computed("bias_vjp", layer, self.precision, y_bar)
        _check(y_bar)
        return _bias_vjp(_word(layer, self.precision), y_bar)


def _check(*arrays: Any) -> None:
    """Raise unless all are dense tensors of one device that autograd alone asks for derivatives.

    Raises:
        DTypeError: if one is no tensor, is sparse, or lies elsewhere.
        UnsupportedError: in forward mode and in ``torch.func``, which these operators do not have.
    """
    held = [
        f"torch.Tensor on {array.device}"
        if isinstance(array, Tensor)
        else f"{type(array).__module__}.{type(array).__name__}"
        for array in arrays
    ]
    if len(set(held)) > 1 or not isinstance(arrays[0], Tensor):
        msg = (
            "The arrays of one call must be tensors of one device, got "
            f"{', '.join(dict.fromkeys(held))}. Use torch.from_numpy or .to(device)."
        )
        raise DTypeError(msg)
    for array in arrays:
        if array.layout is not torch.strided:
            msg = f"the layers take dense tensors, got one of {array.layout}: use .to_dense()."
            raise DTypeError(msg)
    if any(map(_has_tangent, arrays)):
        msg = (
            "the layers on tensors have no forward-mode derivatives (torch.func.jvp, jacfwd): use "
            "backward mode (torch.autograd.grad)."
        )
        raise UnsupportedError(msg)
    if any(map(is_transformed, arrays)):
        msg = (
            "the layers on tensors have no torch.func transforms (grad, vjp, jacrev, vmap): use "
            "torch.autograd.grad, and a batch axis."
        )
        raise UnsupportedError(msg)


def _has_tangent(tensor: Tensor) -> bool:
    unpack: Any = forward_ad.unpack_dual
    return unpack(tensor).tangent is not None


@cache
def _word(layer: Layer, precision: str = "float32") -> str:
    """Return a layer in a precision as an operator's argument, which must be a plain value."""
    word = repr(layer) if precision == "float32" else f"{layer!r} in {precision}"
    _LAYERS.setdefault(word, (layer, precision))
    return word


def _layer(word: str) -> Layer:
    """Return the layer that a word was made of."""
    return _meant(word)[0]


def _meant(word: str) -> tuple[Layer, str]:
    """Return the layer and the precision that a word was made of.

    Raises:
        UnsupportedError: if that was in another process, as a saved graph's.
    """
    if word not in _LAYERS:
        msg = f"{word} was saved by another process: call this layer once here, then load it."
        raise UnsupportedError(msg)
    return _LAYERS[word]


def _asked(verb: str, word: str, *given: Any) -> Any:
    """Return what the implementation answers that fits the tensors' device."""
    return _computed(verb, *_meant(word), *given)


def _computed(verb: str, layer: Layer, precision: str, *given: Any) -> Any:
    like = given[1] if isinstance(given[0], tuple) else given[0]
    implementation: Any = load_implementation("gpu" if like.is_cuda else "numpy")
    if like.is_cuda:
        return getattr(implementation.with_precision(precision), verb)(layer, *given)
    with np.errstate(all="ignore"):  # tensors overflow silently
        answer = getattr(implementation, verb)(layer, *map(_as_array, given))
    if isinstance(answer, tuple):
        return tuple(_as_tensor(part, given) for part in answer)
    return _as_tensor(answer, given)


def _as_array(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    held = value.detach()
    if held.dtype == torch.bfloat16:
        return held.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return held.numpy()


def _as_tensor(answer: Any, given: Sequence[Any]) -> Tensor:
    """Return an answer as a tensor with memory of its own, as an operator must."""
    if isinstance(answer, Tensor):
        return answer
    array = np.ascontiguousarray(answer).reshape(np.shape(answer))
    arrays = [_as_array(value) for value in given if isinstance(value, Tensor)]
    if any(np.may_share_memory(array, other) for other in arrays):
        array = array.copy()
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def _shape(word: str, x: Tensor, arrays: Sequence[Tensor]) -> tuple[int, ...]:
    layer = _layer(word)
    if isinstance(layer, layers.Convolve):
        axes = layer.axes(_sizes(x), _sizes(arrays[0]))
        return tuple(axis.output_size for axis in axes)
    return layer.output_shape(_sizes(x))


def _sizes(tensor: Tensor) -> tuple[int, ...]:
    """Return the shape in integers: a compiled graph is one of its sizes."""
    return tuple(map(int, tensor.shape))


def _empty(like: Tensor, shape: Sequence[int]) -> Tensor:
    dtype = like.dtype if like.dtype.is_floating_point else torch.int64
    return like.new_empty(tuple(shape), dtype=dtype)


@torch.library.custom_op("convproof::forward", mutates_args=())
def _forward(layer: str, x: Tensor, arrays: Sequence[Tensor]) -> Tensor:
    y: Tensor = _asked("forward", layer, x, *arrays)
    return y


@_forward.register_fake
def _(layer: str, x: Tensor, arrays: Sequence[Tensor]) -> Tensor:
    return _empty(x, _shape(layer, x, arrays))


@torch.library.custom_op("convproof::argmax", mutates_args=())
def _argmax(layer: str, x: Tensor, arrays: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    y, indices = _asked("forward", layer, x, *arrays)
    return y, indices


@_argmax.register_fake
def _(layer: str, x: Tensor, arrays: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    shape = _shape(layer, x, arrays)
    return _empty(x, shape), x.new_empty(shape, dtype=torch.int64)


@torch.library.custom_op("convproof::input_vjp", mutates_args=())
def _input_vjp(
    layer: str, shape: Sequence[int], x: Tensor | None, y_bar: Tensor, arrays: Sequence[Tensor]
) -> Tensor:
    at = tuple(shape) if x is None else x
    x_bar: Tensor = _asked("input_vjp", layer, at, y_bar, *arrays)
    return x_bar


@_input_vjp.register_fake
def _(
    layer: str, shape: Sequence[int], x: Tensor | None, y_bar: Tensor, arrays: Sequence[Tensor]
) -> Tensor:
    del layer, x, arrays
    return _empty(y_bar, shape)


@torch.library.custom_op("convproof::weight_vjp", mutates_args=())
def _weight_vjp(layer: str, x: Tensor, y_bar: Tensor) -> Tensor:
    w_bar: Tensor = _asked("weight_vjp", layer, x, y_bar)
    return w_bar


@_weight_vjp.register_fake
def _(layer: str, x: Tensor, y_bar: Tensor) -> Tensor:
    del x
    return _empty(y_bar, _layer(layer).parameter_shapes["weight"])


@torch.library.custom_op("convproof::bias_vjp", mutates_args=())
def _bias_vjp(layer: str, y_bar: Tensor) -> Tensor:
    b_bar: Tensor = _asked("bias_vjp", layer, y_bar)
    return b_bar


@_bias_vjp.register_fake
def _(layer: str, y_bar: Tensor) -> Tensor:
    return _empty(y_bar, _layer(layer).parameter_shapes["bias"])


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    word, x, arrays = inputs
    ctx.word = word
    ctx.save_for_backward(x, *arrays)
    if isinstance(output, tuple):
        ctx.mark_non_differentiable(output[1])


def _forward_backward(ctx: Any, y_bar: Tensor, *_: Any) -> tuple[Any, ...]:
    """Return the gradients of ``forward`` in its three arguments."""
    word, layer = ctx.word, _layer(ctx.word)
    x, *arrays = ctx.saved_tensors
    wanted = ctx.needs_input_grad[1]
    if isinstance(layer, layers.Convolve):
        _refuse(layer, "a derivative")
    operands = arrays[:1]  # the weight, or the indices of MaxUnpool
    x_bar = _input_vjp(word, list(_sizes(x)), x, y_bar, operands) if wanted else None
    bars: list[Tensor | None] = [None] * len(arrays)
    if isinstance(layer, layers.Bias):
        x_bar = y_bar.clone() if wanted else None
        bars[0] = _bias_vjp(word, y_bar)
    elif isinstance(layer, (*_BILINEAR, layers.LocallyConnected)):
        if arrays[0].requires_grad:
            bars[0] = _weight_vjp(word, x, y_bar)
        if len(arrays) > 1 and arrays[1].requires_grad:
            axis = -1 if isinstance(layer, layers.Linear) else 1
            bias = layers.Bias(channels=int(arrays[1].shape[0]), channel_axis=axis)
            bars[1] = _bias_vjp(_word(bias), y_bar)
    return None, x_bar, bars


_forward.register_autograd(_forward_backward, setup_context=_keep)
_argmax.register_autograd(_forward_backward, setup_context=_keep)


def _keep_input_vjp(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    del output
    ctx.word, _, x, y_bar, arrays = inputs
    ctx.save_for_backward(y_bar, *([x] if isinstance(_layer(ctx.word), layers.ReLU) else arrays))


def _input_vjp_backward(ctx: Any, u: Tensor) -> tuple[Any, ...]:
    """Return the gradients of ``<x_bar, u>`` in ``y_bar`` and in the weight."""
    layer = _layer(ctx.word)
    y_bar, *arrays = ctx.saved_tensors
    if isinstance(layer, layers.ReLU):  # x_bar = [x > 0] y_bar, whose derivative in x is 0
        (x,) = arrays
        flat = torch.zeros_like(x) if ctx.needs_input_grad[2] else None
        return None, None, flat, _input_vjp(ctx.word, list(_sizes(x)), x, u, []), []
    bars: list[Tensor | None] = [None] * len(arrays)
    if not isinstance(layer, (*_BILINEAR, *_LINEAR)):
        _refuse(layer, "a second derivative")
    if isinstance(layer, _BILINEAR):
        bars[0] = _weight_vjp(ctx.word, u, y_bar)
    return None, None, None, _forward(ctx.word, u, arrays), bars


def _keep_weight_vjp(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    del output
    ctx.word, x, y_bar = inputs
    ctx.save_for_backward(x, y_bar)


def _weight_vjp_backward(ctx: Any, v: Tensor) -> tuple[Any, ...]:
    """Return the gradients of ``<w_bar, v>`` in ``x`` and ``y_bar``."""
    x, y_bar = ctx.saved_tensors
    x_bar = _input_vjp(ctx.word, list(_sizes(x)), None, y_bar, [v])
    return None, x_bar, _forward(ctx.word, x, [v])


def _keep_bias_vjp(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    del output
    ctx.word, y_bar = inputs
    ctx.shape = y_bar.shape


def _bias_vjp_backward(ctx: Any, u: Tensor) -> tuple[Any, ...]:
    layer: Any = _layer(ctx.word)
    axis = layer.channel_axis % len(ctx.shape)
    spread = u.reshape([-1 if a == axis else 1 for a in range(len(ctx.shape))])
    return None, spread.expand(ctx.shape).clone()


_input_vjp.register_autograd(_input_vjp_backward, setup_context=_keep_input_vjp)
_weight_vjp.register_autograd(_weight_vjp_backward, setup_context=_keep_weight_vjp)
_bias_vjp.register_autograd(_bias_vjp_backward, setup_context=_keep_bias_vjp)


def _refuse(layer: Layer, what: str) -> None:
    msg = f"{type(layer).__name__} has no {what.removeprefix('a ')} here."
    raise UnsupportedError(msg)


_of = cache(Tensors)
tensors = _of("float32")
