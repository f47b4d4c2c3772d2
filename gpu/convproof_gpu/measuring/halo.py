"""``python -m convproof_gpu.measuring.halo vgg16 32``: what staging a source once is worth.

Every convolution that a halo takes, forward and its input's gradient, in tf32 and bfloat16: each of
its tiles, of both kinds, beside the tile of ours that copies every tap anew. A line of JSON for
each, with errors. Of no GPU is asked, and nothing is measured, by ``predict vgg16 32``: what the
model of ``halo_plans`` says, with the bytes that an operation copies.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from convproof.index_maps import Correlated, Sizes, Spread
from convproof.layers import Conv
from convproof_gpu import products
from convproof_gpu.halo_plans import HALO_TILES, KINDS, HaloTile, fits, phases, planned
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import LaunchLawError, Machine
from convproof_gpu.measuring import arrays, errors, reference
from convproof_gpu.measuring.clock import Device, Side, Stopwatch
from convproof_gpu.measuring.costs import cost
from convproof_gpu.measuring.rows import Row, rows
from convproof_gpu.tensor_products import unit_of
from convproof_gpu.tiles import MOST_SHARED, TENSOR_TILES, parted, tile_of

PRECISIONS = {"tf32": ("float32", "float"), "bfloat16": ("bfloat16", "__nv_bfloat16")}
AS_IS = "as is"
TILES = tuple(replace(tile, kind=kind) for tile in HALO_TILES for kind in KINDS)


def name_of(tile: HaloTile) -> str:
    """Return a side's name."""
    return f"{tile.argument} {tile.kind}"


def taken(networks: str, batch: int, shared: int = MOST_SHARED) -> Iterator[tuple[Row, Sizes, str]]:
    """Yield the rows that a halo takes, with their sizes, in each precision.

    Args:
        networks: names, with commas between them.
        batch: images.
        shared: bytes of shared memory that a block may have.
    """
    for row in rows(tuple(networks.split(",")), ("forward", "input_vjp"), batch):
        if not isinstance(row.layer, Conv):
            continue
        sizes = sizes_of(row.layer, row.input_shape)
        for precision, (_, element) in PRECISIONS.items():
            is_adjoint = row.operation == "input_vjp"
            if fits(sizes, element, "tf32", is_adjoint=is_adjoint, shared=shared):
                yield row, sizes, precision


def call_of(
    machine: Machine, row: Row, sizes: Sizes, held: arrays.Arrays, tile: HaloTile | None
) -> Callable[[], Any]:
    """Return the row's operation on the machine's arrays, in a tile or as it is chosen."""
    is_forward = row.operation == "forward"
    source = held.x if is_forward else held.y_bar
    verb: Any = products.conv_forward if is_forward else products.conv_input_vjp

    def call() -> Any:
        with machine.stream_of(source):
            x, w = machine.given(source), machine.given(held.w)
            made = machine.empty(arrays.answer_shape(row), x.dtype)
            return machine.returned(verb(machine, sizes, x, w, None, made, tile=tile), source)

    return call


def measured(
    machine: Machine, device: Device, row: Row, sizes: Sizes, precision: str, stopwatch: Stopwatch
) -> dict[str, Any]:
    """Return the times and errors of every tile; one that is wrong, or refused, is not timed."""
    dtype, element = PRECISIONS[precision]
    held = arrays.drawn(row, dtype, device.name, 0)
    right, scale = reference.answer(row, held)
    machine, allowed = machine.with_precision("tf32"), errors.allowed(row, precision)
    told: dict[str, dict[str, Any]] = {}
    sides = []
    for name, tile in {AS_IS: None, **{name_of(tile): tile for tile in TILES}}.items():
        call, told[name] = call_of(machine, row, sizes, held, tile), {}
        try:
            error = errors.of(call, right, scale)
        except LaunchLawError as refused:
            told[name]["why"] = str(refused)
            continue
        told[name]["error"] = asdict(error)
        if error.worst <= allowed:
            sides.append(Side(name=name, calls=[call]))
        else:
            told[name]["why"] = f"wrong: {error.worst:.1e} of sum |x w|, over {allowed:.1e}"
    flops = cost(row, np.dtype(np.float32).itemsize).flops

    def failed(name: str, error: Exception) -> None:
        told[name]["why"] = f"{type(error).__name__}: {error}"

    for name, timing in stopwatch.compare(device, sides, failed).items():
        told[name] |= {"us": timing.us, "least": timing.least, "most": timing.most}
        told[name]["TFLOP/s"] = round(flops / timing.us / 1e6, 1)
    for tile in TILES:
        us = predicted(row, sizes, element, tile, machine.shared)
        told[name_of(tile)]["predicted us"] = us and round(us, 1)
    return {"row": str(row), "precision": precision, "flops": flops, "sides": told}


def predicted(
    row: Row, sizes: Sizes, element: str, tile: HaloTile, shared: int = MOST_SHARED
) -> float | None:
    """Return the microseconds of the model for a tile, or None if it does not take the row."""
    laid = phases(sizes, unit_of(element), is_adjoint=row.operation == "input_vjp")
    plans = [planned(each, tile, shared) for each in laid]
    us = [plan.us(each, element) for plan, each in zip(plans, laid, strict=True) if plan]
    return sum(us) if len(us) == len(laid) else None


def prediction(row: Row, sizes: Sizes, precision: str) -> dict[str, Any]:
    """Return what is predicted: TFLOP/s and bytes for 1000 operations, as is and of each tile.

    As is, by ``tiles.parted``, whose rates were measured of two tiles.
    """
    element = PRECISIONS[precision][1]
    flops = cost(row, np.dtype(np.float32).itemsize).flops
    map_ = Correlated(sizes) if row.operation == "forward" else Spread(sizes)
    chosen: Any = tile_of(map_, "tf32", element)
    depth = 8 * unit_of(element)
    found: dict[str, Any] = {}
    if chosen in TENSOR_TILES:
        copied = 128e3 * (chosen.rows + chosen.columns) / (2 * chosen.area * depth)
        us, _ = parted(chosen, *map_.extents, element)
        found[AS_IS] = {"TFLOP/s": round(flops / us / 1e6), "bytes": round(copied, 2)}
    (laid, *others) = phases(sizes, unit_of(element), is_adjoint=row.operation == "input_vjp")
    for tile in TILES:
        plan, all_us = planned(laid, tile), predicted(row, sizes, element, tile)
        if plan is None or all_us is None or others:
            continue
        lines = tile.rows + plan.halo.staged / np.prod(laid.sizes.taps)
        copied = 128e3 * lines / (2 * tile.area * depth)
        told = {"TFLOP/s": round(flops / all_us / 1e6), "bytes": round(float(copied), 2)}
        found[name_of(tile)] = told
    return {"row": str(row), "precision": precision, "flops": flops, "predicted": found}


def main(arguments: Sequence[str]) -> None:
    """Print a line of JSON for each row, as it is found."""
    predicts = arguments[0] == "predict"
    networks, *more = arguments[predicts:]
    batch = int(more[0]) if more else 32
    lines: Iterator[dict[str, Any]]
    if predicts:
        lines = (prediction(*each) for each in taken(networks, batch))
    else:
        lines = _measured(networks, batch)
    for line in lines:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _measured(networks: str, batch: int) -> Iterator[dict[str, Any]]:
    from convproof_gpu.device import Gpu
    from convproof_gpu.measuring.facts import facts
    from convproof_gpu.measuring.on_torch import TorchDevice

    machine, device = Gpu(), TorchDevice()
    yield {"facts": facts(machine.versions)}
    for row, sizes, precision in taken(networks, batch, machine.shared):
        with device.stream():
            yield measured(machine, device, row, sizes, precision, Stopwatch(rounds=5, seconds=1.0))
        device.release()


if __name__ == "__main__":
    main(sys.argv[1:])
