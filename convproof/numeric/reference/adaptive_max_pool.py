"""Adaptive max pooling: ``y[o] = max x[i]`` over ``floor(o I/O) <= i < ceil((o+1) I/O)``."""

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.layers import AdaptiveMaxPool
from convproof.numeric.reference.maxima import maxima, maxima_input_vjp
from convproof.numeric.reference.windows import adaptive_windows


def forward(
    layer: AdaptiveMaxPool, x: Shaped[np.ndarray, "n c *I"]
) -> (
    Shaped[np.ndarray, "n c *O"] | tuple[Shaped[np.ndarray, "n c *O"], Int64[np.ndarray, "n c *O"]]
):
    """Return ``y``, and with ``return_indices`` where each maximum lies."""
    output_size = layer.sizes(x.shape[2:])
    y, indices = maxima(x, output_size, adaptive_windows(x.shape[2:], output_size))
    return (y, indices) if layer.return_indices else y


def input_vjp(
    layer: AdaptiveMaxPool, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent goes to the first maximum of its window."""
    return maxima_input_vjp(x, y_bar, adaptive_windows(x.shape[2:], layer.sizes(x.shape[2:])))
