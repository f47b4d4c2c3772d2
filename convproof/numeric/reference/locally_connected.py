"""A convolution whose kernel differs from position to position.

``y[n,m,o] = b[m] + sum_{c,k} w[m,c,o,k] x_padded[n, g C/G + c, s o + t k]``, ``g = m // (M/G)``.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from jaxtyping import Shaped

from convproof.layers import LocallyConnected
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.reference.border import pad, unpad
from convproof.numeric.reference.windows import by_position


def forward(
    layer: LocallyConnected,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *OK"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = x.astype(accumulator(dtype)), w.astype(accumulator(dtype))
    x_padded = pad(x, _ends(layer, x.shape), layer.padding_mode)
    y = np.zeros((len(x), layer.out_channels, *layer.output_size), x.dtype)
    y_at, w_at = by_position(y), _by_output(layer, w)
    for m, o, window in _windows(layer):
        for n in range(len(x)):
            y_at[o][n, m] = (w_at[o][m] * x_padded[n][window]).sum()
            if b is not None:
                y_at[o][n, m] += b.astype(x.dtype)[m]
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: LocallyConnected,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n m *O"],
    w: Shaped[np.ndarray, "m cg *OK"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: every input takes ``w y_bar`` from each output that read it."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(w=w, y_bar=y_bar)
    w, y_bar = w.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    ends = _ends(layer, shape)
    x_bar = pad(np.zeros(shape, w.dtype), ends)
    w_at, y_bar_at = _by_output(layer, w), by_position(y_bar)
    for m, o, window in _windows(layer):
        for n in range(shape[0]):
            x_bar[n][window] += w_at[o][m] * y_bar_at[o][n, m]
    return unpad(x_bar, ends, layer.padding_mode).astype(result_dtype(dtype))


def weight_vjp(
    layer: LocallyConnected, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "m cg *OK"]:
    """Return ``w_bar``: each kernel serves one position, so only the batch is summed over."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    x_padded = pad(x, _ends(layer, x.shape), layer.padding_mode)
    w_bar = np.zeros(layer.weight_shape, x.dtype)
    w_bar_at, y_bar_at = _by_output(layer, w_bar), by_position(y_bar)
    for m, o, window in _windows(layer):
        for n in range(len(x)):
            w_bar_at[o][m] += x_padded[n][window] * y_bar_at[o][n, m]
    return w_bar.astype(result_dtype(dtype))


def _ends(layer: LocallyConnected, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(axis.padding for axis in layer.axes(shape[2:]))


def _by_output(
    layer: LocallyConnected, w: Shaped[np.ndarray, "m cg *OK"]
) -> Shaped[np.ndarray, "..."]:
    """Return a view whose entry at an output position is the kernel ``(m, c, *taps)`` there."""
    dims = len(layer.output_size)
    return np.moveaxis(w, range(2, 2 + dims), range(dims))


def _windows(
    layer: LocallyConnected,
) -> Iterator[tuple[int, tuple[int, ...], tuple[slice, ...]]]:
    """Yield each output channel and position with the part of one padded image it reads."""
    per_group = layer.in_channels // layer.groups
    for m in range(layer.out_channels):
        g = m // (layer.out_channels // layer.groups)
        channels = slice(g * per_group, (g + 1) * per_group)
        for o in product(*map(range, layer.output_size)):
            rows = zip(o, layer.stride, layer.dilation, layer.kernel_size, strict=True)
            taps = [slice(s * p, s * p + t * (r - 1) + 1, t) for p, s, t, r in rows]
            yield m, o, (channels, *taps)
