"""Cross entropy as a layer: the classes along axis 1, and the mean or the sum of the losses.

=========  =====================================================================================
reduction  is computed
=========  =====================================================================================
``none``   by the kernels of cross entropy, of scores whose classes lie next to each other: others
           are transposed before, and their derivatives after
``sum``    as the sum of one channel, by the bias's kernel; every loss has the one cotangent
``mean``   as ``r`` times the sum of the means of ``r`` losses each, over the number of targets that
           count, where ``r`` is the least power of two of a square ``n`` or more; every loss has
           the cotangent over that number
=========  =====================================================================================

So no part of a mean is larger than the losses are, and none has more than about ``sqrt n`` terms. A
kernel counts the targets, whose number the host does not know.
"""

from typing import Any

from convproof.errors import ShapeError
from convproof.layers import AvgPool, Bias, CrossEntropy
from convproof_gpu.elements import type_of
from convproof_gpu.layers import bias, cross_entropy, layout
from convproof_gpu.machine import Machine
from convproof_gpu.pooling import avg_forward, avg_input_vjp, inside, sliding, whole

_ONE = Bias(channels=1, channel_axis=0)


def forward(machine: Machine, layer: CrossEntropy, x: Any, target: Any) -> Any:
    """Return ``y``."""
    lines, ignored = _lines(machine, layer, x, target), layer.ignore_index
    losses = cross_entropy.forward(machine, lines, target, ignored)
    if layer.reduction == "none":
        return losses
    if layer.reduction == "sum":
        return bias.bias_vjp(machine, _ONE, losses.reshape(1, losses.size)).reshape(())
    r, parts = _parts(machine, losses.reshape(1, 1, losses.size))
    return cross_entropy.mean(machine, parts, target, ignored, r)


def input_vjp(machine: Machine, layer: CrossEntropy, x: Any, y_bar: Any, target: Any) -> Any:
    """Return ``x_bar``."""
    type_of(x=x, y_bar=y_bar)
    lines = _lines(machine, layer, x, target)
    loss_bar = y_bar if layer.reduction == "none" else _spread(machine, layer, y_bar, target)
    x_bar = cross_entropy.input_vjp(machine, lines, target, loss_bar, layer.ignore_index)
    return x_bar if len(x.shape) <= 2 else layout.to_channels_first(machine, x_bar)


def _lines(machine: Machine, layer: CrossEntropy, x: Any, target: Any) -> Any:
    """Return the scores ``(*, classes)``, whose targets they fit."""
    (expected,) = layer.index_shapes(x.shape).values()
    if target.shape != expected:
        msg = f"target must have the shape {expected}, got {target.shape}."
        raise ShapeError(msg)
    return x if len(x.shape) <= 2 else layout.to_channels_last(machine, x)


def _parts(machine: Machine, losses: Any) -> tuple[int, Any]:
    """Return ``r``, and the means of ``r`` of ``losses (1, 1, n)`` each; beyond them are zeros."""
    n = losses.size
    r = 1 << ((n - 1).bit_length() + 1) // 2
    pool = AvgPool(
        kernel_size=(r,), stride=(r,), padding=((0, 0),), dilation=(1,), ceil_mode=True
    )  # fmt: skip
    parts = machine.empty(pool.output_shape(losses.shape), losses.dtype)
    windows = sliding(pool, losses.shape)
    return r, avg_forward(machine, windows, inside(windows), losses, parts, fixed=r)


def _spread(machine: Machine, layer: CrossEntropy, y_bar: Any, target: Any) -> Any:
    """Return the cotangent of each loss."""
    loss_bar = machine.empty((1, 1, target.size), y_bar.dtype)
    if target.size:
        if layer.reduction == "mean":
            y_bar = cross_entropy.mean(machine, y_bar, target, layer.ignore_index)
        windows, held = whole(loss_bar.shape), y_bar.reshape(1, 1, 1)
        avg_input_vjp(machine, windows, inside(windows), held, loss_bar, fixed=1)
    return loss_bar.reshape(target.shape)
