"""The gradient of weights as a sum of few outer products, one of each image, launched.

It is that of a fully connected layer, and of a convolution whose one window is its whole input::

    w_bar[r, c] = sum_n  y_bar[n, r] x[n, c]

==========  ==========================================================================
parameter   is
==========  ==========================================================================
``QUAD``    4 elements loaded and stored at once, where rows and columns are multiples
            of 4 and every array begins at 4 elements of them; else 1
==========  ==========================================================================
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from convproof.index_maps import Paired, Sizes
from convproof.index_maps.outer import CREW, SIDE, is_outer, outer_of
from convproof_gpu.elements import type_of
from convproof_gpu.machine import Kernel, Machine, address, launch
from convproof_gpu.operands import slices
from convproof_gpu.tiles import LARGE, tile_of

QUADS = (1, 4)
FILE = "linear_weight_vjp"


def fits(sizes: Sizes) -> bool:
    """Return whether weights have one window, and a gradient left to large tiles of floats at once.

    ``tiles.tile_of`` leaves a sum to floats whose bound is below that of the tensor cores, as of
    fewer than 83 images; its tile is large if there are more than 8 rows and 64^2 sums.
    """
    is_whole = is_outer(sizes) and next(slices(sizes))[1] == sizes
    return is_whole and tile_of(Paired(sizes)) is LARGE


def weight_vjp(machine: Machine, sizes: Sizes, y_bar: Any, x: Any, w_bar: Any) -> Any:
    """Write ``w_bar`` and return it.

    Args:
        machine: where the arrays lie.
        sizes: of a convolution that ``fits``.
        y_bar: ``(N, M, 1, ...)``.
        x: ``(N, C, *I)``.
        w_bar: ``(M, C, *I)``.
    """
    held = outer_of(sizes)
    arguments = (
        type_of(y_bar=y_bar, x=x, w_bar=w_bar),
        str(quad_of((held.rows, held.columns), y_bar, x, w_bar)),
    )
    args = {
        "y_bar": y_bar, "x": x, "w_bar": w_bar, "images": np.int32(held.images),
        "rows": np.int32(held.rows), "columns": np.int32(held.columns),
    }  # fmt: skip
    blocks = -(-held.rows // SIDE) * -(-held.columns // SIDE)
    launch(machine, Kernel(FILE, arguments), blocks, CREW, args, ("w_bar",))
    return w_bar


def quad_of(counts: Sequence[int], *arrays: Any) -> int:
    """Return how many neighbours of arrays, in lines of so many, are loaded and stored at once."""
    _, most = QUADS
    whole = all(count % most == 0 for count in counts)
    return most if whole and all(address(a) % (most * a.dtype.itemsize) == 0 for a in arrays) else 1
