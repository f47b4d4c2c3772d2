"""Max unpooling: ``y[n, c, indices[n,c,o]] = x[n,c,o]``, zero elsewhere.

Where a position is named twice, the last in row-major order stays, and it alone has a gradient:
``x_bar[n,c,o] = y_bar[n, c, indices[n,c,o]]`` if ``o`` is the last to name the position, else 0.
"""

from itertools import product

import numpy as np
from jaxtyping import Integer, Shaped

from convproof.errors import ShapeError
from convproof.layers import MaxUnpool
from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype


def forward(
    layer: MaxUnpool, x: Shaped[np.ndarray, "n c *O"], indices: Integer[np.ndarray, "n c *O"]
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    shape = layer.output_shape(x.shape)
    y = np.zeros(shape, accumulator(dtype))
    for place, target in _places(shape, indices):
        y[target] = x[place]
    return y.astype(result_dtype(dtype))


def input_vjp(
    layer: MaxUnpool,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n c *I"],
    indices: Integer[np.ndarray, "n c *O"],
) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``x_bar``."""
    dtype = common_dtype(y_bar=y_bar)
    shape = x if isinstance(x, tuple) else x.shape
    x_bar = np.zeros(shape, accumulator(dtype))
    taken = set()
    for place, target in reversed(_places(layer.output_shape(shape), indices)):
        if target not in taken:
            x_bar[place] = y_bar[target]
            taken.add(target)
    return x_bar.astype(result_dtype(dtype))


def _places(
    shape: tuple[int, ...], indices: Integer[np.ndarray, "n c *O"]
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return each place of the input with the place in the output that its index names."""
    positions = list(product(*map(range, shape[2:])))
    places = []
    for place in product(*map(range, indices.shape)):
        number = int(indices[place])
        if not 0 <= number < len(positions):
            msg = (
                f"indices must lie in 0...{len(positions) - 1}, the positions of an output of "
                f"{shape[2:]}, but indices{list(place)} = {number}."
            )
            raise ShapeError(msg)
        places.append((place, (*place[:2], *positions[number])))
    return places
