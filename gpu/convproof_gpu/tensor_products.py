"""Products on the tensor cores, launched: correlations of operands laid out for them.

``convproof.index_maps.correlation`` says how: forward, or a phase of the adjoint; and
``fully_connected``, of which layers the images are rows instead. Elements of 16 bits are multiplied
as they are, but of a weight's gradient, whose operands are floats.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.correlation import UNIT_BYTES, Correlations, Laid, forward
from convproof.index_maps.depthwise import quotient
from convproof.index_maps.fully_connected import by_channels, by_rows, images_are_rows, one_tap
from convproof_gpu.elements import BYTES, type_of
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, address, blocks_of, launch
from convproof_gpu.operands import MOST, add_parts, epilogue
from convproof_gpu.tiles import TensorTile, parted

_FLOAT, _CHANNELS, _POSITIONS, _DEPTHS = "float", 32, 64, 1024  # of a block that lays out
_EIGHT = 8  # units of channels, of which all taps lie together


def unit_of(element: str) -> int:
    """Return the words of 16 bytes."""
    return UNIT_BYTES // BYTES[element]


def correlate(
    machine: Machine,
    phases: Iterable[Laid],
    given: dict[str, Any],
    tile: TensorTile,
    last: dict[str, Any],
) -> None:
    """Launch correlations of one source on the tensor cores, after their operands are laid out.

    Args:
        machine: where the arrays lie.
        phases: the correlations, of units of the elements, and where their weights are to be found.
        given: the source, the weights, the bias and the result, in this order.
        tile: of a block.
        last: the kernel's last argument.
    """
    element = type_of(**given)
    if element != _FLOAT:
        tile = replace(tile, precision="tf32")  # its words are wanted as they are
    x, w, b, y = given.values()
    words, source = _words(tile, element), None
    for laid in phases:
        if source is None:
            source = source_of(machine, laid, x, element, words)
        if element == _FLOAT and _is_by_channels(laid):
            pairs = by_channels(laid)
            weights = source_of(machine, pairs, w, element, words)
            _multiply_channels(machine, pairs, (source, weights, b, y), tile, last)
            continue
        weights = weights_of(machine, laid, w, element, words)
        _correlate(machine, laid, (source, weights, b, y), tile, last)


def _correlate(
    machine: Machine, laid: Laid, given: Sequence[Any], tile: TensorTile, last: dict[str, Any]
) -> None:
    x, w, b, y = given
    element, is_by_rows = type_of(x=x, w=w, y=y), images_are_rows(laid)
    if is_by_rows:
        laid, x, w = by_rows(laid), w, x
    s = laid.sizes
    arguments = (element, str(len(laid.kernel)), tile.argument)
    kernel = Kernel("conv_tensor", arguments, shared=tile.shared)
    extents = s.groups, s.rows, s.batch * prod(s.positions), prod(s.taps) * laid.padded
    blocks = s.groups * tile.covering(*extents[1:3])
    whole = s.positions == s.result  # one phase writes all
    _, splits = parted(tile, *extents, element) if whole else (0.0, 1)
    if splits == 1 and (b is None or not is_by_rows):
        args = {"x": x, "w": w, "b": b, "y": y, "sizes": told_of(laid)} | last
        launch(machine, kernel, blocks, tile.threads, args, ("y",) if whole else ())
        return
    parts, n = machine.empty((splits, y.size), np.float32), np.int32(y.size)
    told = {"splits": np.int32(splits), "n": n, "sizes": told_of(laid)}
    kernel = replace(kernel, name="conv_tensor_parts")
    args = {"x": x, "w": w, "parts": parts} | told
    launch(machine, kernel, blocks * splits, tile.threads, args, ("parts",))
    channels = s.positions if is_by_rows else (s.groups * s.rows, *s.result)
    _finish(machine, parts, b, y, channels, last)


def _is_by_channels(laid: Laid) -> bool:
    """Return whether an adjoint is launched as a weight's gradient, at whole units of channels."""
    return laid.adjoint and images_are_rows(laid) and laid.sizes.rows % laid.unit == 0


def _multiply_channels(
    machine: Machine, laid: Laid, given: Sequence[Any], tile: TensorTile, last: dict[str, Any]
) -> None:
    """Launch an adjoint of one position as the weight's gradient that it is."""
    y_bar, w, b, x_bar = given
    s = laid.sizes
    extents = s.groups, s.rows, s.channels, s.batch
    _, splits = parted(tile, *extents)
    is_whole = splits == 1 and b is None and last == {"epilogue": epilogue("none", 1.0, 1.0)}
    parts = x_bar[None] if is_whole else machine.empty((splits, x_bar.size), np.float32)
    kernel = Kernel("conv_tensor", ("1", tile.argument), "conv_tensor_weight_vjp", tile.shared)
    args = {"y_bar": y_bar, "x": w, "parts": parts, "splits": np.int32(splits)}
    args |= {"length": np.int32(-(-s.batch // laid.unit) * laid.unit), "sizes": told_of(laid)}
    blocks = tile.covering(s.rows, s.channels)
    launch(machine, kernel, blocks * splits, tile.threads, args, ("parts",))
    if not is_whole:
        _finish(machine, parts, b, x_bar, (s.channels,), last)


def _finish(
    machine: Machine,
    parts: Any,
    b: Any,
    y: Any,
    image: tuple[int, ...],
    last: dict[str, Any],
) -> None:
    """Add the parts, and a bias, of images that are channels and their positions."""
    channels, *positions = image
    told = {"splits": len(parts), "n": y.size, "volume": prod(positions), "channels": channels}
    args = {"parts": parts, "b": b, "y": y} | {name: np.int32(n) for name, n in told.items()}
    kernel = Kernel("conv_tensor", (type_of(y=y),), "conv_tensor_finish")
    launch(machine, kernel, blocks_of(y.size), 256, args | last, ("y",))


def source_of(machine: Machine, laid: Laid, x: Any, word: str, words: int) -> Any:
    """Return ``x'``, with its channels last, in elements of a type.

    Args:
        machine: where the arrays lie.
        laid: of whose source it is.
        x: as it is given.
        word: the C++ type of its elements, whose units are those of ``laid``.
        words: 1: they are rounded to words of tf32.

    Raises:
        LaunchLawError: if it has more elements than the kernels address.
    """
    s, element = laid.sizes, type_of(x=x)
    positions, images = prod(s.source), s.batch * s.groups
    count = images * positions * laid.padded
    if count > MOST:
        msg = (
            f"the source has {count} elements with its channels in whole units of {laid.unit}, but "
            f"the kernels address at most {MOST} with 32 bits. Take a tile of floats."
        )
        raise LaunchLawError(msg)
    is_as_wanted = element == word and not words and address(x) % UNIT_BYTES == 0
    if is_as_wanted and laid.padded == s.channels and positions == 1:
        return x
    out = machine.empty((count,), x.dtype if element == word else np.float32)
    told = {"channels": s.channels, "volume": positions, "words": words}
    args = {"x": x, "laid_out": out} | {name: np.int32(value) for name, value in told.items()}
    blocks = images * -(-laid.padded // _CHANNELS) * -(-positions // _POSITIONS)
    kernel = Kernel("conv_tensor", (element, word), "conv_tensor_source")
    launch(machine, kernel, blocks, 256, args, ("laid_out",))
    return out


def rows_of(machine: Machine, laid: Laid, y_bar: Any, words: int) -> tuple[Any, int]:
    """Return ``y_bar'``, whose rows are depths of all images, or ``y_bar``; and a row's length."""
    s, element = laid.sizes, type_of(y_bar=y_bar)
    volume = prod(s.positions)
    is_as_wanted = element == _FLOAT and not words and address(y_bar) % UNIT_BYTES == 0
    if is_as_wanted and volume % 4 == 0:
        return y_bar, volume
    rows, depths = s.groups * s.rows, s.batch * volume
    length = -(-depths // 4) * 4
    if volume == 1:  # of one image, whose channels are the images
        turned = forward(one_tap(s.batch, 1, rows))
        return source_of(machine, turned, y_bar, _FLOAT, words), length
    out = machine.empty((rows * length,), np.float32)
    told = {"rows": np.int32(rows), "depths": np.int32(depths)}
    by = np.array(quotient(max(volume, 1)), np.int32).tobytes()
    args = {"y_bar": y_bar, "laid_out": out} | told | {"volume": by, "words": np.int32(words)}
    kernel = Kernel("conv_tensor", (element,), "conv_tensor_rows")
    launch(machine, kernel, rows * -(-length // _DEPTHS), 256, args, ("laid_out",))
    return out, length


def weights_of(machine: Machine, laid: Laid, w: Any, element: str, words: int) -> Any:
    """Return ``w'``, the weights in the order in which the correlation reads them."""
    if laid.is_identity and not words and address(w) % UNIT_BYTES == 0:
        return w
    out = machine.empty((laid.count,), w.dtype)
    units = prod(_units(laid))
    args = {"w": w, "laid_out": out, "n": np.int32(units), "words": np.int32(words)}
    args |= {"laid": _laid(laid)}
    kernel = Kernel("conv_tensor", (element,), "conv_tensor_weights")
    launch(machine, kernel, blocks_of(units), 256, args, ("laid_out",))
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
    words = _words(tile, element)
    if element != _FLOAT:
        tile = replace(tile, precision="tf32")
    laid = forward(slices[0][1])
    s, dims = laid.sizes, str(len(laid.kernel))
    blocks = s.groups * tile.covering(s.rows, prod(s.taps) * laid.padded)
    extents = s.groups, s.rows, prod(s.taps) * laid.padded, s.batch * prod(s.positions)
    splits = splits or parted(tile, *extents)[1]
    is_whole = len(slices) * splits == 1 and element == _FLOAT and laid.is_identity
    shape = (len(slices) * splits, laid.count)
    parts = w_bar[None] if is_whole else machine.empty(shape, np.float32)
    kernel = Kernel("conv_tensor", (dims, tile.argument), "conv_tensor_weight_vjp", tile.shared)
    for number, (images, part) in enumerate(slices):
        of = forward(part)
        rows, length = rows_of(machine, of, y_bar[images], words)
        args = {
            "y_bar": rows,
            "x": source_of(machine, of, x[images], _FLOAT, words),
            "parts": parts[number * splits : (number + 1) * splits],
            "splits": np.int32(splits),
            "length": np.int32(length),
            "sizes": told_of(of),
        }
        launch(machine, kernel, blocks * splits, tile.threads, args, ("parts",))
    if is_whole:
        return w_bar
    if laid.is_identity:
        add_parts(machine, element, parts, w_bar)
        return w_bar
    units = prod(_units(laid))
    told = {"splits": len(parts), "size": laid.count, "n": units}
    args = {"parts": parts, "w_bar": w_bar} | {name: np.int32(n) for name, n in told.items()}
    args |= {"laid": _laid(laid)}
    add = Kernel("conv_tensor", (element,), "conv_tensor_sum")
    launch(machine, add, blocks_of(units), 256, args, ("w_bar",))
    return w_bar


def _words(tile: TensorTile, element: str) -> int:
    """Return whether operands are rounded to words of tf32: those of 16 bits are such words."""
    return int(tile.precision == "tf32" and element == _FLOAT)


def _units(laid: Laid) -> tuple[int, ...]:
    """Return the extents of all units of ``w'``: of eight, taps, rows; eights, and groups."""
    s, units = laid.sizes, laid.padded // laid.unit
    return min(units, _EIGHT), prod(s.taps), s.rows, -(-units // _EIGHT), s.groups


def _laid(laid: Laid) -> bytes:
    """Return the struct ``Laid`` of ``conv_tensor.cu``, of three axes."""
    s, missing = laid.sizes, (1,) * (3 - len(laid.kernel))
    numbers = [s.channels, prod(laid.kernel), *missing, *laid.kernel]
    numbers += [*(0,) * len(missing), *laid.tap, *missing, *laid.apart, laid.adjoint]
    for size in (*_units(laid)[:-1], *(*missing, *s.taps)[1:]):
        numbers += quotient(max(size, 1))
    return np.array(numbers, np.int32).tobytes()


def told_of(laid: Laid) -> bytes:
    """Return the struct ``Correlations`` of ``tensor_products.cuh``."""
    s: Correlations = laid.sizes
    numbers = [s.batch, s.groups, s.channels, s.rows, prod(s.taps), *s.source, *s.result]
    numbers += [*s.origin, *s.stride, *s.step, *s.first, *s.spread]
    for size in (*s.taps, *s.positions):
        numbers += quotient(max(size, 1))
    return np.array([*numbers, *_orders(laid)], np.int32).tobytes()


def _orders(laid: Laid) -> list[int]:
    """Return the quotients of ``Order``."""
    rest = laid.padded // laid.unit % _EIGHT
    by = _EIGHT * max(prod(laid.sizes.taps), 1), max(rest, 1)
    return [number for size in by for number in quotient(size)]
