"""Global max pooling: ``y[n,c] = max_i x[n,c,i]``, kept as size-1 axes."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import GlobalMaxPool
from convproof.numeric.reference.maxima import maxima, maxima_input_vjp
from convproof.numeric.reference.windows import whole_window


def forward(
    layer: GlobalMaxPool, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *ones"]:
    """Return ``y``."""
    return maxima(x, (1,) * layer.dims, whole_window(x.shape[2:]))[0]


def input_vjp(
    layer: GlobalMaxPool, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *ones"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: the cotangent goes to the first maximum of the feature map."""
    del layer
    return maxima_input_vjp(x, y_bar, whole_window(x.shape[2:]))
