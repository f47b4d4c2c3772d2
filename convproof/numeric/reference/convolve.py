"""The true convolution of two signals on the integers: ``y[o] = sum_k h[k] x[o + crop - k]``.

Both signals are zero outside their support; ``crop`` outputs of the full convolution are dropped
at the low end of each axis (none, half of the kernel, or all of it but one).
"""

from itertools import product

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
    y = np.zeros([axis.output_size for axis in axes], x.dtype)
    crops = {"full": [0] * h.ndim, "same": [(r - 1) // 2 for r in h.shape]}
    crop = crops.get(layer.mode, [r - 1 for r in h.shape])
    for o in product(*map(range, y.shape)):
        for k in product(*map(range, h.shape)):
            i = tuple(p + c - q for p, c, q in zip(o, crop, k, strict=True))
            if all(0 <= j < extent for j, extent in zip(i, x.shape, strict=True)):
                y[o] += h[k] * x[i]
    return y.astype(result_dtype(dtype))
