"""Convolution in whole arrays: blocked columns and one matrix product for each.

``y[n,m,o] = b[m] + sum_{c,k} w[m,c,k] x_padded[n, g C/G + c, s o + t k]``, ``g = m // (M/G)``.
"""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Conv
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.fast import products
from convproof.numeric.fast.columns import Relation


def forward(
    layer: Conv,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *K"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = (array.astype(accumulator(dtype), copy=False) for array in (x, w))
    y = products.correlated(Relation.of(layer.axes(x.shape[2:])), x, w, layer.groups)
    if b is not None:
        y += b.astype(y.dtype).reshape((-1, *(1,) * (x.ndim - 2)))
    return y.astype(result_dtype(dtype), copy=False)


def input_vjp(
    layer: Conv,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n m *O"],
    w: Shaped[np.ndarray, "m cg *K"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``, the gradient of ``<y, y_bar>`` in ``x``."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(w=w, y_bar=y_bar)
    w, y_bar = (array.astype(accumulator(dtype), copy=False) for array in (w, y_bar))
    x_bar = products.spread(Relation.of(layer.axes(shape[2:])), w, y_bar, layer.groups)
    return x_bar.astype(result_dtype(dtype), copy=False)


def weight_vjp(
    layer: Conv, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "m cg *K"]:
    """Return ``w_bar``, the gradient of ``<y, y_bar>`` in ``w``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = (array.astype(accumulator(dtype), copy=False) for array in (x, y_bar))
    w_bar = products.paired(Relation.of(layer.axes(x.shape[2:])), x, y_bar, layer.groups)
    return w_bar.astype(result_dtype(dtype), copy=False)
