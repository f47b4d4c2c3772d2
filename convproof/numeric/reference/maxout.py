"""Maxout: ``y[n,u] = max_{0 <= j < P} x[n, P u + j]``; the first maximum takes the gradient."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Maxout
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.reference.maxima import exceeds


def forward(layer: Maxout, x: Shaped[np.ndarray, "n c *I"]) -> Shaped[np.ndarray, "n u *I"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    x = x.astype(accumulator(dtype))
    y = np.empty(layer.output_shape(x.shape), x.dtype)
    for u in range(y.shape[1]):
        y[:, u] = _maximum(layer, x, u)[0]
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: Maxout, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n u *I"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    x_bar = np.zeros(x.shape, x.dtype)
    for u in range(y_bar.shape[1]):
        _, channel = _maximum(layer, x, u)
        for j in range(layer.pool_size * u, layer.pool_size * (u + 1)):
            x_bar[:, j] = np.where(channel == j, y_bar[:, u], 0)
    return x_bar.astype(result_dtype(dtype))


def _maximum(
    layer: Maxout, x: Shaped[np.ndarray, "n c *I"], u: int
) -> tuple[Shaped[np.ndarray, "n *I"], Shaped[np.ndarray, "n *I"]]:
    """Return the maximum of unit ``u`` and the first channel that attains it."""
    first = layer.pool_size * u
    best, channel = x[:, first], np.full(x[:, first].shape, first)
    for j in range(first + 1, first + layer.pool_size):
        later = exceeds(x[:, j], best)
        best, channel = np.where(later, x[:, j], best), np.where(later, j, channel)
    return best, channel
