"""Max pooling: ``y[n,c,o] = max_k x[n, c, s o + t k - low]`` over the taps inside the input."""

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.layers import MaxPool
from convproof.numeric.reference.maxima import maxima, maxima_input_vjp
from convproof.numeric.reference.windows import extent, sliding_windows


def forward(
    layer: MaxPool, x: Shaped[np.ndarray, "n c *I"]
) -> (
    Shaped[np.ndarray, "n c *O"] | tuple[Shaped[np.ndarray, "n c *O"], Int64[np.ndarray, "n c *O"]]
):
    """Return ``y``, and with ``return_indices`` where each maximum lies."""
    windows = sliding_windows(layer, x.shape[2:])
    y, indices = maxima(x, extent(windows), windows)
    return (y, indices) if layer.return_indices else y


def input_vjp(
    layer: MaxPool, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent goes to the first maximum of its window."""
    return maxima_input_vjp(x, y_bar, sliding_windows(layer, x.shape[2:]))
