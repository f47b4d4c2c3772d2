"""How far two right computations of squared distances to codes may lie apart.

With ``a_ij = x_j - w_ij``, ``D`` the distance of the two inputs and ``E`` of the two cotangents::

    y_i = sum_j a_ij^2               |y_i' - y_i| <= sum_j (2 |a_ij| + D_j) D_j
    x_bar_j = 2 sum_i y_bar_i a_ij   |x_bar_j' - x_bar_j| <= 2 sum_i (E_i |a_ij| + |y_bar_i'| D_j)

and each is rounded on its own. A difference has one ``u``, its square three and a sum of ``n``
terms ``n - 1`` more (Jeannerod and Rump 2013), all of one sign: ``(n + 2) u``, and one more for
their powers. Backward a product has two. A factor of 2 rounds nothing.
"""

import numpy as np

from convproof.networks.rbf import Rbf
from convproof.numeric.rounding import bound

Pair = tuple[np.ndarray, np.ndarray]  # a value, and the bound on its distance


def distances(layer: Rbf, x: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Return the bound on ``|y' - y|``.

    Args:
        layer: with its codes.
        x: of one computation.
        d: bound on the distance of the other's.
    """
    away, d = _away(layer, x), d[:, None, :]
    moved = ((2 * away + d) * d).sum(2)
    return np.asarray(moved + 2 * _rounded(((away + d) ** 2).sum(2), x.shape[1] + 3))


def distances_backward(layer: Rbf, at: Pair, bar: Pair) -> np.ndarray:
    """Return the bound on ``|x_bar' - x_bar|``, from the inputs and the cotangents."""
    (x, d), (y_bar, e) = at, bar
    away, d = _away(layer, x), d[:, None, :]
    e, G = e[:, :, None], (np.abs(y_bar) + e)[:, :, None]
    moved = 2 * (e * away + G * d).sum(1)
    sizes = 2 * (G * (away + d)).sum(1)
    return np.asarray(moved + 2 * _rounded(sizes, len(layer.codes) + 2))


def _away(layer: Rbf, x: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(x[:, None, :] - np.asarray(layer.codes, x.dtype)))


def _rounded(sizes: np.ndarray, units: int) -> np.ndarray:
    """Return ``units u sizes``, and room for underflow."""
    counts = np.asarray(float(units))
    return bound(sizes, counts, precision=sizes.dtype.name, dtype=sizes.dtype)
