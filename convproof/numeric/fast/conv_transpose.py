"""Transposed convolution: the products of a convolution with input and output exchanged.

``y[n, g M/G + m, s i + t k - low] += w[g C/G + c, m, k] x[n, g C/G + c, i]``, then ``b`` is added:
``x`` is the cotangent of a convolution that reads ``y`` with the same weights.
"""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import ConvTranspose
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.fast import products
from convproof.numeric.fast.columns import Relation


def forward(
    layer: ConvTranspose,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "c mg *K"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``, spread as the cotangents of the convolution are."""
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = (array.astype(accumulator(dtype), copy=False) for array in (x, w))
    relation = Relation.of_transposed(layer.axes(x.shape[2:]))
    y = products.spread(relation, w, x, layer.groups)
    if b is not None:
        y += b.astype(y.dtype).reshape((-1, *(1,) * (x.ndim - 2)))
    return y.astype(result_dtype(dtype), copy=False)


def input_vjp(
    layer: ConvTranspose,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n m *O"],
    w: Shaped[np.ndarray, "c mg *K"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``, the convolution of ``y_bar`` with the same weights."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(w=w, y_bar=y_bar)
    w, y_bar = (array.astype(accumulator(dtype), copy=False) for array in (w, y_bar))
    relation = Relation.of_transposed(layer.axes(shape[2:]))
    x_bar = products.correlated(relation, y_bar, w, layer.groups)
    return x_bar.astype(result_dtype(dtype), copy=False)


def weight_vjp(
    layer: ConvTranspose, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "c mg *K"]:
    """Return ``w_bar``, with ``y_bar`` in the place of the convolution's input."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = (array.astype(accumulator(dtype), copy=False) for array in (x, y_bar))
    relation = Relation.of_transposed(layer.axes(x.shape[2:]))
    w_bar = products.paired(relation, y_bar, x, layer.groups)
    return w_bar.astype(result_dtype(dtype), copy=False)
