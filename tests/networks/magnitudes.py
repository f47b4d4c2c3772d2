"""How large the sums of a network's computation become: exact below ``2^p`` in ``p`` bits.

Every sum of products is replaced by that of their sizes, ``sum |w| |x|``, which no partial sum in
any order exceeds; what is routed by maxima and signs goes the way that it goes.
"""

from typing import Any

import numpy as np

from convproof.layers import Conv, Layer, Linear
from convproof.networks.evaluate import forward, vjp
from convproof.networks.graph import Network
from convproof.numeric.fast import implementation as fast


class Sizes:
    """The verbs with all arrays of products made positive; it keeps the largest that it sees."""

    name, supports = "sizes", fast.supports

    def __init__(self) -> None:
        self.largest = 0.0

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        y = fast.forward(layer, x, *arrays)
        if isinstance(layer, Conv | Linear):
            self._see(fast.forward(layer, np.abs(x), *map(np.abs, arrays)))
        return y

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        return self._see(fast.input_vjp(layer, x, np.abs(y_bar), *map(np.abs, arrays)))

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        return self._see(fast.weight_vjp(layer, np.abs(x), np.abs(y_bar)))

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        return self._see(fast.bias_vjp(layer, np.abs(y_bar)))

    def _see(self, sums: np.ndarray) -> np.ndarray:
        self.largest = max(self.largest, float(sums.max(initial=0.0)))
        return sums


def largest_sum(
    net: Network, parameters: dict[str, np.ndarray], x: np.ndarray, bars: dict[str, np.ndarray]
) -> float:
    """Return the largest sum of sizes, forward and backward."""
    sizes = Sizes()
    tape = forward(net, sizes, parameters, x)
    vjp(tape, {name: np.abs(bar) for name, bar in bars.items()})
    return sizes.largest
