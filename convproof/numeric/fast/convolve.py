"""The true convolution of two signals: ``y = sum_k h[k] shift(x, k)``, then a crop.

It commutes in the mode ``"full"``, so the shorter signal gives the shifts.
"""

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Convolve
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(
    layer: Convolve, x: Shaped[np.ndarray, "*I"], h: Shaped[np.ndarray, "*K"]
) -> Shaped[np.ndarray, "*O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, h=h)
    x, h = x.astype(accumulator(dtype)), h.astype(accumulator(dtype))
    axes = layer.axes(x.shape, h.shape)
    shifted, taps = (x, h) if h.size <= x.size else (h, x)
    full = np.zeros([n + r - 1 for n, r in zip(x.shape, h.shape, strict=True)], x.dtype)
    for k in np.ndindex(taps.shape):
        window = tuple(slice(q, q + n) for q, n in zip(k, shifted.shape, strict=True))
        full[window] += taps[k] * shifted
    kept = tuple(slice(axis.crop, axis.crop + axis.output_size) for axis in axes)
    return full[kept].astype(result_dtype(dtype))
