"""Convolutions of stride 1, and adjoints, whose source is staged once for all taps, launched.

``halo_plans`` says how. They are launched where a ``HaloTile`` is asked for, and nowhere else: no
rate of theirs was measured.
"""

from dataclasses import fields
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.halo import Halo
from convproof_gpu.elements import type_of
from convproof_gpu.halo_plans import HaloTile, phases, planned, refused
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, launch
from convproof_gpu.operands import Activation, check_counts, epilogue, slices
from convproof_gpu.tensor_products import source_of, told_of, unit_of, weights_of

_FLOAT = "float"
_NONE: tuple[Activation, float, float] = ("none", 1.0, 1.0)


def conv_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    tile: HaloTile,
    activation: tuple[Activation, float, float] = _NONE,
) -> Any:
    """Write ``y = activation(conv(x, w) + b)`` and return it, see ``products.conv_forward``.

    Raises:
        LaunchLawError: if the tile is not for such a convolution.
    """
    check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b})
    _correlate(machine, sizes, (x, w, b, y), tile, epilogue(*activation), is_adjoint=False)
    return y


def conv_input_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    w: Any,
    b: Any,
    x_bar: Any,
    *,
    tile: HaloTile,
    activation: tuple[Activation, float, float] = _NONE,
) -> Any:
    """Write ``x_bar``, the adjoint at ``y_bar``, and return it, see ``products.conv_input_vjp``.

    Raises:
        LaunchLawError: if the tile is not for such a convolution.
    """
    check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, {"b": b}, of_inputs=True)
    _correlate(machine, sizes, (y_bar, w, b, x_bar), tile, epilogue(*activation), is_adjoint=True)
    return x_bar


def _correlate(
    machine: Machine,
    sizes: Sizes,
    given: tuple[Any, ...],
    tile: HaloTile,
    last: bytes,
    *,
    is_adjoint: bool,
) -> None:
    """Launch the source, the weights, the bias and the result, of slices and their phases."""
    source, w, b, result = given
    element = type_of(source=source, w=w, b=b, result=result)
    unit, words = unit_of(element), int(element == _FLOAT)
    why = refused(sizes, element, tile, is_adjoint=is_adjoint, shared=machine.shared)
    if why:
        msg = f"{tile.argument} does not take this convolution: {why}"
        raise LaunchLawError(msg)
    for images, part in slices(sizes, unit=unit):
        laid_out = None
        for laid in phases(part, unit, is_adjoint=is_adjoint):
            if laid_out is None:  # one source of all phases
                laid_out = source_of(machine, laid, source[images], element, words)
            plan = planned(laid, tile, machine.shared)
            assert plan is not None, laid
            args = {
                "x": laid_out,
                "w": weights_of(machine, laid, w, element, words),
                "b": b,
                "y": result[images],
                "sizes": told_of(laid),
                "halo": _struct(plan.halo),
                "tiles": np.int32(plan.tiles),
                "epilogue": last,
            }
            whole = laid.sizes.positions == laid.sizes.result  # one phase writes all
            shared = tile.shared(plan.halo)
            kernel = Kernel("conv_halo", (element, tile.argument), shared=shared)
            launch(machine, kernel, plan.blocks, tile.threads, args, ("y",) if whole else ())


def _struct(halo: Halo) -> bytes:
    """Return the struct ``Halo`` of ``halo.cuh``."""
    numbers: list[int] = []
    for field in fields(halo):
        value = getattr(halo, field.name)
        numbers += value if isinstance(value, tuple) else (value,)
    return np.array(numbers, np.int32).tobytes()
