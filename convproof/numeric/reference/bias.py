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
    rows = np.moveaxis(x.astype(accumulator(dtype)), layer.channel_axis, -1)
    y: np.ndarray = rows + b.astype(accumulator(dtype))
    return np.moveaxis(y, -1, layer.channel_axis).astype(result_dtype(dtype))


def input_vjp(
    layer: Bias, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "*x"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar = y_bar``."""
    del layer, x
    return y_bar.astype(result_dtype(common_dtype(y_bar=y_bar)))


def bias_vjp(layer: Bias, y_bar: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, " m"]:
    """Return ``b_bar[m] = sum y_bar[..., m, ...]``."""
    dtype = common_dtype(y_bar=y_bar)
    rows = np.moveaxis(y_bar.astype(accumulator(dtype)), layer.channel_axis, -1)
    total = np.zeros(layer.channels, rows.dtype)
    for row in rows.reshape(-1, layer.channels):
        total += row
    return total.astype(result_dtype(dtype))
