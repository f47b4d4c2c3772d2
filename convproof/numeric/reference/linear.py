"""A fully connected layer, ``y[..., m] = b[m] + sum_j w[m,j] x[..., j]``, one output at a time."""

from itertools import product

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Linear
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(
    layer: Linear,
    x: Shaped[np.ndarray, "*rows j"],
    w: Shaped[np.ndarray, "m j"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "*rows m"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = x.astype(accumulator(dtype)), w.astype(accumulator(dtype))
    y = np.zeros(layer.output_shape(x.shape), x.dtype)
    for row in product(*map(range, x.shape[:-1])):
        for m in range(layer.out_features):
            y[*row, m] = (w[m] * x[row]).sum()
            if b is not None:
                y[*row, m] += b.astype(x.dtype)[m]
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: Linear,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "*rows m"],
    w: Shaped[np.ndarray, "m j"],
) -> Shaped[np.ndarray, "*rows j"]:
    """Return ``x_bar[..., j] = sum_m w[m,j] y_bar[..., m]``."""
    dtype = common_dtype(w=w, y_bar=y_bar)
    w, y_bar = w.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    x_bar = np.zeros(x if isinstance(x, tuple) else x.shape, w.dtype)
    for row in product(*map(range, y_bar.shape[:-1])):
        for m in range(layer.out_features):
            x_bar[row] += w[m] * y_bar[*row, m]
    return x_bar.astype(result_dtype(dtype))


def weight_vjp(
    layer: Linear, x: Shaped[np.ndarray, "*rows j"], y_bar: Shaped[np.ndarray, "*rows m"]
) -> Shaped[np.ndarray, "m j"]:
    """Return ``w_bar[m,j] = sum y_bar[..., m] x[..., j]``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    w_bar = np.zeros((layer.out_features, layer.in_features), x.dtype)
    for row in product(*map(range, x.shape[:-1])):
        for m in range(layer.out_features):
            w_bar[m] += y_bar[*row, m] * x[row]
    return w_bar.astype(result_dtype(dtype))
