"""Adaptive average pooling: the mean of ``x`` over ``floor(o I/O) <= i < ceil((o+1) I/O)``."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import AdaptiveAvgPool
from convproof.numeric.reference.means import counts, means, means_input_vjp
from convproof.numeric.reference.windows import adaptive_windows


def forward(
    layer: AdaptiveAvgPool, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``y``."""
    output_size = layer.sizes(x.shape[2:])
    windows = adaptive_windows(x.shape[2:], output_size)
    return means(x, output_size, windows, counts(windows))


def input_vjp(
    layer: AdaptiveAvgPool, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent is shared out evenly over its window."""
    input_size = (x if isinstance(x, tuple) else x.shape)[2:]
    windows = adaptive_windows(input_size, layer.sizes(input_size))
    return means_input_vjp(x, y_bar, windows, counts(windows))
