"""ReLU: ``y = max(x, 0)``, ``x_bar = y_bar`` but where ``x <= 0``: a NaN passes, as in torch."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import ReLU
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(layer: ReLU, x: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, "*x"]:
    """Return ``y``."""
    del layer
    dtype = common_dtype(x=x)
    y = np.asarray(np.maximum(x.astype(accumulator(dtype), copy=False), 0))
    return y.astype(result_dtype(dtype), copy=False)


def input_vjp(
    layer: ReLU, x: Shaped[np.ndarray, "*x"], y_bar: Shaped[np.ndarray, "*x"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar``."""
    del layer
    dtype = common_dtype(x=x, y_bar=y_bar)
    off = x.astype(accumulator(dtype), copy=False) <= 0
    x_bar = np.where(off, 0, y_bar.astype(accumulator(dtype), copy=False))
    return x_bar.astype(result_dtype(dtype), copy=False)
