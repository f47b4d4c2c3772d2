"""Global max pooling: ``y[n,c] = max_i x[n,c,i]``, kept as size-1 axes."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import GlobalMaxPool
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.fast.windows import scatter_add


def forward(
    layer: GlobalMaxPool, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *ones"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    spatial = tuple(range(2, layer.dims + 2))
    y: np.ndarray = x.astype(accumulator(dtype)).max(axis=spatial, keepdims=True)
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: GlobalMaxPool, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *ones"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: the cotangent goes to the first maximum of the feature map."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    maps = x.astype(accumulator(dtype)).reshape(*x.shape[:2], int(np.prod(x.shape[2:])))
    first = maps.argmax(axis=2).reshape(y_bar.shape)
    del layer
    return scatter_add(x.shape, first, y_bar.astype(accumulator(dtype))).astype(result_dtype(dtype))
