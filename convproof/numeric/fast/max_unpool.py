"""Max unpooling: ``y[n, c, indices[n,c,o]] = x[n,c,o]``, zero elsewhere, by one assignment.

NumPy assigns in row-major order, so the last of several values for one position stays; the others
reach no output, and have no gradient.
"""

from math import prod

import numpy as np
from jaxtyping import Int64, Integer, Shaped

from convproof.errors import ShapeError
from convproof.layers import MaxUnpool
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(
    layer: MaxUnpool, x: Shaped[np.ndarray, "n c *O"], indices: Integer[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    shape = layer.output_shape(x.shape)
    y = np.zeros(prod(shape), accumulator(dtype))
    y[_targets(shape, indices)] = x.ravel()
    return y.reshape(shape).astype(result_dtype(dtype))


def input_vjp(
    layer: MaxUnpool,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n c *I"],
    indices: Integer[np.ndarray, "n c *O"],
) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``x_bar``: the cotangent where ``x`` went, 0 where a later entry replaced it."""
    dtype = common_dtype(y_bar=y_bar)
    shape = x if isinstance(x, tuple) else x.shape
    y_shape = layer.output_shape(shape)
    targets = _targets(y_shape, indices)
    entries = np.arange(len(targets))
    last = np.empty(prod(y_shape), np.int64)
    last[targets] = entries
    x_bar = np.where(last[targets] == entries, y_bar.ravel()[targets], 0)
    return x_bar.reshape(shape).astype(result_dtype(dtype))


def _targets(
    shape: tuple[int, ...], indices: Integer[np.ndarray, "n c *O"]
) -> Int64[np.ndarray, " entries"]:
    """Return the flat position in ``y`` that each entry of ``x`` goes to."""
    positions = prod(shape[2:])
    outside = np.argwhere((indices < 0) | (indices >= positions))
    if len(outside):
        place = outside[0].tolist()
        msg = (
            f"indices must lie in 0...{positions - 1}, the positions of an output of {shape[2:]}, "
            f"but indices{place} = {indices[tuple(place)]}."
        )
        raise ShapeError(msg)
    maps = np.arange(prod(shape[:2])).reshape(*shape[:2], *(1,) * (indices.ndim - 2))
    return (indices.astype(np.int64) + positions * maps).ravel()
