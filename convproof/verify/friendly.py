"""One friendly case per layer: even sizes, powers of two, every option at its usual value.

It is what benchmarks of kernels ask; here it shows what they miss.
"""

from typing import Any

from convproof import layers
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import Layer


def friendly(layer: str) -> Case:
    """Return the case of a layer, by its functional name.

    Example:
        >>> friendly("conv2d").input_shape, friendly("conv2d").weight_shape
        ((2, 4, 8, 8), (4, 4, 3, 3))
    """
    function = Function(layer)
    dims = function.dims or 2
    image = (4, *(8,) * min(dims, 2), *(4,) * (dims - 2))
    shapes = {"linear": (8,), "fold": (4 * 9, 36), "relu": (64,), "tanh": (64,), "softmax": (64,)}
    shapes["cross_entropy"] = (8,)
    shape = (2, *shapes.get(layer, image))
    return Case(layer=_spec(function.stem, dims, image[1:]), input_shape=shape, seed=1)


def _spec(stem: str, dims: int, size: tuple[int, ...]) -> Layer:
    ones, zeros = (1,) * dims, ((0, 0),) * dims
    three, two = (3,) * dims, (2,) * dims
    padded = ((1, 1),) * dims
    conv: dict[str, Any] = {
        "in_channels": 4,
        "out_channels": 4,
        "kernel_size": three,
        "stride": ones,
    }
    window: dict[str, Any] = {
        "kernel_size": three,
        "stride": ones,
        "padding": zeros,
        "dilation": ones,
    }
    pool: dict[str, Any] = {"kernel_size": two, "stride": two, "padding": zeros, "dilation": ones}
    made: dict[str, Layer] = {
        "conv": layers.Conv(**conv, padding=padded, dilation=ones),
        "conv_transpose": layers.ConvTranspose(
            **conv,
            padding=padded,
            dilation=ones,
            output_padding=(0,) * dims,
        ),
        "linear": layers.Linear(in_features=8, out_features=4),
        "unfold": layers.Unfold(**window),
        "fold": layers.Fold(output_size=size, **window),
        "max_pool": layers.MaxPool(**pool),
        "avg_pool": layers.AvgPool(**pool),
        "adaptive_max_pool": layers.AdaptiveMaxPool(output_size=two),
        "adaptive_avg_pool": layers.AdaptiveAvgPool(output_size=two),
        "global_max_pool": layers.GlobalMaxPool(dims=dims),
        "global_avg_pool": layers.GlobalAvgPool(dims=dims),
        "local_response_norm": layers.LocalResponseNorm(size=5),
        "maxout": layers.Maxout(pool_size=2),
        "relu": layers.ReLU(),
        "tanh": layers.Tanh(),
        "softmax": layers.Softmax(dim=1),
        "cross_entropy": layers.CrossEntropy(),
    }
    return made[stem]
