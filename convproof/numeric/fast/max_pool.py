"""Max pooling: ``y[n,c,o] = max_k x[n, c, s o + t k - low]``, a maximum of shifted slices."""

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.layers import MaxPool
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.fast.windows import (
    first_maxima,
    scatter_add,
    sliding_taps,
    window_maxima,
)


def forward(
    layer: MaxPool, x: Shaped[np.ndarray, "n c *I"]
) -> (
    Shaped[np.ndarray, "n c *O"] | tuple[Shaped[np.ndarray, "n c *O"], Int64[np.ndarray, "n c *O"]]
):
    """Return ``y``, and with ``return_indices`` where each maximum lies."""
    dtype = common_dtype(x=x)
    x = x.astype(accumulator(dtype), copy=False)
    axes = layer.axes(x.shape[2:])
    taps, sizes = [sliding_taps(axis) for axis in axes], [axis.output_size for axis in axes]
    if not layer.return_indices:
        return window_maxima(x, taps, sizes).astype(result_dtype(dtype), copy=False)
    y, indices = first_maxima(x, taps, sizes)
    return y.astype(result_dtype(dtype), copy=False), indices


def input_vjp(
    layer: MaxPool, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent goes to the first maximum of its window."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    taps = [sliding_taps(axis) for axis in layer.axes(x.shape[2:])]
    _, indices = first_maxima(x.astype(accumulator(dtype), copy=False), taps, y_bar.shape[2:])
    x_bar = scatter_add(x.shape, indices, y_bar.astype(accumulator(dtype), copy=False))
    return x_bar.astype(result_dtype(dtype), copy=False)
