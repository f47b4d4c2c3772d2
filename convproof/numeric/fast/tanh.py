"""Scaled tanh: ``y = A tanh(B x)``, ``x_bar = y_bar A B (1 - tanh(B x)^2)``."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Tanh
from convproof.numeric.dtypes import accumulator, common_dtype, needs_floats, result_dtype


def forward(layer: Tanh, x: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, "*x"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_floats(dtype, "tanh")
    y = layer.amplitude * np.tanh(layer.slope * x.astype(accumulator(dtype)))
    return np.asarray(y).astype(result_dtype(dtype))


def input_vjp(
    layer: Tanh, x: Shaped[np.ndarray, "*x"], y_bar: Shaped[np.ndarray, "*x"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    needs_floats(dtype, "tanh")
    t = np.tanh(layer.slope * x.astype(accumulator(dtype)))
    x_bar = y_bar.astype(t.dtype) * (layer.amplitude * layer.slope) * ((1 - t) * (1 + t))
    return np.asarray(x_bar).astype(result_dtype(dtype))
