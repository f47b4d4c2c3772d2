"""A fully connected layer, ``y = x W^T + b``, and its gradients as matrix products."""

from math import prod

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
    del layer
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = (array.astype(accumulator(dtype), copy=False) for array in (x, w))
    y = np.asarray(x @ w.T)
    if b is not None:
        y = y + b.astype(y.dtype, copy=False)
    return y.astype(result_dtype(dtype), copy=False)


def input_vjp(
    layer: Linear,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "*rows m"],
    w: Shaped[np.ndarray, "m j"],
) -> Shaped[np.ndarray, "*rows j"]:
    """Return ``x_bar = y_bar W``."""
    del layer, x
    dtype = common_dtype(w=w, y_bar=y_bar)
    x_bar = y_bar.astype(accumulator(dtype), copy=False) @ w.astype(accumulator(dtype), copy=False)
    return np.asarray(x_bar).astype(result_dtype(dtype), copy=False)


def weight_vjp(
    layer: Linear, x: Shaped[np.ndarray, "*rows j"], y_bar: Shaped[np.ndarray, "*rows m"]
) -> Shaped[np.ndarray, "m j"]:
    """Return ``w_bar = y_bar^T x``, summed over all rows."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    rows = prod(x.shape[:-1])
    inputs = x.astype(accumulator(dtype), copy=False).reshape(rows, layer.in_features)
    cotangents = y_bar.astype(accumulator(dtype), copy=False).reshape(rows, layer.out_features)
    w_bar: np.ndarray = cotangents.T @ inputs
    return w_bar.astype(result_dtype(dtype), copy=False)
