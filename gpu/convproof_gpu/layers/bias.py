"""The bias: ``y = x + b`` per channel, and ``b_bar``, the sum of ``y_bar`` over all other axes."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from convproof.layers import Bias
from convproof_gpu.elements import type_of
from convproof_gpu.elementwise import launch_wide, number, width_of
from convproof_gpu.lines import THREADS, aligned
from convproof_gpu.machine import Kernel, Machine, blocks_of, integer_type, launch, packed

_COLUMNS, _ROWS = 32, 8  # of a block whose threads have neighbouring channels
_LEAST = 8  # elements of a thread for which a channel is worth another block
_TOGETHER = 32  # vectors that a block's share is a multiple of
_BLOCKS, _SPLITS = 4096, 1024  # at most: of a launch that shares out channels, and of a channel


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
    element, y_bar = type_of(y_bar=y_bar), aligned(y_bar)
    shared = Shared.of(sizes, width_of(y_bar))
    b_bar = machine.empty((layer.channels,), y_bar.dtype)
    parts = None
    if shared.splits > 1:
        parts = machine.empty((layer.channels, shared.splits), np.float32)
    args = {
        "y_bar": y_bar,
        "parts": parts,
        "b_bar": b_bar,
        "sizes": packed(sizes, integer),
        "splits": number(shared.splits, integer),
        "each": number(shared.each, integer),
    }
    name = "bias_vjp" if sizes.inner > 1 else "bias_vjp_of_rows"
    kernel = Kernel("bias_vjp", (element, integer, str(shared.width)), name)
    output = "b_bar" if parts is None else "parts"
    launch(machine, kernel, shared.blocks, THREADS, args, (output,))
    if parts is not None:
        args = {"parts": parts, "b_bar": b_bar, "splits": np.int32(shared.splits)}
        kernel = Kernel("bias_vjp", (element,), "bias_parts")
        launch(machine, kernel, layer.channels, THREADS, args, ("b_bar",))
    return b_bar


@dataclass(frozen=True, slots=True)
class Shared:
    """How the sums of the channels are shared out among blocks, see ``bias_vjp.cu``.

    Attributes:
        width: neighbouring elements that a thread loads at once.
        splits: blocks of a channel.
        each: vectors of a channel, or rows of one position each, that a block adds up.
        blocks: of all channels.
    """

    width: int
    splits: int
    each: int
    blocks: int

    @classmethod
    def of(cls, sizes: Channels, width: int) -> "Shared":
        """Return it for vectors of ``width``, or of one element where they do not fit.

        Example:
            >>> Shared.of(Channels(outer=64, channels=64, inner=112 * 112), 4)
            Shared(width=4, splits=64, each=3136, blocks=4096)
        """
        if (sizes.inner if sizes.inner > 1 else sizes.channels) % width:
            width = 1
        if sizes.inner > 1:
            count, least = sizes.outer * sizes.inner // width, _LEAST * THREADS
            blocks = sizes.channels
        else:
            count, least = sizes.outer, _LEAST * _ROWS
            blocks = blocks_of(sizes.channels, _COLUMNS * width)
        wanted = min(count // least, _BLOCKS // max(blocks, 1), _SPLITS)
        each = blocks_of(count, max(wanted, 1) * _TOGETHER) * _TOGETHER
        splits = max(blocks_of(count, max(each, 1)), 1)
        return cls(width, splits, each, blocks * splits)


def _channels(layer: Bias, shape: tuple[int, ...]) -> Channels:
    axis = layer.channel_axis % len(shape)
    outer, inner = prod(shape[:axis]), prod(shape[axis + 1 :])
    return Channels(outer if inner else 0, layer.channels, max(inner, 1))
