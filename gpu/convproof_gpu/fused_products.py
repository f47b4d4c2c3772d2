"""Convolutions on the tensor cores with what follows them, and with channels last, launched.

====================  ==========================================================================
``reads_last``        ``x`` is read as it lies; but in TF32 its words are rounded first
``writes_last``       ``y`` is written so, 16 bytes at once
``pooled``            four neighbouring columns are a window's (``convproof.index_maps.pooled``),
                      of which one number is written
====================  ==========================================================================

A convolution takes the tile, and its depth as many parts, as without all this: so its sums are the
same bits.
"""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.correlation import Laid, forward
from convproof.index_maps.fully_connected import one_tap
from convproof.index_maps.pooled import Cells, windows_of
from convproof_gpu.choices import chosen
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, launch, packed
from convproof_gpu.operands import check_counts, epilogue, slices
from convproof_gpu.tensor_products import (
    multiply,
    parts_of,
    source_of,
    told_of,
    unit_of,
    weights_of,
    words_of,
)
from convproof_gpu.tiles import TensorTile, parted

_CHANNELS, _WINDOWS = 8, 32  # of a block that adds parts
_SIDE = 2  # of a window


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How a convolution's activations lie, and what of its sums is written.

    Attributes:
        reads_last: whether ``x`` is ``(N, *I, C)``, of one group and whole units of channels.
        writes_last: whether ``y`` is ``(N, *O, M)``, of the same; of two axes.
        pooled: whether the maxima of ``floor(O / 2)`` windows are; of two axes.
    """

    reads_last: bool = False
    writes_last: bool = False
    pooled: bool = False

    @property
    def side(self) -> int:
        """Positions along an axis of which one number is written."""
        return _SIDE if self.pooled else 1

    def written(self, sizes: Sizes) -> Sizes:
        """Return the sizes with as many outputs as are written."""
        return replace(sizes, output=windows_of(sizes.output, self.side))


def tile_for(machine: Machine, sizes: Sizes, element: str) -> TensorTile | None:
    """Return the tile of a convolution on the tensor cores, or None of one that is not for them."""
    tile, _ = chosen(machine, "conv_forward", sizes, element, None)
    return tile if isinstance(tile, TensorTile) else None


def conv_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    relu: bool,
    ends: Ends,
    tile: TensorTile,
) -> Any:
    """Write ``y = pool(relu(conv(x, w) + b))`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution.
        x: ``(N, G C, *I)`` or ``(N, *I, C)``.
        w: ``(G M, C, *K)``.
        b: ``(G M,)`` or None.
        y: ``(N, G M, *O)`` or ``(N, *O, M)``, of as many outputs as are written.
        relu: whether there is a ReLU.
        ends: how the arrays lie, and whether there is a pooling.
        tile: of a block.
    """
    check_counts(ends.written(sizes), {"x": x}, {"y": y}, {"w": w}, {"b": b})
    element = type_of(x=x, w=w, y=y)
    words = words_of(tile, element)
    if element != "float":
        tile = replace(tile, precision="tf32")  # its words are wanted as they are
    for images, part in slices(sizes, unit=unit_of(element)):
        laid = forward(part, unit_of(element))
        lay = _last if ends.reads_last else source_of
        source = lay(machine, laid, x[images], element, words)
        given = (source, weights_of(machine, laid, w, element, words), b, y[images])
        if ends.pooled or ends.writes_last:
            _multiply(machine, laid, given, tile, relu, ends)
        else:
            last = {"epilogue": epilogue("relu" if relu else "none", 1.0, 1.0)}
            multiply(machine, laid, given, tile, last)
    return y


def _last(machine: Machine, laid: Laid, x: Any, element: str, words: int) -> Any:
    """Return ``x'``, which is ``x`` or its words: they are laid out as weights of one tap are."""
    s = laid.sizes
    rows = one_tap(s.channels, s.batch * prod(s.source), 1)
    return weights_of(machine, forward(rows, laid.unit), x, element, words)


def _multiply(
    machine: Machine,
    laid: Laid,
    given: tuple[Any, Any, Any, Any],
    tile: TensorTile,
    relu: bool,
    ends: Ends,
) -> None:
    """Launch a convolution of two axes whose operands are laid out."""
    x, w, b, y = given
    s, element = laid.sizes, type_of(x=x, w=w, y=y)
    depth, positions = prod(s.taps) * laid.padded, s.batch * prod(s.positions)
    _, splits = parted(tile, s.groups, s.rows, positions, depth, element)
    if splits > 1:
        _finish(machine, laid, parts_of(machine, laid, (x, w), tile, splits), (b, y), relu, ends)
        return
    kernel = Kernel("conv_tensor", (element, tile.argument), "conv_tensor_last", tile.shared)
    if ends.pooled:
        windows = windows_of(s.positions)
        laid = replace(laid, sizes=replace(s, positions=windows, result=windows))
        positions = s.batch * prod(windows) * _SIDE**2
        arguments = (element, str(int(ends.writes_last)), tile.argument)
        kernel = replace(kernel, arguments=arguments, name="conv_tensor_pooled")
    args = {"x": x, "w": w, "b": b, "y": y, "sizes": told_of(laid), "relu": np.int32(relu)}
    blocks = s.groups * tile.covering(s.rows, positions)
    launch(machine, kernel, blocks, tile.threads, args, ("y",))


def _finish(
    machine: Machine, laid: Laid, parts: Any, given: tuple[Any, Any], relu: bool, ends: Ends
) -> None:
    """Add the parts and a bias, and write what is asked."""
    b, y = given
    s = laid.sizes
    cells = Cells.of(s.groups * s.rows, s.result, ends.side, last=ends.writes_last)
    told = {"splits": np.int32(len(parts)), "n": np.int32(parts.size // len(parts))}
    args = {"parts": parts, "b": b, "y": y} | told
    args |= {"cells": packed(cells, "int"), "relu": np.int32(relu)}
    kernel = Kernel("conv_tensor", (type_of(y=y),), "conv_tensor_finish_fused")
    blocks = s.batch * -(-cells.rows // _CHANNELS) * -(-cells.down * cells.along // _WINDOWS)
    launch(machine, kernel, blocks, 256, args, ("y",))
