"""Layers that are computed by other layers: their formula holds for every implementation.

::

    y = f(x; theta)          x_bar = (d_x f)^T y_bar          theta_bar = (d_theta f)^T y_bar

An implementation knows the layers of ``convproof.layers``; one of these asks its verbs of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convproof.implementation import Implementation
from convproof.layers import Layer, Shape

Arrays = Mapping[str, Any]  # by the names of ``parameter_shapes``


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed(Layer, ABC):
    """A layer of networks alone, with its own forward and backward pass."""

    @abstractmethod
    def forward(self, verbs: Implementation, x: Any, arrays: Arrays) -> Any:
        """Return ``y``.

        Args:
            verbs: of the implementation that computes the network.
            x: a batch.
            arrays: the layer's parameters.
        """

    @abstractmethod
    def input_vjp(self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays) -> Any:
        """Return ``x_bar``."""

    def parameters_vjp(
        self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays
    ) -> dict[str, Any]:
        """Return the cotangents of the parameters by their names: here there are none."""
        del verbs, x, y_bar, arrays
        return {}

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return the products that are summed for one image: here none."""
        del input_shape
        return 0
