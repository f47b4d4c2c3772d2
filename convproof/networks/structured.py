"""Structured convolution: every kernel is a combination of the filters of one fixed basis.

::

    w[m,c] = sum_b theta[m,c,b] g_b                    theta_bar[m,c,b] = <g_b, w_bar[m,c]>
    g_(i,j)(y, x) = g^(i)(y) g^(j)(x),   i + j <= order,        g(x) = exp(-x^2 / (2 sigma^2))

The basis are separable Gaussian derivatives, whose span is steerable: every rotation of a filter
is a combination of filters of its own order (lecture 7, "structured convolution"; Jacobsen et al.
2016; Freeman and Adelson 1991). By linearity it is the same as the fixed filters, then a 1x1
convolution with ``theta``; both for all sizes: ``convproof prove gaussian_basis``.
"""

from dataclasses import dataclass
from itertools import product
from math import exp, hypot, inf, prod
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from convproof.errors import GeometryError
from convproof.implementation import Implementation
from convproof.layers import Linear, Shape
from convproof.networks.constrained import ConstrainedConv

Basis = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredConv(ConstrainedConv):
    """A convolution whose parameters are coefficients.

    Attributes:
        basis: ``g_b``, each with its taps row-major; see ``gaussian_basis``.
    """

    basis: Basis

    def __post_init__(self) -> None:
        taps = prod(self.kernel_size)
        lengths = {len(filter_) for filter_ in self.basis}
        if lengths != {taps}:
            msg = (
                f"every filter of the basis must have the kernel's {taps} taps, and there must be "
                f"one at least; they have {sorted(lengths) or 'none'}."
            )
            raise GeometryError(msg)

    @property
    def theta_shape(self) -> Shape:
        """``(out_channels, in_channels, filters of the basis)``."""
        return (self.out_channels, self.in_channels, len(self.basis))

    def kernel(self, verbs: Implementation, theta: Any) -> Any:
        """Return ``sum_b theta[m,c,b] g_b``: a fully connected layer with fixed weights."""
        rows = theta.reshape(-1, len(self.basis))
        made = verbs.forward(self._combine, rows, self._filters(theta))
        return made.reshape(self.conv.weight_shape)

    def kernel_vjp(self, verbs: Implementation, w_bar: Any, theta: Any) -> Any:
        """Return ``<g_b, w_bar[m,c]>``."""
        rows = theta.reshape(-1, len(self.basis))
        bars = w_bar.reshape(-1, prod(self.kernel_size))
        made = verbs.input_vjp(self._combine, rows, bars, self._filters(theta))
        return made.reshape(self.theta_shape)

    def fans(self) -> tuple[Any, Any]:
        """Return the coefficients per output and input, as the filters have norm 1."""
        return self.in_channels * len(self.basis), self.out_channels * len(self.basis)

    @property
    def _combine(self) -> Linear:
        taps = prod(self.kernel_size)
        return Linear(in_features=len(self.basis), out_features=taps, bias=False)

    def _filters(self, beside: Any) -> Any:
        xp = array_namespace(beside)
        columns = np.ascontiguousarray(np.transpose(self.basis))
        return xp.asarray(columns, dtype=beside.dtype, device=device(beside))


def gaussian_basis(
    kernel_size: tuple[int, ...], order: int, sigma: float | None = None
) -> tuple[Basis, tuple[tuple[int, ...], ...]]:
    """Return sampled Gaussian derivatives of norm 1, and the order of each along every axis.

    Args:
        kernel_size: taps per axis; samples are one apart, around the kernel's middle.
        order: largest sum of the orders, from 0.
        sigma: of the Gaussian, in taps; by default a quarter of the largest kernel's extent, at
            least 1/2, so that it ends two deviations from the middle.

    Raises:
        GeometryError: if a kernel has too few samples for derivatives of this order to be
            linearly independent, or sigma is not positive, or too small for a sample.

    Example:
        >>> basis, orders = gaussian_basis((3, 3), 2)
        >>> orders
        ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0))
    """
    if not 0 <= order < min(kernel_size):
        msg = (
            f"{min(kernel_size)} samples hold independent Gaussian derivatives of order 0 to "
            f"{min(kernel_size) - 1}, got order={order}. Use a kernel_size > {order}, or a smaller "
            "order."
        )
        raise GeometryError(msg)
    width = max(0.5, (max(kernel_size) - 1) / 4) if sigma is None else sigma
    if not 0 < width < inf:
        msg = f"a Gaussian has a positive, finite width, got sigma={sigma}."
        raise GeometryError(msg)
    every = product(range(order + 1), repeat=len(kernel_size))
    orders = tuple(each for each in every if sum(each) <= order)
    along = [[_derivative(r, i, width) for i in range(order + 1)] for r in kernel_size]
    basis = tuple(
        tuple(prod(taps) for taps in product(*(along[a][i] for a, i in enumerate(each))))
        for each in orders
    )
    return basis, orders


def hermite(order: int, t: Any) -> Any:
    """Return ``He_n(t)``: ``He_{n+1} = t He_n - n He_{n-1}``, of numbers of any kind."""
    before, now = 0 * t, 0 * t + 1
    for n in range(order):
        before, now = now, t * now - n * before
    return now


def _derivative(taps: int, order: int, sigma: float) -> tuple[float, ...]:
    """Return ``g^(n)(x) = (-1/sigma)^n He_n(x / sigma) g(x)`` at the taps, scaled to norm 1."""
    places = [(k - (taps - 1) / 2) / sigma for k in range(taps)]
    values = [(-1) ** order * hermite(order, t) * exp(-t * t / 2) for t in places]
    norm = hypot(*values)
    if norm == 0:
        msg = (
            f"a Gaussian of sigma={sigma} is zero in float64 at all of {taps} taps, whose nearest "
            f"is {min(map(abs, places))} deviations from the middle. Use a wider one."
        )
        raise GeometryError(msg)
    return tuple(value / norm for value in values)
