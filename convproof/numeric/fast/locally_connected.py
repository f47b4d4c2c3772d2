"""A convolution whose kernel differs from position to position: a matrix product for each cell.

``y[n,m,o] = b[m] + sum_{c,k} w[m,c,o,k] x_padded[n, g C/G + c, s o + t k]``, ``g = m // (M/G)``,
for all cells and groups at once, with the weights as ``(cells, groups, m, c k)``.
"""

from math import prod

import numpy as np
from jaxtyping import Shaped

from convproof.layers import LocallyConnected
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.fast.columns import Relation, add_taps


def forward(
    layer: LocallyConnected,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *OK"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x, w=w) if b is None else common_dtype(x=x, w=w, b=b)
    x, w = (array.astype(accumulator(dtype), copy=False) for array in (x, w))
    columns = _columns_by_cell(layer, Relation.of(layer.axes(x.shape[2:])), x)
    by_cell: np.ndarray = np.matmul(_weights_by_cell(layer, w), columns)
    y = by_cell.transpose(3, 1, 2, 0).reshape(layer.output_shape(x.shape))
    if b is not None:
        y += b.astype(y.dtype).reshape((-1, *(1,) * (x.ndim - 2)))
    return y.astype(result_dtype(dtype), copy=False)


def input_vjp(
    layer: LocallyConnected,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n m *O"],
    w: Shaped[np.ndarray, "m cg *OK"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: every input takes ``w y_bar`` from each output that read it."""
    shape = x if isinstance(x, tuple) else x.shape
    dtype = common_dtype(w=w, y_bar=y_bar)
    w, y_bar = (array.astype(accumulator(dtype), copy=False) for array in (w, y_bar))
    relation = Relation.of(layer.axes(shape[2:]))
    transposed = _weights_by_cell(layer, w).swapaxes(2, 3)
    by_cell: np.ndarray = np.matmul(transposed, _cotangents_by_cell(layer, y_bar))
    padded = relation.border_of_zeros(shape[0], shape[1], w.dtype)
    windows = relation.windows(padded, writeable=True)
    add_taps(windows, by_cell.transpose(1, 2, 3, 0).reshape(windows.shape), relation)
    return relation.unpadded(padded).astype(result_dtype(dtype))


def weight_vjp(
    layer: LocallyConnected, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "m cg *OK"]:
    """Return ``w_bar``: each kernel serves one position, so only the batch is summed over."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    x, y_bar = (array.astype(accumulator(dtype), copy=False) for array in (x, y_bar))
    columns = _columns_by_cell(layer, Relation.of(layer.axes(x.shape[2:])), x)
    by_cell: np.ndarray = np.matmul(_cotangents_by_cell(layer, y_bar), columns.swapaxes(2, 3))
    m, per_group = layer.weight_shape[:2]
    rows = by_cell.reshape(len(by_cell), m, per_group, prod(layer.kernel_size))
    return rows.transpose(1, 2, 0, 3).reshape(layer.weight_shape).astype(result_dtype(dtype))


def _columns_by_cell(
    layer: LocallyConnected, relation: Relation, x: Shaped[np.ndarray, "n c *I"]
) -> Shaped[np.ndarray, "cells g rows n"]:
    per_group = layer.in_channels // layer.groups
    windows = relation.windows(relation.padded(x))
    shape = (layer.groups, per_group * relation.taps, len(x), prod(relation.cells))
    return windows.reshape(shape).transpose(3, 0, 1, 2)


def _weights_by_cell(
    layer: LocallyConnected, w: Shaped[np.ndarray, "m cg *OK"]
) -> Shaped[np.ndarray, "cells g mg rows"]:
    per_group, taps = w.shape[1], prod(layer.kernel_size)
    split = w.reshape(layer.out_channels, per_group, prod(layer.output_size), taps)
    by_cell = split.transpose(2, 0, 1, 3)
    shape = (layer.groups, layer.out_channels // layer.groups, per_group * taps)
    return by_cell.reshape(len(by_cell), *shape)


def _cotangents_by_cell(
    layer: LocallyConnected, y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "cells g mg n"]:
    channels = (layer.groups, layer.out_channels // layer.groups)
    split = y_bar.reshape(len(y_bar), *channels, prod(layer.output_size))
    return split.transpose(3, 1, 2, 0)
