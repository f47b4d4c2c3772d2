"""col2im, the adjoint of ``unfold``: ``y[n, c, s o + t k - low] += x[n, c*K + k, o]``."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Fold
from convproof.numeric.fast import unfold


def forward(layer: Fold, x: Shaped[np.ndarray, "n rows positions"]) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``y``."""
    return unfold.input_vjp(layer.unfold, layer.output_shape(x.shape), x)


def input_vjp(
    layer: Fold, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n rows positions"]:
    """Return ``x_bar``: the columns of ``y_bar``."""
    del x
    return unfold.forward(layer.unfold, y_bar)
