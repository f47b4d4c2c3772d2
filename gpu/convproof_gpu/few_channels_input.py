"""The input's gradient of a network's first layer, launched, where it should be faster.

A block computes all channels of a tile of inputs in plain float32: of 1 to 4 channels, most of a
tile of the tensor cores would be zeros. It is taken where, as predicted and not measured::

    GAIN us <= us of what else computes it          for an H200

which is a tile of the tensor cores, or columns and their sums (``folding``). The sum of an input is
of floats: of its ``N`` products the error is at most that of any order of ``N`` floats.
"""

from dataclasses import astuple, replace
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes, Spread
from convproof.index_maps.depthwise import of_three_axes
from convproof.index_maps.few_channels import LANES, QUAD
from convproof.index_maps.few_channels_input import MOST_STRIDE, Spreading
from convproof_gpu import folding
from convproof_gpu.elements import BYTES, type_of
from convproof_gpu.few_channels_input_plans import (
    COPY,
    HELD,
    ISSUE,
    PROCESSORS,
    blocks,
    channels_of,
    predicted,
    shared,
    spreading,
    takes,
    threads,
)
from convproof_gpu.few_channels_plans import COMPILED, row_taps
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, address, launch, packed
from convproof_gpu.operands import check_counts, slices
from convproof_gpu.tiles import Precision, TensorTile, parted, tile_of

GAIN = 1.3  # predicted, below which what is measured stays
_PLACED = 10  # instructions that place what is staged, and copy it
_TILES, _COLUMNS = 0.75, 1.42  # of what is predicted VGG-16's and AlexNet's conv1 took so much


def fits(machine: Machine, sizes: Sizes, element: str) -> bool:
    """Return whether the kernel takes a convolution, and should be ``GAIN`` times as fast.

    Args:
        machine: whose precision what else computes it has.
        sizes: of one to three axes.
        element: the C++ type of the operands.
    """
    three = of_three_axes(sizes)
    if not takes(three):
        return False
    plan, other = spreading(three), predicted_of_others(sizes, machine.precision, element)
    assert plan is not None
    return bool(GAIN * predicted(three, plan, BYTES[element]) <= other)


def predicted_of_others(sizes: Sizes, precision: Precision, element: str) -> float:
    """Return the microseconds that the products should take where this kernel does not take them.

    Of a strided adjoint on the tensor cores those of all phases, as if these were alike; of columns
    those of a product that writes them, and what writing and reading them takes; both as much more
    or less as in ``reports/gpu-bench-2026-11-26.txt``.
    """
    if element == "float" and folding.fits(sizes, np.float32):
        dims, rows = len(sizes.input), sizes.in_channels * prod(sizes.kernel)
        one = (1,) * dims
        of_columns = replace(
            sizes, in_channels=rows, input=sizes.output, kernel=one, stride=one, dilation=one,
            low=(0,) * dims,
        )  # fmt: skip
        moved = 2 * BYTES[element] * sizes.batch * rows * prod(sizes.output)
        us = _of_products(of_columns, precision, element) + moved / COPY
        return float(_COLUMNS * us)
    return _TILES * _of_products(sizes, precision, element)


def _of_products(sizes: Sizes, precision: Precision, element: str) -> float:
    """Return the microseconds of an adjoint's products.

    A tile of floats multiplies the zeros between the phases, and at each depth a thread reads what
    it multiplies and places its share of what is staged.
    """
    phases = prod(sizes.stride)
    tile = tile_of(Spread(sizes), precision, element)
    products, rows, columns, depth = Spread(sizes).extents
    if isinstance(tile, TensorTile):
        of_phase = products, rows, -(-columns // phases), -(-depth // phases)
        return float(phases * parted(tile, *of_phase, element)[0])
    reads = tile.thread_rows + tile.thread_columns
    staged = _PLACED * (tile.rows + tile.columns) / tile.threads
    each = tile.area // tile.threads + reads + staged
    warps = products * tile.covering(rows, columns) * tile.threads / LANES
    return float(warps * depth * each / (PROCESSORS * ISSUE))


def conv_input_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    w: Any,
    x_bar: Any,
    *,
    plan: Spreading | None = None,
) -> Any:
    """Write ``x_bar``, the adjoint of the convolution at ``y_bar``, and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that the kernel ``takes``.
        y_bar: ``(N, M, *O)``.
        w: ``(M, C, *K)``.
        x_bar: ``(N, C, *I)``.
        plan: how the inputs are shared; None: as should take least.

    Raises:
        LaunchLawError: if the kernel does not take the convolution.
    """
    check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w})
    if not takes(of_three_axes(sizes)):
        known = ", ".join(f"{taps} by {stride}" for taps, stride in COMPILED)
        msg = (
            f"the kernel takes at least one image of 1 to {HELD[-1]} channels in one group, whose "
            f"last axis has taps by strides of {known}, is not dilated, and others strides of at "
            f"most {MOST_STRIDE}; not {sizes}. Take products.conv_input_vjp."
        )
        raise LaunchLawError(msg)
    element = type_of(y_bar=y_bar, w=w, x_bar=x_bar)
    for images, part in slices(sizes):
        three, given = of_three_axes(part), y_bar[images]
        chosen = plan or spreading(three)
        assert chosen is not None, sizes
        whole = address(given) % (QUAD * given.dtype.itemsize) == 0
        wide = three.output[2] % QUAD == 0 and whole
        args = {
            "y_bar": given,
            "w": w,
            "x_bar": x_bar[images],
            "sizes": packed(three, "int"),
            "plan": np.array((*astuple(chosen), wide), np.int32).tobytes(),
        }
        arguments = (element, row_taps(three), str(channels_of(three)))
        kernel = Kernel("few_channels_input_vjp", arguments, shared=shared(three, chosen))
        launch(machine, kernel, blocks(three, chosen), threads(chosen), args, ("x_bar",))
    return x_bar
