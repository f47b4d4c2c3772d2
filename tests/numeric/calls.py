"""A layer spec as a call by torch's names: the same for torch and for every implementation."""

from types import ModuleType
from typing import Any

import numpy as np

from convproof import layers
from convproof.layers import Layer
from convproof.names import TorchNames
from tests.numeric.cases import Case

PLAIN = {
    layers.Unfold: "unfold",
    layers.Fold: "fold",
    layers.Linear: "linear",
    layers.LocalResponseNorm: "local_response_norm",
    layers.Maxout: "maxout",
    layers.ReLU: "relu",
    layers.Tanh: "tanh",
    layers.Softmax: "softmax",
    layers.CrossEntropy: "cross_entropy",
}
PER_DIMS = {
    layers.Conv: "conv",
    layers.LocallyConnected: "locally_connected",
    layers.ConvTranspose: "conv_transpose",
    layers.MaxPool: "max_pool",
    layers.AvgPool: "avg_pool",
    layers.AdaptiveMaxPool: "adaptive_max_pool",
    layers.AdaptiveAvgPool: "adaptive_avg_pool",
    layers.GlobalMaxPool: "global_max_pool",
    layers.GlobalAvgPool: "global_avg_pool",
    layers.MaxUnpool: "max_unpool",
}
ARGUMENTS = {
    layers.Conv: "stride padding dilation groups",
    layers.LocallyConnected: "stride padding dilation groups",
    layers.ConvTranspose: "stride padding output_padding groups dilation",
    layers.Unfold: "kernel_size dilation padding stride",
    layers.Fold: "output_size kernel_size dilation padding stride",
    layers.MaxPool: "kernel_size stride padding dilation ceil_mode return_indices",
    layers.AvgPool: "kernel_size stride padding ceil_mode count_include_pad divisor_override",
    layers.AdaptiveMaxPool: "output_size return_indices",
    layers.AdaptiveAvgPool: "output_size",
    layers.MaxUnpool: "kernel_size stride padding",
    layers.LocalResponseNorm: "size alpha beta k",
    layers.Maxout: "pool_size",
    layers.Softmax: "dim",
    layers.CrossEntropy: "ignore_index reduction",
}


def name_of(layer: Layer, x_axes: int) -> str:
    """Return the functional name; ``x_axes`` counts the batch."""
    kind = type(layer)
    return PLAIN[kind] if kind in PLAIN else f"{PER_DIMS[kind]}{x_axes - 2}d"


def arguments_of(layer: Layer) -> dict[str, Any]:
    """Return the layer's arguments by name, the padding as one number per axis."""
    names = ARGUMENTS.get(type(layer), "").split()
    values = {name: getattr(layer, name) for name in names}
    if "padding" in values:
        values["padding"] = tuple(low for low, _ in values["padding"])
    return {name: value for name, value in values.items() if name != "divisor_override" or value}


def answers_by_name(
    ours: TorchNames, case: Case, x_axes: int | None = None
) -> dict[str, np.ndarray]:
    """Return what the functions of torch's names answer, by the verb behind each.

    ``x_axes`` counts the batch, where the case has none.
    """
    layer, x, arrays, y_bar = case
    name, options = name_of(layer, x_axes or x.ndim), arguments_of(layer)
    y = getattr(ours, name)(x, *arrays, **options)
    outputs = y if isinstance(y, tuple) else (y,)
    found = dict(zip(("forward", "indices"), outputs, strict=False))
    vjp = getattr(ours, f"{name}_input")
    if "weight" not in layer.parameter_shapes:
        found["input_vjp"] = vjp(x, y_bar, *arrays, **options)
        return found
    found["input_vjp"] = vjp(x.shape, arrays[0], y_bar, **options)
    weight_vjp = getattr(ours, f"{name}_weight")
    found["weight_vjp"] = weight_vjp(x, arrays[0].shape, y_bar, **options)
    if "bias" in layer.parameter_shapes:
        found["bias_vjp"] = getattr(ours, f"{name}_bias")(y_bar)
    return found


def answers_of_torch(functional: ModuleType, case: Case) -> dict[str, np.ndarray]:
    """Return what ``torch.nn.functional`` and its autograd answer, in float64."""
    import torch  # only where it is asked

    torch.set_num_threads(1)  # on arrays so small, threads cost more than they save
    layer, x, arrays, y_bar = case
    grads = [torch.tensor(x, dtype=torch.float64, requires_grad=True)]
    given = [torch.tensor(array) for array in arrays]
    if not layer.index_shapes(x.shape):
        given = [array.double().requires_grad_() for array in given]
        grads += given
    name = name_of(layer, x.ndim)
    y = getattr(functional, name)(grads[0], *given, **arguments_of(layer))
    outputs = y if isinstance(y, tuple) else (y,)
    found = dict(zip(("forward", "indices"), outputs, strict=False))
    derived = torch.autograd.grad(found["forward"], grads, torch.tensor(y_bar).double())
    found |= zip(("input_vjp", "weight_vjp", "bias_vjp"), derived, strict=False)
    return {verb: tensor.detach().numpy() for verb, tensor in found.items()}
