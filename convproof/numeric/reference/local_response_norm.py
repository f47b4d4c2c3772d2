"""Local response normalisation: ``y[c] = x[c] / s[c]^beta``.

In ``s[c] = k + alpha/size sum_j x[j]^2``, ``j`` runs over the channels with
``c - size//2 <= j < c - size//2 + size``. With
``ds[j]/dx[c] = 2 alpha/size x[c]`` for ``c`` in the window of ``j``::

    x_bar[c] = y_bar[c] / s[c]^beta - 2 alpha beta/size x[c] sum_j y_bar[j] x[j] / s[j]^(beta + 1)
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
    return (x / _scale(layer, x) ** layer.beta).astype(result_dtype(dtype))


def input_vjp(
    layer: LocalResponseNorm, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    needs_floats(dtype, "local response normalisation")
    x, y_bar = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    scale = _scale(layer, x)
    x_bar = y_bar / scale**layer.beta
    factor = x.dtype.type(2 * layer.beta) * x.dtype.type(layer.alpha) / layer.size
    for j in range(x.shape[1]):
        for c in _window(layer, j, x.shape[1]):
            x_bar[:, c] -= (
                factor * x[:, c] * y_bar[:, j] * x[:, j] / scale[:, j] ** (layer.beta + 1)
            )
    return x_bar.astype(result_dtype(dtype))


def _scale(
    layer: LocalResponseNorm, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``s``."""
    scale = np.empty_like(x)
    for c in range(x.shape[1]):
        total = np.zeros_like(x[:, c])
        for j in _window(layer, c, x.shape[1]):
            total += x[:, j] * x[:, j]
        scale[:, c] = layer.k + x.dtype.type(layer.alpha) * total / layer.size
    return scale


def _window(layer: LocalResponseNorm, c: int, channels: int) -> list[int]:
    """Return the channels in the window of ``c``; an even window has one more on the low side.

    Example:
        >>> _window(LocalResponseNorm(size=4), 5, 10)
        [3, 4, 5, 6]
    """
    low = c - layer.size // 2
    return [j for j in range(low, low + layer.size) if 0 <= j < channels]
