"""The bias: ``y = x + b`` per channel, so ``b_bar`` sums the cotangent over all other axes."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Bias
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(
    layer: Bias, x: Shaped[np.ndarray, "*x"], b: Shaped[np.ndarray, " m"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, b=b)
    others = tuple(axis for axis in range(x.ndim) if axis != layer.channel_axis % x.ndim)
    column = np.expand_dims(b.astype(accumulator(dtype)), others)
    y: np.ndarray = x.astype(accumulator(dtype)) + column
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: Bias, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "*x"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar = y_bar``."""
    del layer, x
    return y_bar.astype(result_dtype(common_dtype(y_bar=y_bar)))


def bias_vjp(layer: Bias, y_bar: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, " m"]:
    """Return ``b_bar[m] = sum y_bar[..., m, ...]``."""
    dtype = common_dtype(y_bar=y_bar)
    others = tuple(axis for axis in range(y_bar.ndim) if axis != layer.channel_axis % y_bar.ndim)
    total = np.add.reduce(y_bar.astype(accumulator(dtype)), axis=others)
    return np.asarray(total).astype(result_dtype(dtype))
