"""Average pooling: ``y[n,c,o] = (1 / d_o) sum_k x[n, c, s o + t k - low]``.

The divisor ``d_o`` counts the taps below ``input_size + high``, so those in the padded input but
never those of the ceil overhang; or only the taps in the input; or it is ``divisor_override``.
"""

from math import prod

import numpy as np
from jaxtyping import Shaped

from convproof.layers import AvgPool
from convproof.numeric.reference.means import Divisors, counts, means, means_input_vjp
from convproof.numeric.reference.windows import Windows, extent, sliding_windows


def forward(layer: AvgPool, x: Shaped[np.ndarray, "n c *I"]) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``y``."""
    windows = sliding_windows(layer, x.shape[2:])
    divisors = _divisors(layer, x.shape[2:], windows)
    return means(x, extent(windows), windows, divisors)


def input_vjp(
    layer: AvgPool, x: np.ndarray | tuple[int, ...], y_bar: Shaped[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent is shared out, ``y_bar[o] / d_o`` to every tap."""
    input_size = (x if isinstance(x, tuple) else x.shape)[2:]
    windows = sliding_windows(layer, input_size)
    return means_input_vjp(x, y_bar, windows, _divisors(layer, input_size, windows))


def _divisors(layer: AvgPool, input_size: tuple[int, ...], windows: Windows) -> Divisors:
    if layer.divisor_override is not None:
        return {o: layer.divisor_override for o, _ in windows}
    if not layer.count_include_pad:
        return counts(windows)
    axes, divisors = layer.axes(input_size), {}
    for o, _ in windows:
        taps = []
        for axis, p in zip(axes, o, strict=True):
            low, high = axis.padding
            reads = [axis.stride * p + axis.dilation * k - low for k in range(axis.kernel_size)]
            taps.append(sum(i < axis.input_size + high for i in reads))
        divisors[o] = prod(taps)
    return divisors
