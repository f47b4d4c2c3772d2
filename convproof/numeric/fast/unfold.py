"""im2col: ``y[n, c*K + k, o] = x_padded[n, c, s o + t k]``, one copy of a view of windows."""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Unfold
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.fast.columns import Relation, add_taps


def forward(
    layer: Unfold, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n rows positions"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    relation = Relation.of(layer.axes(x.shape[2:]))
    padded = relation.padded(x.astype(accumulator(dtype), copy=False))
    y = _images_first(relation.windows(padded)).copy().reshape(layer.output_shape(x.shape))
    return y.astype(result_dtype(dtype), copy=False)


def input_vjp(
    layer: Unfold,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n rows positions"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: every input adds up the entries that copied it."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(y_bar=y_bar)
    relation = Relation.of(layer.axes(shape[2:]))
    padded = relation.border_of_zeros(shape[0], shape[1], accumulator(dtype))
    windows = relation.windows(padded, writeable=True)
    entries = y_bar.astype(accumulator(dtype), copy=False).reshape(_images_first(windows).shape)
    add_taps(windows, np.moveaxis(entries, 0, len(relation.cells) + 1), relation)
    return relation.unpadded(padded).astype(result_dtype(dtype))


def _images_first(windows: Shaped[np.ndarray, "c *KnO"]) -> Shaped[np.ndarray, "n c *KO"]:
    """Return a view ``(images, channels, *taps, *cells)``."""
    return np.moveaxis(windows, windows.ndim // 2, 0)
