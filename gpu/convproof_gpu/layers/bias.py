"""The bias: ``y = x + b`` per channel, and ``b_bar``, the sum of ``y_bar`` over all other axes."""

from dataclasses import dataclass
from math import prod
from typing import Any

from convproof.layers import Bias
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import launch_wide, number
from convproof_gpu.lines import THREADS, lanes_of
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed


@dataclass(frozen=True, slots=True)
class Channels:
    """An array ``(outer, channels, inner)``, as ``Channels`` in ``channels.cuh``."""

    outer: int
    channels: int
    inner: int


def forward(machine: Machine, layer: Bias, x: Any, b: Any) -> Any:
    """Return ``y``."""
    type_of(x=x, b=b)
    y, integer = machine.empty(x.shape, x.dtype), integer_type(x.size)
    args = {"x": x, "b": b, "y": y, "sizes": packed(_channels(layer, x.shape), integer)}
    launch_wide(machine, "bias_forward", integer, args, {"x": x, "y": y}, "y")
    return y


def input_vjp(machine: Machine, layer: Bias, x: Any, y_bar: Any) -> Any:
    """Return ``x_bar``, which is ``y_bar``."""
    del machine, layer, x
    type_of(y_bar=y_bar)
    return y_bar.copy()


def bias_vjp(machine: Machine, layer: Bias, y_bar: Any) -> Any:
    """Return ``b_bar``."""
    sizes, integer = _channels(layer, y_bar.shape), integer_type(y_bar.size, layer.channels)
    b_bar = machine.empty((layer.channels,), y_bar.dtype)
    lanes = lanes_of(sizes.outer * sizes.inner, adjacent=sizes.inner != 1)
    args = {
        "y_bar": y_bar,
        "b_bar": b_bar,
        "sizes": packed(sizes, integer),
        "lanes": number(lanes, integer),
    }
    kernel = Kernel("bias_vjp", (type_of(y_bar=y_bar), integer))
    launch(machine, kernel, blocks_of(sizes.channels, THREADS // lanes), THREADS, args, ("b_bar",))
    return b_bar


def _channels(layer: Bias, shape: tuple[int, ...]) -> Channels:
    axis = layer.channel_axis % len(shape)
    outer, inner = prod(shape[:axis]), prod(shape[axis + 1 :])
    return Channels(outer if inner else 0, layer.channels, max(inner, 1))
