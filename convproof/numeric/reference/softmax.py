"""Softmax along one axis: ``y[i] = exp(x[i] - max x) / sum_j exp(x[j] - max x)``.

With ``dy[i]/dx[j] = y[i] ([i = j] - y[j])``: ``x_bar[i] = y[i] (y_bar[i] - sum_j y_bar[j] y[j])``.
"""

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
    y = np.moveaxis(_softmax(layer, x.astype(accumulator(dtype))), layer.dim, -1)
    cotangents = np.moveaxis(y_bar.astype(accumulator(dtype)), layer.dim, -1)
    x_bar = np.empty_like(y)
    for row in np.ndindex(y.shape[:-1]):
        inner = y.dtype.type(0)
        for probability, cotangent in zip(y[row], cotangents[row], strict=True):
            inner += probability * cotangent
        x_bar[row] = y[row] * (cotangents[row] - inner)
    return np.moveaxis(x_bar, -1, layer.dim).astype(result_dtype(dtype))


def _softmax(layer: Softmax, x: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, "*x"]:
    rows = np.moveaxis(x, layer.dim, -1)
    y = np.empty_like(rows)
    for row in np.ndindex(rows.shape[:-1]):
        highest = max(rows[row], default=0)
        powers = [np.exp(value - highest) for value in rows[row]]
        total = sum(powers)
        for i, power in enumerate(powers):
            y[*row, i] = power / total
    return np.moveaxis(y, -1, layer.dim)
