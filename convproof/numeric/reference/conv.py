"""Convolution, as the sum in the textbook.

``y[n,m,o] = b[m] + sum_{c,k} w[m,c,k] x_padded[n, g C/G + c, s o + t k]``, ``g = m // (M/G)``.

The gradients are the same loops read backward: every product ``w x`` of the forward sum gives its
weight to ``x_bar`` and its input to ``w_bar``, times the cotangent of the output it went to.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Conv
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.reference.border import pad, unpad
from convproof.numeric.reference.windows import by_position, fitting


def forward(
    layer: Conv,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *K"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = x.astype(accumulator(dtype)), w.astype(accumulator(dtype))
    x_padded = pad(x, _ends(layer, x.shape), layer.padding_mode)
    sizes = fitting(x_padded.shape[2:], layer.kernel_size, layer.stride, layer.dilation)
    y = np.zeros((len(x), layer.out_channels, *sizes), x.dtype)
    y_at = by_position(y)
    for m, o, window in _windows(layer, y.shape):
        y_at[o][:, m] = (w[m] * x_padded[window]).sum(axis=tuple(range(1, x.ndim)))
    if b is not None:
        y += b.astype(x.dtype).reshape((-1, *(1,) * (x.ndim - 2)))
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: Conv,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n m *O"],
    w: Shaped[np.ndarray, "m cg *K"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``, the gradient of ``<y, y_bar>`` in ``x``."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(w=w, y_bar=y_bar)
    w, y_bar = w.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    ends = _ends(layer, shape)
    x_bar = pad(np.zeros(shape, w.dtype), ends)
    y_bar_at, one = by_position(y_bar), (-1, *(1,) * (len(shape) - 1))
    for m, o, window in _windows(layer, y_bar.shape):
        x_bar[window] += y_bar_at[o][:, m].reshape(one) * w[m]
    return unpad(x_bar, ends, layer.padding_mode).astype(result_dtype(dtype))


def weight_vjp(
    layer: Conv, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "m cg *K"]:
    """Return ``w_bar``, the gradient of ``<y, y_bar>`` in ``w``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    x_padded = pad(x, _ends(layer, x.shape), layer.padding_mode)
    w_bar = np.zeros(layer.weight_shape, x.dtype)
    y_bar_at, one = by_position(y_bar), (-1, *(1,) * (x.ndim - 1))
    for m, o, window in _windows(layer, y_bar.shape):
        w_bar[m] += (y_bar_at[o][:, m].reshape(one) * x_padded[window]).sum(axis=0)
    return w_bar.astype(result_dtype(dtype))


def _ends(layer: Conv, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(axis.padding for axis in layer.axes(shape[2:]))


def _windows(
    layer: Conv, y_shape: tuple[int, ...]
) -> Iterator[tuple[int, tuple[int, ...], tuple[slice, ...]]]:
    """Yield each output channel and position with the part of the padded input that it reads."""
    per_group = layer.in_channels // layer.groups
    for m in range(layer.out_channels):
        g = m // (layer.out_channels // layer.groups)
        channels = slice(g * per_group, (g + 1) * per_group)
        for o in product(*map(range, y_shape[2:])):
            rows = zip(o, layer.stride, layer.dilation, layer.kernel_size, strict=True)
            taps = [slice(s * p, s * p + t * (r - 1) + 1, t) for p, s, t, r in rows]
            yield m, o, (slice(None), channels, *taps)
