"""Global average pooling: ``y[n,c] = (1 / |I|) sum_i x[n,c,i]``, kept as size-1 axes."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import GlobalAvgPool
from convproof.numeric.reference.means import counts, means, means_input_vjp
from convproof.numeric.reference.windows import whole_window


def forward(
    layer: GlobalAvgPool, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *ones"]:
    """Return ``y``."""
    window = whole_window(x.shape[2:])
    return means(x, (1,) * layer.dims, window, counts(window))


def input_vjp(
    layer: GlobalAvgPool, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "n c *ones"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: the cotangent is shared out evenly over the feature map."""
    del layer
    window = whole_window((x if isinstance(x, tuple) else x.shape)[2:])
    return means_input_vjp(x, y_bar, window, counts(window))
