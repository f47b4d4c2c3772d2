"""The three products of a convolution, and of a locally connected layer, launched.

Each takes the sizes of a convolution, and whoever has other roles for its arrays names them so: a
transposed convolution is an input VJP. Offsets are 32-bit integers: a batch whose arrays have more
elements is taken in slices.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Any, Literal

import numpy as np

from convproof.index_maps import (
    Correlated,
    Paired,
    Sizes,
    Spread,
    UnsharedCorrelated,
    UnsharedPaired,
    UnsharedSpread,
)
from convproof.index_maps.correlation import CHUNK, Correlations, Laid, adjoint, forward
from convproof.index_maps.depthwise import quotient
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, blocks_of, launch, packed
from convproof_gpu.tiles import TensorTile, Tile, parted, tile_of

Activation = Literal["none", "relu", "tanh"]
Map = Correlated | Spread | Paired | UnsharedCorrelated | UnsharedSpread | UnsharedPaired
_ACTIVATIONS = ("none", "relu", "tanh")
_EPILOGUE = np.dtype([("activation", "<i4"), ("amplitude", "<f4"), ("slope", "<f4")])
_MOST = 2**31 - 2**16  # elements that an int addresses, with a tile beyond them
_PER_LAUNCH = _MOST
_WAVE = 2112  # blocks that fill a large GPU: weights that need fewer share the depth
_LEAST_DEPTH = 256  # of a part


def conv_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    activation: tuple[Activation, float, float] = ("none", 1.0, 1.0),
    tile: Tile | TensorTile | None = None,
) -> Any:
    """Write ``y = activation(conv(x, w) + b)`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution.
        x: ``(N, G C, *I)``.
        w: ``(G M, C, *K)``.
        b: ``(G M,)`` or None.
        y: ``(N, G M, *O)``.
        activation: which, its amplitude and slope.
        tile: of a block; None: by the sizes.
    """
    _check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b})
    last: dict[str, Any] = {"epilogue": _epilogue(*activation)}
    tile = tile or tile_of(Correlated(sizes))
    for images, part in _slices(sizes):
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        if isinstance(tile, TensorTile):
            _correlate(machine, forward(part), given, tile, last)
        else:
            _contract(machine, "conv_forward", Correlated(part), given, tile, last)
    return y


def conv_input_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    w: Any,
    b: Any,
    x_bar: Any,
    *,
    activation: tuple[Activation, float, float] = ("none", 1.0, 1.0),
    tile: Tile | TensorTile | None = None,
) -> Any:
    """Write ``x_bar``, the adjoint of the convolution at ``y_bar``, and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution.
        y_bar: ``(N, G M, *O)``.
        w: ``(G M, C, *K)``.
        b: ``(G C,)``, which a transposed convolution adds, or None.
        x_bar: ``(N, G C, *I)``.
        activation: which, its amplitude and slope.
        tile: of a block; None: by the sizes.
    """
    _check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, {"b": b}, of_inputs=True)
    last: dict[str, Any] = {"epilogue": _epilogue(*activation)}
    tile = tile or tile_of(Spread(sizes))
    for images, part in _slices(sizes):
        given = {"y_bar": y_bar[images], "w": w, "b": b, "x_bar": x_bar[images]}
        if isinstance(tile, TensorTile):
            for laid in adjoint(part):
                _correlate(machine, laid, given, tile, last)
        else:
            _contract(machine, "conv_input_vjp", Spread(part), given, tile, last)
    return x_bar


def conv_weight_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    x: Any,
    w_bar: Any,
    *,
    tile: Tile | TensorTile | None = None,
    splits: int = 0,
) -> Any:
    """Write ``w_bar`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of the convolution.
        y_bar: ``(N, G M, *O)``.
        x: ``(N, G C, *I)``.
        w_bar: ``(G M, C, *K)``.
        tile: of a block; None: by the sizes.
        splits: parts of the sum over outputs; 0: as many as fill a GPU.
    """
    _check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar})
    element = type_of(y_bar=y_bar, x=x, w_bar=w_bar)
    slices = list(_slices(sizes))
    tile = tile or tile_of(Paired(sizes))
    if isinstance(tile, TensorTile):
        return _pair(machine, slices, y_bar, x, w_bar, tile, splits)
    products, rows, columns, depth = Paired(sizes).extents
    blocks = products * tile.covering(rows, columns)
    splits = splits or max(1, min(_WAVE // max(blocks, 1), depth // _LEAST_DEPTH))
    if len(slices) * splits == 1:
        given = {"y_bar": y_bar, "x": x, "w_bar": w_bar}
        _contract(machine, "conv_weight_vjp", Paired(sizes), given, tile)
        return w_bar
    parts = machine.empty((len(slices) * splits, *w_bar.shape), np.float32)
    arguments = (element, str(len(sizes.input)), tile.argument)
    kernel = Kernel("conv_weight_vjp", arguments, "conv_weight_vjp_parts")
    for number, (images, part) in enumerate(slices):
        args = {
            "y_bar": y_bar[images],
            "x": x[images],
            "parts": parts[number * splits : (number + 1) * splits],
            "splits": np.int32(splits),
            "sizes": packed(part, "int"),
        }
        launch(machine, kernel, blocks * splits, tile.threads, args, ("parts",))
    args = {"parts": parts, "y": w_bar, "splits": np.int32(len(parts)), "n": np.int32(w_bar.size)}
    launch(machine, Kernel("sum_parts", (element,)), blocks_of(w_bar.size), 256, args, ("y",))
    return w_bar


def _correlate(
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
    element = type_of(**{name: array for name, array in given.items() if array is not None})
    given = dict(zip(("x", "w", "b", "y"), given.values(), strict=True))
    s, dims = laid.sizes, str(len(laid.kernel))
    w = given["w"] if laid.is_identity else _laid_out(machine, laid, given["w"], element)
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


def _laid_out(machine: Machine, laid: Laid, w: Any, element: str) -> Any:
    """Return ``w'``."""
    out = machine.empty((laid.count,), w.dtype)
    args = {"w": w, "laid_out": out, "n": np.int32(laid.count), "laid": _laid(laid)}
    kernel = Kernel("conv_tensor", (element,), "conv_tensor_weights")
    launch(machine, kernel, blocks_of(laid.count), 256, args, ("laid_out",))
    return out


def _pair(
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


def locally_connected_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    tile: Tile | TensorTile | None = None,
) -> Any:
    """Write ``y``, whose weights ``(G M, C, *O, *K)`` are not shared, and return it."""
    _check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b}, shared=False)
    for images, part in _slices(sizes, shared=False):
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        _contract(machine, "locally_connected_forward", UnsharedCorrelated(part), given, tile)
    return y


def locally_connected_input_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    w: Any,
    x_bar: Any,
    *,
    tile: Tile | TensorTile | None = None,
) -> Any:
    """Write ``x_bar`` and return it."""
    _check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, shared=False)
    for images, part in _slices(sizes, shared=False):
        given = {"y_bar": y_bar[images], "w": w, "x_bar": x_bar[images]}
        _contract(machine, "locally_connected_input_vjp", UnsharedSpread(part), given, tile)
    return x_bar


def locally_connected_weight_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    x: Any,
    w_bar: Any,
    *,
    tile: Tile | TensorTile | None = None,
) -> Any:
    """Write ``w_bar`` and return it.

    Raises:
        LaunchLawError: if the batch must be taken in slices.
    """
    _check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar}, shared=False)
    if len(list(_slices(sizes, shared=False))) > 1:
        msg = (
            f"the weights of a locally connected layer are summed over a batch of {sizes.batch} "
            f"images at once, whose arrays must have less than {_MOST} elements. Split the batch."
        )
        raise LaunchLawError(msg)
    given = {"y_bar": y_bar, "x": x, "w_bar": w_bar}
    _contract(machine, "locally_connected_weight_vjp", UnsharedPaired(sizes), given, tile)
    return w_bar


def _contract(
    machine: Machine,
    name: str,
    map_: Map,
    given: dict[str, Any],
    tile: Tile | TensorTile | None,
    last: dict[str, Any] | None = None,
) -> None:
    """Launch a product; the last array that is given is its result."""
    products, rows, columns, _ = map_.extents
    tile = tile or tile_of(map_)
    element = type_of(**{name: array for name, array in given.items() if array is not None})
    arguments = (element, str(len(map_.sizes.input)), tile.argument)
    args = given | {"sizes": packed(map_.sizes, "int")} | (last or {})
    blocks = products * tile.covering(rows, columns)
    output = next(reversed(given))
    launch(machine, Kernel(name, arguments), blocks, tile.threads, args, (output,))


def _epilogue(activation: Activation, amplitude: float, slope: float) -> bytes:
    held = np.array((_ACTIVATIONS.index(activation), amplitude, slope), _EPILOGUE)
    return held.tobytes()


def _check_counts(
    sizes: Sizes,
    inputs: dict[str, Any],
    answers: dict[str, Any],
    weights: dict[str, Any],
    biases: dict[str, Any] | None = None,
    *,
    shared: bool = True,
    of_inputs: bool = False,
) -> None:
    """Raise ``LaunchLawError`` unless every array has as many elements as the kernel addresses.

    Args:
        sizes: what the kernel is told.
        inputs: the array at the convolution's input, by its name.
        answers: that at its output.
        weights: the weights or their gradient.
        biases: the bias, or None in its place.
        shared: whether the positions share the weights.
        of_inputs: whether the bias belongs to the channels of the input.
    """
    inner, outer = sizes.groups * sizes.in_channels, sizes.groups * sizes.out_channels
    taps = prod(sizes.kernel) * (1 if shared else prod(sizes.output))
    rows = (
        (inputs, "N G C I", sizes.batch * inner * prod(sizes.input)),
        (answers, "N G M O", sizes.batch * outer * prod(sizes.output)),
        (weights, "G M C K" if shared else "G M C O K", outer * sizes.in_channels * taps),
        (biases or {}, "G C" if of_inputs else "G M", inner if of_inputs else outer),
    )
    for named, law, count in rows:
        for name, array in named.items():
            if array is not None and array.size != count:
                msg = (
                    f"{name} must have {law} = {count} elements, but its shape {array.shape} has "
                    f"{array.size}. Give it that many, or other sizes."
                )
                raise LaunchLawError(msg)


def _slices(sizes: Sizes, *, shared: bool = True) -> Iterator[tuple[slice, Sizes]]:
    """Yield the images that a launch takes, and its sizes; at least one launch, for empty batches.

    Raises:
        LaunchLawError: if one image or the weights are too many elements for 32-bit offsets.
    """
    inputs, outputs = prod(sizes.input), prod(sizes.output)
    channels = sizes.groups * sizes.in_channels, sizes.groups * sizes.out_channels
    image = max(channels[0] * inputs, channels[1] * outputs, 1)
    weights = channels[1] * sizes.in_channels * prod(sizes.kernel) * (1 if shared else outputs)
    rows = zip(
        sizes.input, sizes.kernel, sizes.output, sizes.stride, sizes.dilation, sizes.low,
        strict=True,
    )  # fmt: skip
    reach = max(i + s * o + abs(t) * k + abs(low) for i, k, o, s, t, low in rows)
    for what, count in (("image", image), ("set of weights", weights), ("axis", reach)):
        if count > _MOST:
            msg = (
                f"one {what} has {count} positions, but the kernels address at most {_MOST} with "
                "32 bits. Split the layer."
            )
            raise LaunchLawError(msg)
    each = _PER_LAUNCH // image
    for begin in range(0, max(sizes.batch, 1), each):
        images = slice(begin, min(begin + each, sizes.batch))
        yield images, replace(sizes, batch=images.stop - begin)
