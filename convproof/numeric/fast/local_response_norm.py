"""Local response normalisation: ``y = x s^-beta`` with ``s = k + alpha/size W(x^2)``.

``W`` adds up the channels ``c - size//2 <= j < c - size//2 + size``; ``W^T`` mirrors the window::

    x_bar = y_bar s^-beta - 2 alpha beta/size x W^T(y_bar x s^(-beta - 1))
"""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import LocalResponseNorm
from convproof.numeric.dtypes import accumulator, common_dtype, needs_floats, result_dtype


def forward(
    layer: LocalResponseNorm, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_floats(dtype, "local response normalisation")
    x = x.astype(accumulator(dtype))
    y: np.ndarray = x * _scale(layer, x) ** -layer.beta
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: LocalResponseNorm, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    needs_floats(dtype, "local response normalisation")
    x, y_bar = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    scale = _scale(layer, x)
    direct = y_bar * scale**-layer.beta
    low, high = _reach(layer)
    pulled = _channel_sums(x * direct / scale, high, low)
    factor = 2 * layer.beta * x.dtype.type(layer.alpha) / layer.size
    x_bar: np.ndarray = direct - factor * x * pulled
    return x_bar.astype(result_dtype(dtype))


def _scale(
    layer: LocalResponseNorm, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``s``."""
    squares = _channel_sums(x * x, *_reach(layer))
    scale: np.ndarray = layer.k + x.dtype.type(layer.alpha) / layer.size * squares
    return scale


def _reach(layer: LocalResponseNorm) -> tuple[int, int]:
    """Return how many channels below and above its own a window reaches."""
    return layer.size // 2, layer.size - 1 - layer.size // 2


def _channel_sums(
    x: Shaped[np.ndarray, "n c *I"], below: int, above: int
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``sum_j x[j]`` over ``c - below <= j <= c + above``."""
    total, channels = x.copy(), x.shape[1]
    for step in range(1, min(below, channels - 1) + 1):
        total[:, step:] += x[:, : channels - step]
    for step in range(1, min(above, channels - 1) + 1):
        total[:, : channels - step] += x[:, step:]
    return total
