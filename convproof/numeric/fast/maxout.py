"""Maxout: ``y[n,u] = max_{0 <= j < P} x[n, P u + j]``, an axis of the reshaped channels."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Maxout
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(layer: Maxout, x: Shaped[np.ndarray, "n c *I"]) -> Shaped[np.ndarray, "n u *I"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    y: np.ndarray = _units(layer, x.astype(accumulator(dtype))).max(axis=2)
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: Maxout, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n u *I"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent goes to the first maximum of its unit."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    units = _units(layer, x.astype(accumulator(dtype)))
    x_bar = np.zeros_like(units)
    first = np.expand_dims(units.argmax(axis=2), 2)
    np.put_along_axis(x_bar, first, np.expand_dims(y_bar.astype(units.dtype), 2), axis=2)
    return x_bar.reshape(x.shape).astype(result_dtype(dtype))


def _units(layer: Maxout, x: Shaped[np.ndarray, "n c *I"]) -> Shaped[np.ndarray, "n u p *I"]:
    units = x.shape[1] // layer.pool_size
    return x.reshape(x.shape[0], units, layer.pool_size, *x.shape[2:])
