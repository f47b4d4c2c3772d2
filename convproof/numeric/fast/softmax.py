"""Softmax: ``y = e / sum(e)``, ``e = exp(x - max x)``, ``x_bar = y (y_bar - sum(y y_bar))``."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Softmax
from convproof.numeric.dtypes import accumulator, common_dtype, needs_floats, result_dtype


def forward(layer: Softmax, x: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, "*x"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_floats(dtype, "softmax")
    return _softmax(layer, x.astype(accumulator(dtype))).astype(result_dtype(dtype))


def input_vjp(
    layer: Softmax, x: Shaped[np.ndarray, "*x"], y_bar: Shaped[np.ndarray, "*x"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    needs_floats(dtype, "softmax")
    y, y_bar = _softmax(layer, x.astype(accumulator(dtype))), y_bar.astype(accumulator(dtype))
    inner = (y * y_bar).sum(axis=layer.dim, keepdims=True)
    x_bar: np.ndarray = y * (y_bar - inner)
    return x_bar.astype(result_dtype(dtype))


def _softmax(layer: Softmax, x: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, "*x"]:
    powers = np.exp(x - x.max(axis=layer.dim, keepdims=True, initial=-np.inf))
    y: np.ndarray = powers / powers.sum(axis=layer.dim, keepdims=True)
    return y
