"""Quotients of sums by whole numbers, exact for objects."""

from fractions import Fraction
from functools import reduce

import numpy as np
from jaxtyping import Shaped


def divided(
    total: Shaped[np.ndarray, "n c *O"], divisors: Shaped[np.ndarray, "*D"] | int
) -> Shaped[np.ndarray, "n c *O"]:
    """Return ``total / divisors``, broadcast from the right."""
    if total.dtype.kind != "O":
        quotient: np.ndarray = total / np.asarray(divisors).astype(total.dtype)
        return quotient
    reciprocals = np.vectorize(lambda d: Fraction(1, int(d)), otypes=[object])(divisors)
    product: np.ndarray = total * reciprocals
    return product


def per_window(counts: list[np.ndarray]) -> Shaped[np.ndarray, "*O"]:
    """Return the products of the counts along each axis: positions per window."""
    return reduce(np.multiply.outer, counts)
