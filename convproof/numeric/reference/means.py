"""The mean over windows: ``y[o] = (1 / d_o) sum_i x[i]`` over the positions of window ``o``.

So ``x_bar[i]`` sums ``y_bar[o] / d_o`` over the windows that read ``i``.
"""

from fractions import Fraction

import numpy as np
from jaxtyping import Shaped

from convproof.numeric.dtypes import accumulator, common_dtype, needs_division, result_dtype
from convproof.numeric.reference.windows import Position, Windows, by_position

Divisors = dict[Position, int]


def means(
    x: Shaped[np.ndarray, "n c *I"],
    output_size: tuple[int, ...],
    windows: Windows,
    divisors: Divisors,
) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_division(dtype, "the mean")
    x = x.astype(accumulator(dtype))
    y = np.empty((*x.shape[:2], *output_size), x.dtype)
    x_at, y_at = by_position(x), by_position(y)
    for o, positions in windows:
        total = np.zeros(x.shape[:2], x.dtype)
        for position in positions:
            total += x_at[position]
        y_at[o] = _divided(total, divisors[o])
    return y.astype(result_dtype(dtype))


def means_input_vjp(
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n c *O"],
    windows: Windows,
    divisors: Divisors,
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``."""
    dtype = common_dtype(y_bar=y_bar)
    needs_division(dtype, "the mean")
    y_bar = y_bar.astype(accumulator(dtype))
    x_bar = np.zeros(x if isinstance(x, tuple) else x.shape, y_bar.dtype)
    y_bar_at, x_bar_at = by_position(y_bar), by_position(x_bar)
    for o, positions in windows:
        share = _divided(y_bar_at[o], divisors[o])
        for position in positions:
            x_bar_at[position] += share
    return x_bar.astype(result_dtype(dtype))


def counts(windows: Windows) -> Divisors:
    """Return how many positions each window reads."""
    return {o: len(positions) for o, positions in windows}


def _divided(total: Shaped[np.ndarray, "n c"], divisor: int) -> Shaped[np.ndarray, "n c"]:
    return total * Fraction(1, divisor) if total.dtype.kind == "O" else total / divisor
