"""Average pooling: ``y[n,c,o] = (1 / d_o) sum_k x[n, c, s o + t k - low]``.

The divisor ``d_o`` counts the taps in the padded input but never those of the ceil overhang; or
only the taps in the input; or it is ``divisor_override``.
"""

from typing import Any

from convproof.index_maps import Counted, Windows
from convproof.layers import AvgPool
from convproof_gpu.machine import Machine
from convproof_gpu.pooling import avg_forward, avg_input_vjp, inside, sliding


def forward(machine: Machine, layer: AvgPool, x: Any) -> Any:
    """Return ``y``."""
    y = machine.empty(layer.output_shape(x.shape), x.dtype)
    windows = sliding(layer, x.shape)
    counted, fixed = _counted(layer, windows), layer.divisor_override or 0
    return avg_forward(machine, windows, counted, x, y, fixed=fixed)


def input_vjp(machine: Machine, layer: AvgPool, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``."""
    x_bar = machine.empty(x if isinstance(x, tuple) else x.shape, y_bar.dtype)
    windows = sliding(layer, x_bar.shape)
    counted, fixed = _counted(layer, windows), layer.divisor_override or 0
    return avg_input_vjp(machine, windows, counted, y_bar, x_bar, fixed=fixed)


def _counted(layer: AvgPool, windows: Windows) -> Counted:
    if not layer.count_include_pad:
        return inside(windows)
    pairs = [axis.padding for axis in layer.axes(windows.input)]
    return Counted(tuple(low for low, _ in pairs), tuple(high for _, high in pairs))
