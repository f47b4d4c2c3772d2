"""Average pooling: ``y[n,c,o] = (1 / d_o) sum_k x[n, c, s o + t k - low]``, sums of shifted slices.

The divisor is a product over the axes, of the taps below ``input_size + high`` or of those inside.
"""

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.axes import Axis
from convproof.layers import AvgPool
from convproof.numeric.dtypes import accumulator, common_dtype, needs_division, result_dtype
from convproof.numeric.fast.means import divided, per_window
from convproof.numeric.fast.windows import sliding_taps, window_sums


def forward(layer: AvgPool, x: Shaped[np.ndarray, "n c *I"]) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_division(dtype, "the mean")
    axes = layer.axes(x.shape[2:])
    taps, sizes = [sliding_taps(axis) for axis in axes], [axis.output_size for axis in axes]
    total = window_sums(x.astype(accumulator(dtype)), taps, sizes)
    return divided(total, _divisors(layer, axes)).astype(result_dtype(dtype))


def input_vjp(
    layer: AvgPool, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent is shared out, ``y_bar[o] / d_o`` to every tap."""
    dtype = common_dtype(y_bar=y_bar)
    needs_division(dtype, "the mean")
    input_size = (x if isinstance(x, tuple) else x.shape)[2:]
    axes = layer.axes(input_size)
    shares = divided(y_bar.astype(accumulator(dtype)), _divisors(layer, axes))
    mirrored = [[(inputs, outputs) for outputs, inputs in sliding_taps(axis)] for axis in axes]
    return window_sums(shares, mirrored, input_size).astype(result_dtype(dtype))


def _divisors(layer: AvgPool, axes: tuple[Axis, ...]) -> Int64[np.ndarray, "*O"] | int:
    if layer.divisor_override is not None:
        return layer.divisor_override
    count = _taps_in_padded if layer.count_include_pad else _taps_inside
    return per_window([count(axis) for axis in axes])


def _taps_in_padded(axis: Axis) -> Int64[np.ndarray, " o"]:
    """Return ``#{k : s o + t k - low < input_size + high}``; the ceil overhang does not count."""
    room = axis.padded_size - axis.stride * np.arange(axis.output_size)
    return np.minimum(axis.kernel_size, -(-room // axis.dilation))


def _taps_inside(axis: Axis) -> Int64[np.ndarray, " o"]:
    """Return ``#{k : 0 <= s o + t k - low < input_size}``."""
    counts = np.zeros(axis.output_size, np.int64)
    for outputs, _ in sliding_taps(axis):
        counts[outputs] += 1
    return counts
