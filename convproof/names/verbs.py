"""The four verbs of a spec, on arrays that may lack the batch axis and whose shapes are checked.

What the functions of ``convproof.functional`` and the layers of ``convproof.nn`` have in common.
Each is given ``choose``, which names the implementation for an array.
"""

from collections.abc import Callable, Sequence
from typing import Any

from convproof.errors import DTypeError
from convproof.implementation import Implementation
from convproof.layers import Bias, Layer, Shape
from convproof.names.checks import check_shape, has_batch, shape_of

Choose = Callable[[Any], Implementation]


def forward(
    choose: Choose, layer: Layer, x: Any, *parameters: Any, indices: Sequence[Any] = ()
) -> Any:
    """Return ``y``, or ``y`` and its indices.

    Args:
        choose: names the implementation.
        layer: the spec.
        x: the input.
        parameters: the weight and, if the layer has one, the bias.
        indices: of ``layer.index_shapes``: such as where ``MaxUnpool`` puts each entry.
    """
    images, batched = _with_batch(layer, x, "input")
    layer.output_shape(tuple(images.shape))
    for array, (name, shape) in zip(parameters, layer.parameter_shapes.items(), strict=True):
        check_shape(array, shape, name)
    places = _places(layer, indices, tuple(images.shape), batched)
    return _without(choose(x).forward(layer, images, *parameters, *places), batched)


def input_vjp(
    choose: Choose, layer: Layer, x: Any, y_bar: Any, *weight: Any, indices: Sequence[Any] = ()
) -> Any:
    """Return ``x_bar``, of ``x``'s shape.

    Args:
        choose: names the implementation.
        layer: the spec.
        x: the input; where the layer is linear in it, its shape suffices.
        y_bar: the cotangent.
        weight: if the layer has one.
        indices: of ``layer.index_shapes``.
    """
    if isinstance(x, tuple):
        batched = has_batch(x, layer.input_axes, "input_size")
        images: Any = x if batched else (1, *x)
        shape: Shape = images
    else:
        images, batched = _with_batch(layer, x, "x")
        shape = tuple(images.shape)
    cotangent = _cotangent(layer, shape, y_bar, batched)
    places = _places(layer, indices, shape, batched)
    like = weight[0] if weight else x
    return _without(choose(like).input_vjp(layer, images, cotangent, *weight, *places), batched)


def weight_vjp(choose: Choose, layer: Layer, x: Any, y_bar: Any) -> Any:
    """Return ``w_bar``, of the weight's shape."""
    images, batched = _with_batch(layer, x, "x")
    cotangent = _cotangent(layer, tuple(images.shape), y_bar, batched)
    return choose(x).weight_vjp(layer, images, cotangent)


def bias_vjp(choose: Choose, layer: Bias, y_bar: Any) -> Any:
    """Return ``b_bar``, one number per channel."""
    return choose(y_bar).bias_vjp(layer, _with_batch(layer, y_bar, "y_bar")[0])


def _places(layer: Layer, indices: Sequence[Any], shape: Shape, batched: bool) -> tuple[Any, ...]:
    """Return the indices, checked, with a batch axis."""
    for array, (name, held) in zip(indices, layer.index_shapes(shape).items(), strict=True):
        shape_of(array, name)
        if not _is_integer(array.dtype):
            msg = (
                f"{name} must be integers, got an array of {array.dtype}: they number positions or "
                "classes, and are no probabilities."
            )
            raise DTypeError(msg)
        if name == "target" and str(array.dtype) not in ("int64", "torch.int64"):
            cast = "long()" if str(array.dtype).startswith("torch.") else "astype('int64')"
            msg = f"{name} must be int64, got {array.dtype}. Use {name}.{cast}."
            raise DTypeError(msg)
        check_shape(array, held if batched else held[1:], name)
    return tuple(array if batched else array[None] for array in indices)


def _is_integer(dtype: Any) -> bool:
    """Return whether a dtype, of NumPy's kind or of torch's, is one of integers."""
    kind = getattr(dtype, "kind", None)
    if kind is not None:
        return kind in "iu"
    return not (dtype.is_floating_point or dtype.is_complex or str(dtype) == "torch.bool")


def _with_batch(layer: Layer, array: Any, name: str) -> tuple[Any, bool]:
    batched = has_batch(shape_of(array, name), layer.input_axes, name)
    return (array if batched else array[None]), batched


def _without(result: Any, batched: bool) -> Any:
    if batched:
        return result
    return tuple(part[0] for part in result) if isinstance(result, tuple) else result[0]


def _cotangent(layer: Layer, input_shape: Shape, y_bar: Any, batched: bool) -> Any:
    expected = layer.output_shape(input_shape)
    check_shape(y_bar, expected if batched else expected[1:], "y_bar")
    return y_bar if batched else y_bar[None]
