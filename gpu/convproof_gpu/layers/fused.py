"""A convolution with what follows it: ``y = pool(relu(conv(x, w) + b))``.

On the tensor cores it is one kernel, of two axes with a pooling of 2 x 2 or none; else a kernel for
each layer, and one for each array that is turned round, in the same bits.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

from convproof.errors import UnsupportedError
from convproof.index_maps.pooled import windows_of
from convproof.layers import MaxPool
from convproof_gpu import products
from convproof_gpu.elements import type_of
from convproof_gpu.fused import Fused
from convproof_gpu.fused_products import Ends, conv_forward, tile_for
from convproof_gpu.layers import conv, max_pool
from convproof_gpu.layers.layout import to_channels_first, to_channels_last
from convproof_gpu.machine import Machine
from convproof_gpu.tensor_products import unit_of

_AXES = 2  # of what is pooled, or written with channels last, by the convolution's kernel


def forward(machine: Machine, layer: Fused, x: Any, w: Any, b: Any = None) -> Any:
    """Return ``y``, and of a pooling with ``return_indices`` where each maximum lies.

    Raises:
        UnsupportedError: if channels that lie last are no whole units.
    """
    element = type_of(x=x, w=w, b=b)
    _check_units(layer, element)
    shape = layer.channels_first(x.shape)
    images, channels, *outputs = layer.conv.output_shape(shape)
    sizes = conv.sizes_of(layer.conv, shape)
    tile = None
    if layer.conv.padding_mode == "zeros" and conv.kernels_of(sizes) is products:
        tile = tile_for(machine, sizes, element)
    pool, is_last = layer.pool, False
    if tile is None:
        x = _first(machine, x) if layer.reads_last else x
        y = conv.activated(machine, layer.conv, x, w, b, "relu" if layer.relu else "none")
    else:
        pooled = pool is not None and _is_of_two(pool, outputs)
        pool = None if pooled else pool
        is_last = layer.writes_last and pool is None and len(outputs) == _AXES
        is_last = is_last and prod(outputs) > 1  # of one position, there is nothing to turn
        ends = Ends(reads_last=layer.reads_last, writes_last=is_last, pooled=pooled)
        written = ends.written(sizes).output
        made = (images, *written, channels) if is_last else (images, channels, *written)
        y = machine.empty(made, x.dtype)
        conv_forward(machine, sizes, x, w, b, y, relu=layer.relu, ends=ends, tile=tile)
    if pool is not None:
        y = max_pool.forward(machine, pool, y)
    return _last(machine, y) if layer.writes_last and not is_last else y


def _is_of_two(pool: MaxPool, outputs: Sequence[int]) -> bool:
    """Return whether a pooling is of whole windows of 2 x 2, side by side, and of maxima alone."""
    if len(outputs) != _AXES or pool.return_indices:
        return False
    axes = pool.axes(tuple(outputs))
    told = {(axis.kernel_size, axis.stride, axis.dilation, axis.padding) for axis in axes}
    sizes = tuple(axis.output_size for axis in axes)
    return told == {(2, 2, 1, (0, 0))} and sizes == windows_of(outputs)


def _first(machine: Machine, x: Any) -> Any:
    """Return ``(N, *I, C)`` as ``(N, C, *I)``: of one position they are the same."""
    images, *size, channels = x.shape
    is_one = prod(size) == 1
    return x.reshape(images, channels, *size) if is_one else to_channels_first(machine, x)


def _last(machine: Machine, y: Any) -> Any:
    """Return ``(N, C, *I)`` as ``(N, *I, C)``."""
    images, channels, *size = y.shape
    is_one = prod(size) == 1
    return y.reshape(images, *size, channels) if is_one else to_channels_last(machine, y)


def _check_units(layer: Fused, element: str) -> None:
    """Raise ``UnsupportedError`` unless channels that lie last are whole units of 16 bytes."""
    unit = unit_of(element)
    rows = (
        ("reads_last", layer.reads_last, "in_channels", layer.conv.in_channels),
        ("writes_last", layer.writes_last, "out_channels", layer.conv.out_channels),
    )
    for asked, is_asked, name, channels in rows:
        if is_asked and channels % unit:
            msg = (
                f"channels that lie last are whole units of 16 bytes, {name} % {unit} = 0 of "
                f"{element}, but {channels} % {unit} = {channels % unit}: use {asked}=False, or "
                f"{-(-channels // unit) * unit} channels."
            )
            raise UnsupportedError(msg)
