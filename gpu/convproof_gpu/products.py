"""The three products of a convolution, and of a locally connected layer, launched.

Each takes the sizes of a convolution, and whoever has other roles for its arrays names them so: a
transposed convolution is an input VJP. Offsets are 32-bit integers: a batch whose arrays have more
elements is taken in slices.
"""

from collections.abc import Iterator
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
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, blocks_of, launch, packed
from convproof_gpu.tiles import Tile, tile_for

Activation = Literal["none", "relu", "tanh"]
Map = Correlated | Spread | Paired | UnsharedCorrelated | UnsharedSpread | UnsharedPaired
_ACTIVATIONS = ("none", "relu", "tanh")
_EPILOGUE = np.dtype([("activation", "<i4"), ("amplitude", "<f4"), ("slope", "<f4")])
_MOST = 2**31 - 2**16  # elements that an int addresses, with a tile beyond them
_PER_LAUNCH = _MOST
_WAVE = 264  # blocks that fill a large GPU twice: weights that need fewer share the depth
_LEAST_DEPTH = 4096  # of a part


def conv_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    activation: tuple[Activation, float, float] = ("none", 1.0, 1.0),
    tile: Tile | None = None,
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
    last = {"epilogue": _epilogue(*activation)}
    for images, part in _slices(sizes):
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
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
    tile: Tile | None = None,
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
    last = {"epilogue": _epilogue(*activation)}
    for images, part in _slices(sizes):
        given = {"y_bar": y_bar[images], "w": w, "b": b, "x_bar": x_bar[images]}
        _contract(machine, "conv_input_vjp", Spread(part), given, tile, last)
    return x_bar


def conv_weight_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    x: Any,
    w_bar: Any,
    *,
    tile: Tile | None = None,
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
    products, rows, columns, depth = Paired(sizes).extents
    tile = tile or tile_for(rows, columns)
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


def locally_connected_forward(
    machine: Machine, sizes: Sizes, x: Any, w: Any, b: Any, y: Any, *, tile: Tile | None = None
) -> Any:
    """Write ``y``, whose weights ``(G M, C, *O, *K)`` are not shared, and return it."""
    _check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b}, shared=False)
    for images, part in _slices(sizes, shared=False):
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        _contract(machine, "locally_connected_forward", UnsharedCorrelated(part), given, tile)
    return y


def locally_connected_input_vjp(
    machine: Machine, sizes: Sizes, y_bar: Any, w: Any, x_bar: Any, *, tile: Tile | None = None
) -> Any:
    """Write ``x_bar`` and return it."""
    _check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, shared=False)
    for images, part in _slices(sizes, shared=False):
        given = {"y_bar": y_bar[images], "w": w, "x_bar": x_bar[images]}
        _contract(machine, "locally_connected_input_vjp", UnsharedSpread(part), given, tile)
    return x_bar


def locally_connected_weight_vjp(
    machine: Machine, sizes: Sizes, y_bar: Any, x: Any, w_bar: Any, *, tile: Tile | None = None
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
    tile: Tile | None,
    last: dict[str, Any] | None = None,
) -> None:
    """Launch a product; the last array that is given is its result."""
    products, rows, columns, _ = map_.extents
    tile = tile or tile_for(rows, columns)
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
