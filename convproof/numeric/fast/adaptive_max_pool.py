"""Adaptive max pooling: ``y[o] = max x[i]`` over ``floor(o I/O) <= i < ceil((o+1) I/O)``."""

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.layers import AdaptiveMaxPool
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.fast.windows import (
    Tap,
    adaptive_taps,
    first_maxima,
    scatter_add,
    window_maxima,
)


def forward(
    layer: AdaptiveMaxPool, x: Shaped[np.ndarray, "n c *I"]
) -> (
    Shaped[np.ndarray, "n c *O"] | tuple[Shaped[np.ndarray, "n c *O"], Int64[np.ndarray, "n c *O"]]
):
    """Return ``y``, and with ``return_indices`` where each maximum lies."""
    dtype = common_dtype(x=x)
    taps, sizes = _taps(layer, x), layer.sizes(x.shape[2:])
    x = x.astype(accumulator(dtype))
    if not layer.return_indices:
        return window_maxima(x, taps, sizes).astype(result_dtype(dtype))
    y, indices = first_maxima(x, taps, sizes)
    return y.astype(result_dtype(dtype)), indices


def input_vjp(
    layer: AdaptiveMaxPool, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent goes to the first maximum of its window."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    _, indices = first_maxima(x.astype(accumulator(dtype)), _taps(layer, x), y_bar.shape[2:])
    x_bar = scatter_add(x.shape, indices, y_bar.astype(accumulator(dtype)))
    return x_bar.astype(result_dtype(dtype))


def _taps(layer: AdaptiveMaxPool, x: Shaped[np.ndarray, "n c *I"]) -> list[list[Tap]]:
    sizes = layer.sizes(x.shape[2:])
    return [adaptive_taps(i, o) for i, o in zip(x.shape[2:], sizes, strict=True)]
