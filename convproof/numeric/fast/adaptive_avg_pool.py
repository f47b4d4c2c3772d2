"""Adaptive average pooling: the mean of ``x`` over ``floor(o I/O) <= i < ceil((o+1) I/O)``.

The windows of ``I`` inputs and ``O`` outputs, read backward, are those of ``O`` inputs and ``I``
outputs: the gradient is the same sum with the sizes exchanged.
"""

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.layers import AdaptiveAvgPool
from convproof.numeric.dtypes import accumulator, common_dtype, needs_division, result_dtype
from convproof.numeric.fast.means import divided, per_window
from convproof.numeric.fast.windows import adaptive_taps, window_sums

Sizes = tuple[int, ...]


def forward(
    layer: AdaptiveAvgPool, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_division(dtype, "the mean")
    sizes = layer.sizes(x.shape[2:])
    total = _sums(x.astype(accumulator(dtype)), sizes)
    return divided(total, _divisors(x.shape[2:], sizes)).astype(result_dtype(dtype))


def input_vjp(
    layer: AdaptiveAvgPool, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent is shared out evenly over its window."""
    dtype = common_dtype(y_bar=y_bar)
    needs_division(dtype, "the mean")
    input_size = (x if isinstance(x, tuple) else x.shape)[2:]
    divisors = _divisors(input_size, layer.sizes(input_size))
    shares = divided(y_bar.astype(accumulator(dtype)), divisors)
    return _sums(shares, input_size).astype(result_dtype(dtype))


def _sums(x: Shaped[np.ndarray, "n c *I"], sizes: Sizes) -> Shaped[np.ndarray, "n c *O"]:
    taps = [adaptive_taps(i, o) for i, o in zip(x.shape[2:], sizes, strict=True)]
    return window_sums(x, taps, sizes)


def _divisors(input_size: Sizes, sizes: Sizes) -> Int64[np.ndarray, "*O"]:
    counts = []
    for inputs, outputs in zip(input_size, sizes, strict=True):
        o = np.arange(outputs)
        counts.append(-(-(o + 1) * inputs // outputs) - o * inputs // outputs)
    return per_window(counts)
