"""Scaled tanh, ``y = A tanh(B x)``, by its exponentials.

With ``q = exp(-2 |B x|)``::

    y = A sign(B x) (1 - q) / (1 + q)          x_bar = y_bar A B 4 q / (1 + q)^2

No difference of nearly equal numbers is formed: ``1 - q`` is ``-expm1(-2 |B x|)``.
"""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Tanh
from convproof.numeric.dtypes import accumulator, common_dtype, needs_floats, result_dtype


def forward(layer: Tanh, x: Shaped[np.ndarray, "*x"]) -> Shaped[np.ndarray, "*x"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_floats(dtype, "tanh")
    z: np.ndarray = x.astype(accumulator(dtype)) * layer.slope
    size = -np.expm1(-2 * abs(z)) / (1 + np.exp(-2 * abs(z)))
    y = layer.amplitude * np.copysign(size, z)
    return np.asarray(y).astype(result_dtype(dtype))


def input_vjp(
    layer: Tanh, x: Shaped[np.ndarray, "*x"], y_bar: Shaped[np.ndarray, "*x"]
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    needs_floats(dtype, "tanh")
    q = np.exp(-2 * abs(x.astype(accumulator(dtype)) * layer.slope))
    slope = layer.amplitude * layer.slope * 4 * q / (1 + q) ** 2
    x_bar = y_bar.astype(accumulator(dtype)) * slope
    return np.asarray(x_bar).astype(result_dtype(dtype))
