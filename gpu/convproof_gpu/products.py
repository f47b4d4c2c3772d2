"""The three products of a convolution, and of a locally connected layer, launched.

Each takes the sizes of a convolution, and whoever has other roles for its arrays names them so: a
transposed convolution is an input VJP.
"""

from typing import Any

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
from convproof.index_maps.correlation import adjoint, forward
from convproof.index_maps.fully_connected import as_adjoint, is_fully_connected
from convproof_gpu import halo, outer, pointwise
from convproof_gpu.choices import chosen
from convproof_gpu.elements import type_of
from convproof_gpu.halo_plans import HaloTile
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, launch, packed
from convproof_gpu.operands import (
    MOST,
    Activation,
    add_parts,
    check_counts,
    check_splits,
    epilogue,
    slices,
)
from convproof_gpu.tensor_products import correlate, pair, unit_of
from convproof_gpu.tiles import TensorTile, Tile, tile_of

Map = Correlated | Spread | Paired | UnsharedCorrelated | UnsharedSpread | UnsharedPaired
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
    tile: Tile | TensorTile | HaloTile | None = None,
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
    check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b})
    if tile is None and pointwise.forward_fits(sizes, activation):
        return pointwise.forward(machine, sizes, x, w, b, y, activation[0])
    last: dict[str, Any] = {"epilogue": epilogue(*activation)}
    element = type_of(x=x, w=w, y=y)
    tile, _ = chosen(machine, "conv_forward", sizes, element, tile)
    if isinstance(tile, HaloTile):
        return halo.conv_forward(machine, sizes, x, w, b, y, tile=tile, activation=activation)
    unit = unit_of(element) if isinstance(tile, TensorTile) else 1
    for images, part in slices(sizes, unit=unit):
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        if isinstance(tile, TensorTile):
            correlate(machine, [forward(part, unit)], given, tile, last)
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
    tile: Tile | TensorTile | HaloTile | None = None,
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
    check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, {"b": b}, of_inputs=True)
    if tile is None and pointwise.input_vjp_fits(sizes, b, activation):
        return pointwise.input_vjp(machine, sizes, y_bar, w, x_bar)
    last: dict[str, Any] = {"epilogue": epilogue(*activation)}
    element = type_of(y_bar=y_bar, w=w)
    tile, _ = chosen(machine, "conv_input_vjp", sizes, element, tile)
    if isinstance(tile, HaloTile):
        return halo.conv_input_vjp(
            machine, sizes, y_bar, w, b, x_bar, tile=tile, activation=activation
        )
    unit = unit_of(element) if isinstance(tile, TensorTile) else 1
    for images, part in slices(sizes, unit=unit):
        given = {"y_bar": y_bar[images], "w": w, "b": b, "x_bar": x_bar[images]}
        if isinstance(tile, TensorTile):
            correlate(machine, adjoint(part, unit), given, tile, last)
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
    check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar})
    if tile is None and not splits and outer.fits(sizes):
        return outer.weight_vjp(machine, sizes, y_bar, x, w_bar)
    element = type_of(y_bar=y_bar, x=x, w_bar=w_bar)
    tile, parts = chosen(machine, "conv_weight_vjp", sizes, element, tile)
    splits = splits or parts
    batches = list(slices(sizes, unit=unit_of("float") if isinstance(tile, TensorTile) else 1))
    check_splits(splits, tile.depth)
    if isinstance(tile, TensorTile):
        return pair(machine, batches, y_bar, x, w_bar, tile, splits)
    products, rows, columns, depth = Paired(sizes).extents
    blocks = products * tile.covering(rows, columns)
    splits = splits or max(1, min(_WAVE // max(blocks, 1), depth // _LEAST_DEPTH))
    if len(batches) * splits == 1:
        if is_fully_connected(forward(sizes)):
            given = {"y_bar": x, "w": y_bar, "b": None, "x_bar": w_bar}
            last = {"epilogue": epilogue("none", 1.0, 1.0)}
            _contract(machine, "conv_input_vjp", Spread(as_adjoint(sizes)), given, tile, last)
            return w_bar
        given = {"y_bar": y_bar, "x": x, "w_bar": w_bar}
        _contract(machine, "conv_weight_vjp", Paired(sizes), given, tile)
        return w_bar
    parts = machine.empty((len(batches) * splits, *w_bar.shape), np.float32)
    arguments = (element, str(len(sizes.input)), tile.argument)
    kernel = Kernel("conv_weight_vjp", arguments, "conv_weight_vjp_parts")
    for number, (images, part) in enumerate(batches):
        args = {
            "y_bar": y_bar[images],
            "x": x[images],
            "parts": parts[number * splits : (number + 1) * splits],
            "splits": np.int32(splits),
            "sizes": packed(part, "int"),
        }
        launch(machine, kernel, blocks * splits, tile.threads, args, ("parts",))
    add_parts(machine, element, parts, w_bar)
    return w_bar


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
    check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b}, shared=False)
    for images, part in slices(sizes, shared=False):
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
    check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, shared=False)
    for images, part in slices(sizes, shared=False):
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
    check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar}, shared=False)
    if len(list(slices(sizes, shared=False))) > 1:
        msg = (
            f"the weights of a locally connected layer are summed over a batch of {sizes.batch} "
            f"images at once, whose arrays must have less than {MOST} elements. Split the batch."
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
    element = type_of(**given)
    arguments = (element, str(len(map_.sizes.input)), tile.argument)
    args = given | {"sizes": packed(map_.sizes, "int")} | (last or {})
    blocks = products * tile.covering(rows, columns)
    output = next(reversed(given))
    launch(machine, Kernel(name, arguments), blocks, tile.threads, args, (output,))
