"""Convolutions of few channels to each of several groups, launched.

A thread computes all output channels of a group at some neighbouring outputs, or sums the gradient
of some taps for all of them, from numbers that it reads once, in plain float32
(``kernels/grouped.cuh``).

====================  ======================================================================
product               is computed by these kernels
====================  ======================================================================
``conv_forward``      unless its activation is tanh
``conv_input_vjp``    the same of stride 1, with the weights flipped; else by ``products``
``conv_weight_vjp``   always
====================  ======================================================================
"""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Sizes
from convproof.index_maps.depthwise import Quotient, of_three_axes, quotient, reach
from convproof_gpu import products
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, launch, packed
from convproof_gpu.operands import (
    MOST,
    Activation,
    add_parts,
    check_counts,
    check_splits,
    epilogue,
    slices,
)

CHANNELS, PATCHES = (2, 4, 8), (1, 3)  # output channels of a thread, taps of a patch
LEAST = 2**17  # outputs of a layer: for fewer, these kernels are not worth their shapes
CREW, STRIP, SHORT = 128, 8, 4  # threads; outputs of a strip, forward and of a gradient
_MOST_CHANNELS, _MOST_WEIGHTS = 8, 48 << 8  # of a group: channels, floats in shared memory
_PATCHES = {1: (56, 12), 3: (8, 3)}  # channels times patches of a thread, and patches, at most
_WAVE = 396  # blocks of a gradient that fill a large GPU
_LANES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """How an image's outputs are cut into strips, in the order of the kernels' struct.

    Attributes:
        count: strips of all images.
        columns: divides a strip's number by the columns,
        rows: then by the strips of a column,
        slices: and by the outputs along the first axis; the image is left.
    """

    count: int
    columns: Quotient
    rows: Quotient
    slices: Quotient


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How blocks and warps share a gradient's sums, in the order of the kernel's struct.

    Attributes:
        splits: parts of the sum.
        run: of 32 strips, in a part.
        chunks: blocks that share the patches of a group.
        beside: warps of a block that own different patches.
        sharers: warps of a block that own the same.
    """

    splits: int
    run: int
    chunks: int
    beside: int
    sharers: int


def fits(sizes: Sizes) -> bool:
    """Return whether a convolution is of few channels to each of several groups, of any batch.

    And of enough outputs for these kernels. A position that a strip's window reaches, also where
    there is neither input nor output, is a 32-bit integer (``convproof prove int32_grouped``).
    """
    outputs = sizes.batch * sizes.groups * sizes.out_channels * prod(sizes.output)
    least = (*sizes.input, *sizes.kernel, *sizes.output, *sizes.stride, *sizes.dilation)
    few: bool = (
        sizes.groups > 1
        and 2 <= max(sizes.in_channels, sizes.out_channels) <= _MOST_CHANNELS
        and min(sizes.in_channels, sizes.out_channels) >= 1
        and 2 <= len(sizes.input) <= 3
        and outputs >= LEAST
        and min(least) >= 1
        and min(sizes.low) >= 0
        and _MOST_CHANNELS**2 * prod(sizes.kernel) <= _MOST_WEIGHTS
    )
    return few and _farthest(sizes) <= MOST


def conv_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    activation: tuple[Activation, float, float] = ("none", 1.0, 1.0),
) -> Any:
    """Write ``y = activation(conv(x, w) + b)`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that ``fits``.
        x: ``(N, G C, *I)``.
        w: ``(G M, C, *K)``.
        b: ``(G M,)`` or None.
        y: ``(N, G M, *O)``.
        activation: which, its amplitude and slope.
    """
    if activation[0] == "tanh":  # whose code, for every output of a thread, costs registers
        return products.conv_forward(machine, sizes, x, w, b, y, activation=activation)
    check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b})
    for images, part in slices(sizes):
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        _correlate(machine, part, given, activation, flipped=False)
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
) -> Any:
    """Write ``x_bar``, the adjoint of the convolution at ``y_bar``, and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that ``fits``.
        y_bar: ``(N, G M, *O)``.
        w: ``(G M, C, *K)``.
        b: ``(G C,)``, which a transposed convolution adds, or None.
        x_bar: ``(N, G C, *I)``.
        activation: which, its amplitude and slope.
    """
    if activation[0] == "tanh" or max(sizes.stride) > 1:
        return products.conv_input_vjp(machine, sizes, y_bar, w, b, x_bar, activation=activation)
    check_counts(sizes, {"x_bar": x_bar}, {"y_bar": y_bar}, {"w": w}, {"b": b}, of_inputs=True)
    for images, part in slices(sizes):
        given = {"y_bar": y_bar[images], "w": w, "b": b, "x_bar": x_bar[images]}
        _correlate(machine, _adjoint(part), given, activation, flipped=True)
    return x_bar


def conv_weight_vjp(
    machine: Machine, sizes: Sizes, y_bar: Any, x: Any, w_bar: Any, *, splits: int = 0
) -> Any:
    """Write ``w_bar`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that ``fits``.
        y_bar: ``(N, G M, *O)``.
        x: ``(N, G C, *I)``.
        w_bar: ``(G M, C, *K)``.
        splits: parts of the sum over outputs; 0: as many as fill a GPU.
    """
    check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar})
    check_splits(splits, 1)
    element, batches = type_of(y_bar=y_bar, x=x, w_bar=w_bar), []
    for images, part in slices(sizes):
        s = of_three_axes(part)
        strips = _strips(s, SHORT)
        batches.append((images, s, strips, _sharing(s, strips, splits)))
    count = sum(sharing.splits for *_, sharing in batches)
    alone = count == 1 and element == "float"
    parts = w_bar[None] if alone else machine.empty((count, *w_bar.shape), np.float32)
    begin = 0
    for images, s, strips, sharing in batches:
        args = {
            "y_bar": y_bar[images],
            "x": x[images],
            "parts": parts[begin : begin + sharing.splits],
            "sizes": packed(s, "int"),
            "strips": packed(strips, "int"),
            "sharing": packed(sharing, "int"),
        }
        kernel = Kernel("grouped_weight_vjp", (element, *_arguments(s)))
        blocks = sharing.chunks * s.groups * sharing.splits
        threads = _LANES * sharing.beside * sharing.sharers
        launch(machine, kernel, blocks, threads, args, ("parts",))
        begin += sharing.splits
    if not alone:
        add_parts(machine, element, parts, w_bar)
    return w_bar


def _correlate(
    machine: Machine,
    sizes: Sizes,
    given: dict[str, Any],
    activation: tuple[Activation, float, float],
    *,
    flipped: bool,
) -> None:
    """Launch a correlation of the first array that is given; the last is its result."""
    s = of_three_axes(sizes)
    strips = _strips(s, STRIP)
    args = given | {
        "sizes": packed(s, "int"),
        "strips": packed(strips, "int"),
        "flipped": np.int32(flipped),
        "epilogue": epilogue(*activation),
    }
    arguments = _arguments(s)
    shared = 4 * int(arguments[0]) * s.in_channels * prod(s.kernel)
    kernel = Kernel("grouped_forward", (type_of(**given), *arguments), shared=shared)
    blocks = s.groups * -(-strips.count // CREW)
    launch(machine, kernel, blocks, CREW, args, ("y",))


def _arguments(sizes: Sizes) -> tuple[str, str]:
    """Return ``CHANNELS`` and ``PATCH``: patches where taps and their rows are neighbours."""
    channels = next(c for c in CHANNELS if c >= sizes.out_channels)
    beside = sizes.stride[1] == sizes.dilation[1] == sizes.dilation[2] == 1
    whole = (s for s in PATCHES if sizes.kernel[1] % s == sizes.kernel[2] % s == 0)
    return str(channels), str(max(whole) if beside else 1)


def _adjoint(sizes: Sizes) -> Sizes:
    """Return the convolution by flipped weights that is the adjoint of one of stride 1."""
    return replace(
        sizes,
        in_channels=sizes.out_channels,
        out_channels=sizes.in_channels,
        input=sizes.output,
        output=sizes.input,
        low=tuple(reach(sizes, axis) - low for axis, low in enumerate(sizes.low)),
    )


def _strips(sizes: Sizes, length: int) -> Strips:
    slices_, rows, columns = sizes.output[0], -(-sizes.output[1] // length), sizes.output[2]
    return Strips(
        count=sizes.batch * slices_ * rows * columns,
        columns=quotient(columns), rows=quotient(rows), slices=quotient(slices_),
    )  # fmt: skip


def _sharing(sizes: Sizes, strips: Strips, splits: int) -> Sharing:
    """Return how a gradient is shared; ``splits`` 0: as fill a GPU."""
    channels, side = map(int, _arguments(sizes))
    most, limit = _PATCHES[side]
    units = min(most // channels, limit)
    needed = -(-sizes.in_channels * prod(sizes.kernel) // (side**2 * units))
    beside = min(needed, CREW // _LANES)
    chunks = -(-needed // beside)
    sharers, rounds = CREW // _LANES // beside, max(1, -(-strips.count // _LANES))
    blocks = chunks * sizes.groups
    splits = splits or max(1, min(_WAVE // blocks, rounds // (2 * sharers)))
    run = -(-rounds // splits)
    return Sharing(splits=splits, run=run, chunks=chunks, beside=beside, sharers=sharers)


def _farthest(sizes: Sizes) -> int:
    """Return more than the farthest position of a window along any axis."""
    s = sizes
    rows = zip(s.input, s.low, s.stride, s.output, s.dilation, s.kernel, strict=True)
    found: int = max(i + low + s * (o + STRIP) + t * k for i, low, s, o, t, k in rows)
    return found
