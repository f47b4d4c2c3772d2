"""The maximum over windows: ``y[o] = x[i*]`` where ``i*`` is the first maximum of window ``o``.

So ``x_bar[i]`` sums ``y_bar[o]`` over the windows whose first maximum is ``i``. A NaN is the
maximum of its window.
"""

import numpy as np
from jaxtyping import Bool, Int64, Shaped

from convproof.numeric.dtypes import accumulator, common_dtype, result_dtype
from convproof.numeric.reference.windows import Windows, by_position, flat


def maxima(
    x: Shaped[np.ndarray, "n c *I"], output_size: tuple[int, ...], windows: Windows
) -> tuple[Shaped[np.ndarray, "n c *O"], Int64[np.ndarray, "n c *O"]]:
    """Return ``y`` and the flat position of the first maximum of each window."""
    dtype = common_dtype(x=x)
    x, size = x.astype(accumulator(dtype)), x.shape[2:]
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    indices = np.empty(y.shape, np.int64)
    x_at, y_at, indices_at = by_position(x), by_position(y), by_position(indices)
    for o, positions in windows:
        best = x_at[positions[0]]
        where = np.full(best.shape, flat(positions[0], size))
        for position in positions[1:]:
            value = x_at[position]
            later = exceeds(value, best)
            best = np.where(later, value, best)
            where = np.where(later, flat(position, size), where)
        y_at[o], indices_at[o] = best, where
    return y.astype(result_dtype(dtype)), indices


def maxima_input_vjp(
    x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n c *O"], windows: Windows
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``: each cotangent goes to the first maximum of its window."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    y_bar = y_bar.astype(accumulator(dtype))
    _, indices = maxima(x, y_bar.shape[2:], windows)
    x_bar = np.zeros(x.shape, y_bar.dtype)
    indices_at, y_bar_at, x_bar_at = by_position(indices), by_position(y_bar), by_position(x_bar)
    for o, positions in windows:
        for position in positions:
            first = indices_at[o] == flat(position, x.shape[2:])
            x_bar_at[position] += np.where(first, y_bar_at[o], 0)
    return x_bar.astype(result_dtype(dtype))


def exceeds(
    value: Shaped[np.ndarray, "*x"], best: Shaped[np.ndarray, "*x"]
) -> Bool[np.ndarray, "*x"]:
    """Return whether a later value replaces the maximum so far: greater, or the first NaN."""
    exceeding: np.ndarray = (value > best) | ((value != value) & (best == best))
    return exceeding
