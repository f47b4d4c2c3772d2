"""Convolutions of one tap and few channels to sum over, launched: sums of outer products.

::

    y[n, m, p]     = activation(sum_c  w[m, c] x[n, c, p] + b[m])
    x_bar[n, c, p] = sum_m  w[m, c] y_bar[n, m, p]

==========  ==========================================================================
parameter   is
==========  ==========================================================================
``QUAD``    4 elements loaded and stored at once, where the input's channels and the
            positions of an image are multiples of 4 and every array begins at 4
            elements of them; else 1
==========  ==========================================================================
"""

from math import prod
from typing import Any

import numpy as np

from convproof.index_maps import Correlated, Sizes, Spread
from convproof.index_maps.outer import CREW, SIDE, is_pointwise, pointwise_of
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, launch
from convproof_gpu.operands import Activation, slices
from convproof_gpu.outer import quad_of
from convproof_gpu.tiles import LARGE, tile_of


def forward_fits(sizes: Sizes, activation: tuple[Activation, float, float]) -> bool:
    """Return whether a convolution of one tap is left to large tiles of floats, without tanh.

    ``tiles.tile_of`` leaves a sum to floats whose bound is below that of the tensor cores, as of
    fewer than 83 channels; its tile is large if there are more than 8 rows and 64^2 sums.
    """
    return activation[0] != "tanh" and is_pointwise(sizes) and tile_of(Correlated(sizes)) is LARGE


def input_vjp_fits(sizes: Sizes, b: Any, activation: tuple[Activation, float, float]) -> bool:
    """Return the same of its adjoint, without a bias or an activation."""
    is_plain = b is None and activation[0] == "none"
    return is_plain and is_pointwise(sizes) and tile_of(Spread(sizes)) is LARGE


def forward(
    machine: Machine, sizes: Sizes, x: Any, w: Any, b: Any, y: Any, activation: Activation
) -> Any:
    """Write ``y`` and return it; the activation is none or relu."""
    for images, part in slices(sizes):
        given = {"x": x[images], "w": w, "b": b, "y": y[images]}
        more = {"relu": np.int32(activation == "relu")}
        _launch(machine, "pointwise_forward", part, given, more, adjoint=False)
    return y


def input_vjp(machine: Machine, sizes: Sizes, y_bar: Any, w: Any, x_bar: Any) -> Any:
    """Write ``x_bar`` and return it."""
    for images, part in slices(sizes):
        given = {"y_bar": y_bar[images], "w": w, "x_bar": x_bar[images]}
        _launch(machine, "pointwise_input_vjp", part, given, {}, adjoint=True)
    return x_bar


def _launch(
    machine: Machine,
    file: str,
    sizes: Sizes,
    given: dict[str, Any],
    more: dict[str, Any],
    *,
    adjoint: bool,
) -> None:
    """Launch a kernel, which writes the last array that is given."""
    held = pointwise_of(sizes, adjoint=adjoint)
    columns = held.images * held.positions
    told = np.array((held.depths, held.rows, columns, held.positions), np.int32)
    wide = [array for name, array in given.items() if name != "b"]
    kernel = Kernel(
        file, (type_of(**given), str(quad_of((sizes.in_channels, prod(sizes.output)), *wide)))
    )
    blocks = -(-held.rows // SIDE) * -(-columns // SIDE)
    args = given | {"map": told.tobytes()} | more
    launch(machine, kernel, blocks, CREW, args, (next(reversed(given)),))
