"""im2col: ``y[n, c*K + k, o] = x_padded[n, c, s o + t k]``, taps and positions row-major."""

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
from jaxtyping import Shaped

from convproof.layers import Unfold
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.reference.border import pad, unpad
from convproof.numeric.reference.windows import Position, by_position, fitting


def forward(
    layer: Unfold, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "n rows positions"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    x_padded = pad(x.astype(accumulator(dtype)), _ends(layer, x.shape))
    rows, columns = x.shape[1] * prod(layer.kernel_size), prod(_sizes(layer, x.shape))
    y = np.zeros((len(x), rows, columns), x_padded.dtype)
    x_at = by_position(x_padded)
    for row, column, c, i in _entries(layer, x.shape):
        y[:, row, column] = x_at[i][:, c]
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: Unfold,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n rows positions"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: every input adds up the entries that copied it."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(y_bar=y_bar)
    y_bar = y_bar.astype(accumulator(dtype))
    ends = _ends(layer, shape)
    x_bar = pad(np.zeros(shape, y_bar.dtype), ends)
    x_bar_at = by_position(x_bar)
    for row, column, c, i in _entries(layer, shape):
        x_bar_at[i][:, c] += y_bar[:, row, column]
    return unpad(x_bar, ends).astype(result_dtype(dtype))


def _ends(layer: Unfold, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(axis.padding for axis in layer.axes(shape[2:]))


def _sizes(layer: Unfold, shape: tuple[int, ...]) -> tuple[int, ...]:
    ends = zip(shape[2:], _ends(layer, shape), strict=True)
    padded = tuple(low + n + high for n, (low, high) in ends)
    return fitting(padded, layer.kernel_size, layer.stride, layer.dilation)


def _entries(layer: Unfold, shape: tuple[int, ...]) -> Iterator[tuple[int, int, int, Position]]:
    """Yield each row and column with the channel and the position in the padded input it copies."""
    taps, output_size = prod(layer.kernel_size), _sizes(layer, shape)
    for c in range(shape[1]):
        for row, k in enumerate(product(*map(range, layer.kernel_size)), start=c * taps):
            for column, o in enumerate(product(*map(range, output_size))):
                rows = zip(o, k, layer.stride, layer.dilation, strict=True)
                yield row, column, c, tuple(s * p + t * q for p, q, s, t in rows)
