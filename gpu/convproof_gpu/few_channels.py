"""Convolutions of few input channels, as of a network's first layer, launched.

A block stages the input of a tile of outputs once and computes many channels from it, in plain
float32. How the outputs are shared is chosen by what it would cost (``few_channels_plans``).

====================  ======================================================================
product               is computed by these kernels
====================  ======================================================================
``conv_forward``      unless its activation is tanh
``conv_input_vjp``    where ``few_channels_input`` should be faster; without a bias
``conv_weight_vjp``   if its taps and stride along the width are ``COMPILED``, not dilated,
                      and the batch is one launch
====================  ======================================================================
"""

from dataclasses import astuple
from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Correlated, Sizes
from convproof.index_maps.depthwise import of_three_axes
from convproof.index_maps.few_channels import QUAD, Forward, Gradient
from convproof_gpu import few_channels_input, products
from convproof_gpu.elements import type_of
from convproof_gpu.few_channels_plans import (
    THREADS,
    addressable,
    forward_blocks,
    forward_plan,
    forward_shared,
    gradient_plan,
    gradient_shared,
    groups_of,
    row_taps,
)
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, address, launch, packed
from convproof_gpu.operands import (
    Activation,
    add_parts,
    check_counts,
    check_splits,
    epilogue,
    slices,
)
from convproof_gpu.tiles import TensorTile, tile_of

LEAST = 2**17  # outputs of a layer: for fewer, these kernels are not worth their shapes
_MOST_CHANNELS = 4
_LONG = 128  # products of a sum: longer ones are for the tensor cores, if they take them


def fits(sizes: Sizes) -> bool:
    """Return whether a convolution has few channels, and enough outputs for these kernels."""
    outputs = sizes.batch * sizes.out_channels * prod(sizes.output)
    few: bool = (
        sizes.groups == 1
        and 1 <= sizes.in_channels <= _MOST_CHANNELS
        and outputs >= LEAST
        and min(*sizes.input, *sizes.kernel, *sizes.dilation) >= 1
    )
    if few and sizes.in_channels * prod(sizes.kernel) > _LONG:
        few = not isinstance(tile_of(Correlated(sizes)), TensorTile)
    return few and forward_plan(of_three_axes(sizes)) is not None


def conv_forward(
    machine: Machine,
    sizes: Sizes,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    *,
    activation: tuple[Activation, float, float] = ("none", 1.0, 1.0),
    plan: Forward | None = None,
) -> Any:
    """Write ``y = activation(conv(x, w) + b)`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that ``fits``.
        x: ``(N, C, *I)``.
        w: ``(M, C, *K)``.
        b: ``(M,)`` or None.
        y: ``(N, M, *O)``.
        activation: which, its amplitude and slope.
        plan: how the outputs are shared; None: as costs least.

    Raises:
        LaunchLawError: if threads of the plan would compute offsets of more than 32 bits.
    """
    if activation[0] == "tanh":  # whose code, for every output of a thread, costs registers
        return products.conv_forward(machine, sizes, x, w, b, y, activation=activation)
    check_counts(sizes, {"x": x}, {"y": y}, {"w": w}, {"b": b})
    element = type_of(x=x, w=w, b=b, y=y)
    for images, part in slices(sizes):
        three = of_three_axes(part)
        chosen = plan or forward_plan(three)
        assert chosen is not None, sizes
        if not addressable(three, chosen):
            msg = (
                f"blocks of {chosen.chunk} channels, of which there are {three.out_channels}, "
                "would compute offsets of more than 32 bits. Take smaller blocks, or no plan."
            )
            raise LaunchLawError(msg)
        to = y[images]
        wide = three.output[2] % QUAD == 0 and address(to) % (QUAD * to.dtype.itemsize) == 0
        args = {
            "x": x[images],
            "w": w,
            "b": b,
            "y": to,
            "sizes": packed(three, "int"),
            "plan": np.array((*astuple(chosen), wide), np.int32).tobytes(),
            "epilogue": epilogue(*activation),
        }
        shared = forward_shared(three, chosen)
        kernel = Kernel("few_channels_forward", (element, row_taps(three)), shared=shared)
        launch(machine, kernel, forward_blocks(three, chosen), THREADS, args, ("y",))
    return y


def conv_input_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    w: Any,
    b: Any,
    x_bar: Any,
) -> Any:
    """Write ``x_bar``, the adjoint of the convolution at ``y_bar``, and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that ``fits``.
        y_bar: ``(N, M, *O)``.
        w: ``(M, C, *K)``.
        b: ``(C,)``, which a transposed convolution adds, or None.
        x_bar: ``(N, C, *I)``.
    """
    if b is None and few_channels_input.fits(machine, sizes, type_of(y_bar=y_bar, w=w)):
        return few_channels_input.conv_input_vjp(machine, sizes, y_bar, w, x_bar)
    return products.conv_input_vjp(machine, sizes, y_bar, w, b, x_bar)


def conv_weight_vjp(
    machine: Machine,
    sizes: Sizes,
    y_bar: Any,
    x: Any,
    w_bar: Any,
    *,
    plan: Gradient | None = None,
) -> Any:
    """Write ``w_bar`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that ``fits``.
        y_bar: ``(N, M, *O)``.
        x: ``(N, C, *I)``.
        w_bar: ``(M, C, *K)``.
        plan: how the sums are shared; None: as costs least.
    """
    check_counts(sizes, {"x": x}, {"y_bar": y_bar}, {"w_bar": w_bar})
    three = of_three_axes(sizes)
    plan = plan or gradient_plan(three)
    if plan is None or len(list(slices(sizes))) > 1:
        return products.conv_weight_vjp(machine, sizes, y_bar, x, w_bar)
    check_splits(plan.splits, 1)
    element = type_of(y_bar=y_bar, x=x, w_bar=w_bar)
    parts = machine.empty((plan.splits, *w_bar.shape), np.float32)
    args = {
        "y_bar": y_bar,
        "x": x,
        "parts": parts,
        "sizes": packed(three, "int"),
        "plan": np.array(astuple(plan), np.int32).tobytes(),
    }
    arguments = (element, row_taps(three))
    kernel = Kernel("few_channels_weight_vjp", arguments, shared=gradient_shared(three, plan))
    blocks = plan.splits * groups_of(three, plan)
    launch(machine, kernel, blocks, 32 * plan.warps, args, ("parts",))
    add_parts(machine, element, parts, w_bar)
    return w_bar
