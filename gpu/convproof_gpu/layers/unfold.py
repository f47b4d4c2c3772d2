"""im2col: ``y[n, c K + k, o] = x[n, c, s o + t k - low]``, taps and positions row-major."""

from typing import Any

from convproof.layers import Unfold
from convproof_gpu.machine import Machine
from convproof_gpu.unfolding import fold_forward, sizes_of, unfold_forward


def forward(machine: Machine, layer: Unfold, x: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    return unfold_forward(machine, sizes_of(layer, x.shape), x, y)


def input_vjp(machine: Machine, layer: Unfold, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``: every input adds up the entries that copied it."""
    shape = x if isinstance(x, tuple) else x.shape
    x_bar = machine.empty(shape, y_bar.dtype)
    return fold_forward(machine, sizes_of(layer, shape), y_bar, x_bar)
