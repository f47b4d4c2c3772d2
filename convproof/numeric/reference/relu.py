"""ReLU: ``y = max(x, 0)``, so ``x_bar = 0`` where ``x <= 0`` and ``y_bar`` elsewhere.

A NaN stays NaN and lets the gradient through, as in torch.
"""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import ReLU
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(layer: ReLU, x: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, "*x"]:
    """Return ``y``."""
    del layer
    dtype = common_dtype(x=x)
    y = x.astype(accumulator(dtype))
    y[y <= 0] = 0
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: ReLU, x: Shaped[np.ndarray, "*x"], y_bar: Shaped[np.ndarray, "*x"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar``."""
    del layer
    dtype = common_dtype(x=x, y_bar=y_bar)
    x_bar = y_bar.astype(accumulator(dtype))
    x_bar[x.astype(accumulator(dtype)) <= 0] = 0
    return x_bar.astype(result_dtype(dtype))
