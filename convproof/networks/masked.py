"""A convolution in which every output map reads some input maps, by a table of connections.

::

    y[n,m,o] = b[m] + sum_{j: m_j = m} sum_k w[j,k] x[n, c_j, s o + t k - low]

Connection ``j`` leads from map ``c_j`` to map ``m_j`` and has one kernel. All others are no
parameters (LeCun et al. 1998, table I: 60 of 96 break the symmetry of the third layer's maps).
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from convproof.errors import GeometryError
from convproof.implementation import Implementation
from convproof.layers import Shape
from convproof.networks.constrained import ConstrainedConv


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedConv(ConstrainedConv):
    """A convolution with a table of connections.

    Attributes:
        connections: of each output map, the input maps that it reads, ascending; at least one.

    Example:
        The second of two maps reads the second input alone: three kernels, not four.

        >>> MaskedConv(in_channels=2, out_channels=2, kernel_size=(3, 3), stride=(1, 1),
        ...            padding=((0, 0), (0, 0)), dilation=(1, 1), connections=((0, 1), (1,))
        ...            ).parameter_shapes
        {'weight': (3, 3, 3), 'bias': (2,)}
    """

    connections: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.connections) != self.out_channels:
            msg = (
                "the table of connections must have one entry per output channel, but "
                f"{len(self.connections)} != out_channels = {self.out_channels}."
            )
            raise GeometryError(msg)
        for m, reads in enumerate(self.connections):
            legal = [c for c in range(self.in_channels) if c in reads]
            if not reads or list(reads) != legal:
                msg = (
                    f"output map {m} must read input maps of 0..{self.in_channels - 1}, each "
                    f"once and ascending, at least one; it reads {reads}."
                )
                raise GeometryError(msg)

    @property
    def theta_shape(self) -> Shape:
        """``(connections, *kernel_size)``: by output map, then by input map."""
        return (sum(map(len, self.connections)), *self.kernel_size)

    def kernel(self, verbs: Implementation, theta: Any) -> Any:
        """Return every connection's kernel in its place, and zeros in the others."""
        del verbs
        xp = array_namespace(theta)
        places = np.full(self.out_channels * self.in_channels, len(self._pairs()))
        places[self._places()] = np.arange(len(self._pairs()))
        zero = xp.zeros((1, *self.kernel_size), dtype=theta.dtype, device=device(theta))
        whole = xp.take(xp.concat([theta, zero], axis=0), _as_indices(places, theta), axis=0)
        return whole.reshape(self.conv.weight_shape)

    def kernel_vjp(self, verbs: Implementation, w_bar: Any, theta: Any) -> Any:
        """Return the cotangent of each connection's kernel."""
        del verbs, theta
        flat = w_bar.reshape(-1, *self.kernel_size)
        return array_namespace(w_bar).take(flat, _as_indices(self._places(), w_bar), axis=0)

    def operations(self, input_shape: Shape) -> int:
        """``sum_m (r^2 |connections of m| + 1)`` per position: what is no connection is none."""
        positions = prod(self.output_shape(input_shape)[2:])
        products = prod(self.theta_shape)
        return (products + self.bias * self.out_channels) * positions

    def fans(self) -> tuple[Any, Any]:
        """Return them of every connection: its output's maps, and its input's, times the taps."""
        taps = prod(self.kernel_size)
        pairs = self._pairs()
        fan_in = [len(self.connections[m]) * taps for m, _ in pairs]
        sources = [c for _, c in pairs]
        fan_out = [sources.count(c) * taps for c in sources]
        along = (-1, *(1,) * len(self.kernel_size))
        return np.reshape(fan_in, along), np.reshape(fan_out, along)

    def _pairs(self) -> list[tuple[int, int]]:
        return [(m, c) for m, reads in enumerate(self.connections) for c in reads]

    def _places(self) -> np.ndarray:
        return np.array([m * self.in_channels + c for m, c in self._pairs()])


def _as_indices(places: np.ndarray, beside: Any) -> Any:
    return array_namespace(beside).asarray(places, device=device(beside))
