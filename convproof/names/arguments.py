"""From a spec back to its call: the functional name and the keyword arguments that describe it."""

from typing import Any

from convproof import layers
from convproof.errors import UnsupportedError
from convproof.layers import Layer, Shape

_NAMES: dict[type[Layer], str] = {  # {dims} where a function exists per number of axes
    layers.Conv: "conv{dims}d",
    layers.LocallyConnected: "locally_connected{dims}d",
    layers.ConvTranspose: "conv_transpose{dims}d",
    layers.Linear: "linear",
    layers.MaxPool: "max_pool{dims}d",
    layers.AvgPool: "avg_pool{dims}d",
    layers.AdaptiveMaxPool: "adaptive_max_pool{dims}d",
    layers.AdaptiveAvgPool: "adaptive_avg_pool{dims}d",
    layers.GlobalMaxPool: "global_max_pool{dims}d",
    layers.GlobalAvgPool: "global_avg_pool{dims}d",
    layers.MaxUnpool: "max_unpool{dims}d",
    layers.Unfold: "unfold",
    layers.Fold: "fold",
    layers.LocalResponseNorm: "local_response_norm",
    layers.Maxout: "maxout",
    layers.ReLU: "relu",
    layers.Tanh: "tanh",
    layers.Softmax: "softmax",
    layers.CrossEntropy: "cross_entropy",
}
_ARGUMENTS: dict[type[Layer], str] = {
    layers.Conv: "stride padding dilation groups",
    layers.LocallyConnected: "stride padding dilation groups",
    layers.ConvTranspose: "stride padding output_padding groups dilation",
    layers.MaxPool: "kernel_size stride padding dilation ceil_mode",
    layers.AvgPool: "kernel_size stride padding ceil_mode count_include_pad",
    layers.AdaptiveMaxPool: "output_size",
    layers.AdaptiveAvgPool: "output_size",
    layers.MaxUnpool: "kernel_size stride padding output_size",
    layers.Unfold: "kernel_size dilation padding stride",
    layers.Fold: "output_size kernel_size dilation padding stride",
    layers.LocalResponseNorm: "size alpha beta k",
    layers.Maxout: "pool_size",
    layers.Softmax: "dim",
    layers.CrossEntropy: "ignore_index reduction",
}


def name_of(layer: Layer, input_shape: Shape) -> str:
    """Return the functional name of a layer with an input of this shape, batch included.

    Raises:
        UnsupportedError: if no function has torch's arguments for it.
    """
    name = _NAMES.get(type(layer))
    if name is None or (isinstance(layer, layers.Tanh) and layer != layers.Tanh()):
        msg = f"no function of torch's names describes {layer}."
        raise UnsupportedError(msg)
    return name.format(dims=len(input_shape) - 2)


def argument_names(name: str) -> tuple[str, ...]:
    """Return the keyword arguments that a layer is always called with, by its functional name.

    Example:
        >>> argument_names("conv2d")
        ('stride', 'padding', 'dilation', 'groups')
    """
    kinds = (kind for kind, pattern in _NAMES.items() if pattern in (name, name[:-2] + "{dims}d"))
    return tuple(_ARGUMENTS.get(next(kinds), "").split())


def arguments_of(layer: Layer, input_shape: Shape) -> dict[str, Any]:
    """Return the keyword arguments that describe a layer, one entry per axis.

    A padding is a number per axis, as torch writes it, or ``(low, high)`` where the ends differ.
    What torch's own function lacks is given only where it is not the default.
    """
    names = _ARGUMENTS.get(type(layer), "").split()
    values = {name: getattr(layer, name) for name in names}
    if "padding" in values:
        values["padding"] = _padding(layer, input_shape)
    if isinstance(layer, layers.Conv) and layer.padding_mode != "zeros":
        values["padding_mode"] = layer.padding_mode
    if isinstance(layer, layers.AvgPool):
        if layer.divisor_override is not None:
            values["divisor_override"] = layer.divisor_override
        if set(layer.dilation) != {1}:
            values["dilation"] = layer.dilation
    return values


def _padding(layer: Any, input_shape: Shape) -> tuple[Any, ...]:
    ends = layer.padding
    if isinstance(ends, str):
        ends = tuple(axis.padding for axis in layer.axes(input_shape[2:]))
    return tuple(low for low, _ in ends) if all(low == high for low, high in ends) else tuple(ends)
