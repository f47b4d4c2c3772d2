"""Products on the tensor cores, launched: correlations of weights laid out for them.

``convproof.index_maps.correlation`` says how: forward, or a phase of the adjoint.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.correlation import CHUNK, Correlations, Laid, forward
from convproof.index_maps.depthwise import quotient
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, blocks_of, launch
from convproof_gpu.tiles import MOST_APART, TensorTile, parted


def correlate(
    machine: Machine, laid: Laid, given: dict[str, Any], tile: TensorTile, last: dict[str, Any]
) -> None:
    """Launch a correlation on the tensor cores, after its weights have been laid out for it.

    Args:
        machine: where the arrays lie.
        laid: the correlation, and where its weights are to be found.
        given: the source, the weights, the bias and the result, in this order.
        tile: of a block.
        last: the kernel's last argument.
    """
    element = type_of(**given)
    check_apart(laid.sizes)
    given = dict(zip(("x", "w", "b", "y"), given.values(), strict=True))
    s, dims = laid.sizes, str(len(laid.kernel))
    w = given["w"] if laid.is_identity else laid_out(machine, laid, given["w"], element)
    args = given | {"w": w, "sizes": _told(s)} | last
    kernel = Kernel("conv_tensor", (element, dims, tile.argument), shared=tile.shared)
    blocks = s.groups * tile.covering(s.rows, s.batch * prod(s.positions))
    whole = s.positions == s.result  # one phase writes all
    extents = s.groups, s.rows, s.batch * prod(s.positions), prod(s.taps) * laid.padded
    _, splits = parted(tile, *extents) if whole else (0.0, 1)
    if splits == 1:
        launch(machine, kernel, blocks, tile.threads, args, ("y",) if whole else ())
        return
    y, b = given["y"], given["b"]
    parts, n = machine.empty((splits, y.size), np.float32), np.int32(y.size)
    told = {"splits": np.int32(splits), "n": n, "sizes": _told(s)}
    kernel = replace(kernel, name="conv_tensor_parts")
    args = {"x": given["x"], "w": w, "parts": parts} | told
    launch(machine, kernel, blocks * splits, tile.threads, args, ("parts",))
    volume = {"volume": np.int32(prod(s.result)), "channels": np.int32(s.groups * s.rows)}
    args = {"parts": parts, "b": b, "y": y, "splits": np.int32(splits), "n": n} | volume | last
    finish = Kernel("conv_tensor", (element,), "conv_tensor_finish")
    launch(machine, finish, blocks_of(y.size), 256, args, ("y",))


def check_apart(s: Correlations) -> None:
    """Raise ``LaunchLawError`` unless ``7 S <= 2^31 - 2^16`` for the ``S`` positions of the source.

    Then the offsets of all channels of a chunk are 32-bit integers, also of those that are not
    there (``convproof prove int32_tensor``).
    """
    positions = prod(s.source)
    if positions > MOST_APART:
        msg = (
            f"channels of {positions} positions lie too far apart for the tensor cores, whose "
            f"offsets are 32-bit integers for at most {MOST_APART}. Take a tile of floats."
        )
        raise LaunchLawError(msg)


def laid_out(machine: Machine, laid: Laid, w: Any, element: str) -> Any:
    """Return ``w'``, the weights in the order in which the correlation reads them."""
    out = machine.empty((laid.count,), w.dtype)
    args = {"w": w, "laid_out": out, "n": np.int32(laid.count), "laid": _laid(laid)}
    kernel = Kernel("conv_tensor", (element,), "conv_tensor_weights")
    launch(machine, kernel, blocks_of(laid.count), 256, args, ("laid_out",))
    return out


def pair(
    machine: Machine,
    slices: Sequence[tuple[slice, Sizes]],
    y_bar: Any,
    x: Any,
    w_bar: Any,
    tile: TensorTile,
    splits: int,
) -> Any:
    """Launch the weights' products on the tensor cores, each slice in parts; then their sum."""
    element = type_of(y_bar=y_bar, x=x, w_bar=w_bar)
    laid = forward(slices[0][1])
    s, dims = laid.sizes, str(len(laid.kernel))
    check_apart(s)
    blocks = s.groups * tile.covering(s.rows, prod(s.taps) * laid.padded)
    extents = s.groups, s.rows, prod(s.taps) * laid.padded, s.batch * prod(s.positions)
    splits = splits or parted(tile, *extents)[1]
    parts = machine.empty((len(slices) * splits, laid.count), np.float32)
    kernel = Kernel(
        "conv_tensor", (element, dims, tile.argument), "conv_tensor_weight_vjp", tile.shared
    )
    for number, (images, part) in enumerate(slices):
        args = {
            "y_bar": y_bar[images],
            "x": x[images],
            "parts": parts[number * splits : (number + 1) * splits],
            "splits": np.int32(splits),
            "sizes": _told(forward(part).sizes),
        }
        launch(machine, kernel, blocks * splits, tile.threads, args, ("parts",))
    count = np.int32(laid.count)
    args = {"parts": parts, "w_bar": w_bar, "splits": np.int32(len(parts)), "n": count}
    args |= {"laid": _laid(laid)}
    add = Kernel("conv_tensor", (element,), "conv_tensor_sum")
    launch(machine, add, blocks_of(laid.count), 256, args, ("w_bar",))
    return w_bar


def _laid(laid: Laid) -> bytes:
    """Return the struct ``Laid`` of ``conv_tensor.cu``, of three axes."""
    s, missing = laid.sizes, (1,) * (3 - len(laid.kernel))
    numbers = [s.channels, laid.padded, prod(s.taps), s.rows, *missing, *laid.kernel]
    numbers += [*(0,) * len(missing), *laid.tap, *missing, *laid.apart, *missing, *s.taps]
    return np.array([*numbers, laid.adjoint, *_orders(s)], np.int32).tobytes()


def _told(s: Correlations) -> bytes:
    """Return the struct ``Correlations`` of ``tensor_products.cuh``."""
    numbers = [
        s.batch,
        s.groups,
        s.channels,
        s.rows,
        prod(s.taps),
        *s.source,
        *s.result,
        *s.origin,
        *s.stride,
    ]
    numbers += [*s.step, *s.first, *s.spread]
    for size in (*s.taps, *s.positions):
        numbers += quotient(max(size, 1))
    return np.array([*numbers, *_orders(s)], np.int32).tobytes()


def _orders(s: Correlations) -> list[int]:
    """Return the quotients of ``Order``."""
    chunks = -(-s.channels // CHUNK)
    by = 4 * max(prod(s.taps), 1), max(chunks % 4, 1)
    return [number for size in by for number in quotient(size)]
