"""Transposed convolution: every input spreads the kernel over the outputs.

``y[n, g M/G + m, s i + t k - low] += w[g C/G + c, m, k] x[n, g C/G + c, i]``, then ``b`` is added.
So an input's gradient reads back the window of outputs that it was spread over.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from jaxtyping import Shaped

from convproof.layers import ConvTranspose
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.reference.border import pad, unpad
from convproof.numeric.reference.windows import by_position


def forward(
    layer: ConvTranspose,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "c mg *K"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = x.astype(accumulator(dtype)), w.astype(accumulator(dtype))
    rows = zip(x.shape[2:], layer.kernel_size, layer.stride, layer.dilation, strict=True)
    written = [max(s * i + t * k for i in range(n) for k in range(r)) + 1 for n, r, s, t in rows]
    uncropped = [size + more for size, more in zip(written, layer.output_padding, strict=True)]
    y_padded = np.zeros((len(x), layer.out_channels, *uncropped), x.dtype)
    x_at = by_position(x)
    for c, i, window in _windows(layer, x.shape):
        for n in range(len(x)):
            y_padded[n][window] += w[c] * x_at[i][n, c]
    y = unpad(y_padded, layer.padding)
    if b is not None:
        for m in range(layer.out_channels):
            y[:, m] += b.astype(x.dtype)[m]
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: ConvTranspose,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n m *O"],
    w: Shaped[np.ndarray, "c mg *K"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``, a convolution of ``y_bar`` with the same weights."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(w=w, y_bar=y_bar)
    w, y_bar = w.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    y_bar_padded = pad(y_bar, layer.padding)
    x_bar = np.zeros(shape, w.dtype)
    x_bar_at = by_position(x_bar)
    for c, i, window in _windows(layer, shape):
        for n in range(shape[0]):
            x_bar_at[i][n, c] = (w[c] * y_bar_padded[n][window]).sum()
    return x_bar.astype(result_dtype(dtype))


def weight_vjp(
    layer: ConvTranspose, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "c mg *K"]:
    """Return ``w_bar``, summed over the inputs that spread the same kernel."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    y_bar_padded = pad(y_bar, layer.padding)
    w_bar = np.zeros(layer.weight_shape, x.dtype)
    x_at = by_position(x)
    for c, i, window in _windows(layer, x.shape):
        for n in range(len(x)):
            w_bar[c] += x_at[i][n, c] * y_bar_padded[n][window]
    return w_bar.astype(result_dtype(dtype))


def _windows(
    layer: ConvTranspose, x_shape: tuple[int, ...]
) -> Iterator[tuple[int, tuple[int, ...], tuple[slice, ...]]]:
    """Yield each input channel and position with the part of one uncropped output it spreads to."""
    per_group = layer.out_channels // layer.groups
    for c in range(layer.in_channels):
        g = c // (layer.in_channels // layer.groups)
        channels = slice(g * per_group, (g + 1) * per_group)
        for i in product(*map(range, x_shape[2:])):
            rows = zip(i, layer.stride, layer.dilation, layer.kernel_size, strict=True)
            taps = [slice(s * p, s * p + t * (r - 1) + 1, t) for p, s, t, r in rows]
            yield c, i, (channels, *taps)
