"""Penalties on weights, with their derivatives: decay, and what is no banded Toeplitz matrix.

::

    decay      lambda/2 sum w^2                                            lambda w
    Toeplitz   lambda/2 (sum_{0 <= i - o < r} (W[o+1,i+1] - W[o,i])^2 + sum_{else} W[o,i]^2)

Of a fully connected layer from ``n = n' + r - 1`` inputs to ``n'`` outputs, the second makes a
convolution of ``r`` taps as lambda grows (lecture 7, "convolution as regularization"). The limit is
the error's minimiser among the banded Toeplitz matrices; it is the projection, each diagonal of the
band its mean, if the error is isotropic: ``convproof prove regularisation``. Arrays of any library
and any kind of number will do; axes before the last two are matrices beside one another.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from array_api_compat import array_namespace, device

from convproof.errors import ShapeError


class Regulariser(Protocol):
    """A penalty on one array of weights."""

    def value(self, w: Any) -> Any:
        """Return the penalty."""

    def gradient(self, w: Any) -> Any:
        """Return its derivative, of the shape of ``w``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decay:
    """``lambda/2 sum w^2``: a Gaussian prior around zero.

    Attributes:
        strength: ``lambda``.
    """

    strength: Any

    def value(self, w: Any) -> Any:
        """Return ``lambda/2 sum w^2``."""
        return self.strength * (w * w).sum() / 2

    def gradient(self, w: Any) -> Any:
        """Return ``lambda w``."""
        return self.strength * w


@dataclass(frozen=True, slots=True, kw_only=True)
class Toeplitz:
    """The penalty of the lecture on ``(..., n', n)``, ``n = n' + taps - 1``.

    Attributes:
        strength: ``lambda``.
        taps: ``r``, the width of the band.

    Example:
        The lecture's ``(w6 - w2)^2 + (w5 - w1)^2 + w3^2 + w4^2`` of ``w = 1, ..., 6``:

        >>> penalty = Toeplitz(strength=2, taps=2)
        >>> float(penalty.value(np.array([[1, 2, 3], [4, 5, 6]]))) == 4**2 + 4**2 + 3**2 + 4**2
        True
    """

    strength: Any
    taps: int

    def value(self, w: Any) -> Any:
        """Return ``lambda/2`` times the sum of squares."""
        links, outside = self._parts(w)
        return self.strength * ((links * links).sum() + (outside * outside).sum()) / 2

    def gradient(self, w: Any) -> Any:
        """Return the derivative: every link pulls at its two ends, with opposite signs."""
        links, outside = self._parts(w)
        outside[..., 1:, 1:] += links
        outside[..., :-1, :-1] -= links
        return self.strength * outside

    def _parts(self, w: Any) -> tuple[Any, Any]:
        """Return the differences along the band's diagonals, and what lies off it."""
        band = _band(w, self.taps)
        links = (w[..., 1:, 1:] - w[..., :-1, :-1]) * band[:-1, :-1]
        return links, w * (1 - band)


def nearest_convolution(w: Any, taps: int) -> Any:
    """Return the kernels of the nearest banded Toeplitz matrices: the mean of every diagonal.

    Args:
        w: ``(..., n', n)``, with ``n = n' + taps - 1``.
        taps: ``r``.

    Returns:
        ``(..., r)``: ``(1/n') sum_o W[o, o + k]``, for a convolution without padding.

    Example:
        >>> nearest_convolution(np.array([[1.0, 2, 3], [4, 5, 6]]), 2)
        array([3., 4.])
    """
    _check(w, taps)
    outputs = w.shape[-2]
    kernel = w[..., 0, :taps]
    for o in range(1, outputs):
        kernel = kernel + w[..., o, o : o + taps]
    return kernel / outputs


def _band(w: Any, taps: int) -> Any:
    """Return 1 where ``0 <= i - o < r`` and 0 elsewhere, an array such as ``w``."""
    _check(w, taps)
    outputs, inputs = w.shape[-2:]
    along = np.arange(inputs) - np.arange(outputs)[:, None]
    band = ((along >= 0) & (along < taps)).astype(int)
    return array_namespace(w).asarray(band, dtype=w.dtype, device=device(w))


def _check(w: Any, taps: int) -> None:
    shape = tuple(w.shape)
    if len(shape) < 2 or taps < 1 or shape[-1] != shape[-2] + taps - 1:
        wanted = f"{shape[-2]} + {taps} - 1 = {shape[-2] + taps - 1}" if len(shape) > 1 else "none"
        msg = (
            "a convolution of r >= 1 taps without padding has n' outputs and n = n' + r - 1 "
            f"inputs, (..., n', n); taps={taps} and the shape {shape} ask for n = {wanted}."
        )
        raise ShapeError(msg)
