"""col2im, the adjoint of im2col: ``y[n, c, s o + t k - low] += x[n, c K + k, o]``."""

from typing import Any

from convproof.layers import Fold
from convproof_gpu.layers import unfold
from convproof_gpu.machine import Machine


def forward(machine: Machine, layer: Fold, x: Any) -> Any:
    """Return ``y``."""
    return unfold.input_vjp(machine, layer.unfold, layer.output_shape(x.shape), x)


def input_vjp(machine: Machine, layer: Fold, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``: the columns of ``y_bar``."""
    del x
    return unfold.forward(machine, layer.unfold, y_bar)
