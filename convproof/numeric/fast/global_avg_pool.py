"""Global average pooling: ``y[n,c] = (1 / |I|) sum_i x[n,c,i]``, kept as size-1 axes."""

from math import prod

import numpy as np
from jaxtyping import Shaped

from convproof.layers import GlobalAvgPool
from convproof.numeric.dtypes import accumulator, common_dtype, needs_division, result_dtype
from convproof.numeric.fast.means import divided


def forward(
    layer: GlobalAvgPool, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *ones"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_division(dtype, "the mean")
    spatial = tuple(range(2, layer.dims + 2))
    total = x.astype(accumulator(dtype)).sum(axis=spatial, keepdims=True)
    return divided(total, prod(x.shape[2:])).astype(result_dtype(dtype))


def input_vjp(
    layer: GlobalAvgPool, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "n c *ones"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: the cotangent is shared out evenly over the feature map."""
    del layer
    dtype = common_dtype(y_bar=y_bar)
    needs_division(dtype, "the mean")
    shape = x if isinstance(x, tuple) else x.shape
    shares = divided(y_bar.astype(accumulator(dtype)), prod(shape[2:]))
    return np.broadcast_to(shares, shape).astype(result_dtype(dtype))
