"""The three products of a convolution, one matrix product per block of columns.

==============  ==============================
``correlated``  ``y = w columns(x)``
``spread``      ``x_bar = scatter(w^T y_bar)``
``paired``      ``w_bar = y_bar columns(x)^T``
==============  ==============================

Sums are ordinary sums: no Winograd, no FFT. Groups are a batch of matrix products.
Arrays are ``x (n, c, *input_size)``, ``w (m, c / groups, *kernel_size)``, ``y (n, m, *cells)``.
"""

from dataclasses import replace
from math import prod

import numpy as np
from jaxtyping import Shaped

from convproof.numeric.fast.columns import Block, Relation, gathered, scattered

FEWEST_CELLS_PAIRED = 1024  # every block adds up a whole w_bar


def correlated(
    relation: Relation,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *K"],
    groups: int,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``, the inputs that each cell reads times the weights."""
    n, m = len(x), len(w)
    kernel = w.reshape(groups, m // groups, w[0].size)
    y = np.empty((n, groups, m // groups, prod(relation.cells)), x.dtype)
    for block, columns in gathered(relation, x, groups):
        target = y[block.images, :, :, block.cells]
        if len(target) == 1:
            np.matmul(kernel, columns, out=target[0])
        else:
            together = target.transpose(1, 2, 0, 3)
            together[...] = np.matmul(kernel, columns).reshape(together.shape)
    return y.reshape(n, m, *relation.cells)


def spread(
    relation: Relation,
    w: Shaped[np.ndarray, "m cg *K"],
    y_bar: Shaped[np.ndarray, "n m *O"],
    groups: int,
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``, the adjoint of ``correlated`` in ``x``."""
    mirrored = _mirrored(relation)
    if mirrored is not None and _copying_pays(w.shape, y_bar.shape, groups):
        return correlated(mirrored, y_bar, _mirrored_kernel(w, groups), groups)
    n, m = y_bar.shape[:2]
    transposed = w.reshape(groups, m // groups, w[0].size).swapaxes(1, 2)
    cotangents = y_bar.reshape(n, groups, m // groups, prod(relation.cells))

    def columns_of(block: Block) -> np.ndarray:
        columns: np.ndarray = np.matmul(transposed, _flat(cotangents, block))
        return columns

    return scattered(relation, n, w.shape[1] * groups, w.dtype, columns_of)


def paired(
    relation: Relation,
    x: Shaped[np.ndarray, "n c *I"],
    y_bar: Shaped[np.ndarray, "n m *O"],
    groups: int,
) -> Shaped[np.ndarray, "m cg *K"]:
    """Return ``w_bar``, the adjoint of ``correlated`` in ``w``."""
    n, m = y_bar.shape[:2]
    shape = (m, x.shape[1] // groups, *relation.kernel_size)
    cotangents = y_bar.reshape(n, groups, m // groups, prod(relation.cells))
    w_bar = np.zeros((groups, m // groups, prod(shape[1:])), x.dtype)
    for block, columns in gathered(relation, x, groups, FEWEST_CELLS_PAIRED):
        w_bar += np.matmul(_flat(cotangents, block), columns.swapaxes(1, 2))
    return w_bar.reshape(shape)


def _flat(
    cotangents: Shaped[np.ndarray, "n g m cells"], block: Block
) -> Shaped[np.ndarray, "g m block"]:
    """Return the cotangents of a block's columns, image after image."""
    some = cotangents[block.images, :, :, block.cells]
    if len(some) == 1:
        return np.asarray(some[0])
    images, groups, channels, cells = some.shape
    return some.transpose(1, 2, 0, 3).reshape(groups, channels, images * cells)


def _mirrored(relation: Relation) -> Relation | None:
    """Return the relation by which the cotangents are read at stride 1, if it is a convolution.

    With ``o = i + low - t k`` tap ``K - 1 - k`` reads ``y_bar`` padded by ``span - 1 - low``.
    """
    if any(s > 1 for s in relation.stride) or relation.mode == "circular":
        return None
    rows = zip(
        relation.input_size, relation.cells, relation.kernel_size, relation.dilation,
        relation.ends, strict=True,
    )  # fmt: skip
    ends = tuple((t * (r - 1) - low, low + n - o) for n, o, r, t, (low, _) in rows)
    if min(map(min, ends)) < 0:
        return None
    return replace(relation, input_size=relation.cells, cells=relation.input_size, ends=ends)


def _copying_pays(w_shape: tuple[int, ...], y_shape: tuple[int, ...], groups: int) -> bool:
    """Whether reading cotangents is cheaper than scattering: measured, not derived.

    Reading copies ``m`` rows per tap where scattering adds ``c`` of them, and an addition costs up
    to two copies; it also reorders the weights, which needs many cells to pay for.
    """
    m, channels = w_shape[0], w_shape[1] * groups
    return 2 * m <= 3 * channels and y_shape[0] * prod(y_shape[2:]) >= 2 * channels


def _mirrored_kernel(
    w: Shaped[np.ndarray, "m cg *K"], groups: int
) -> Shaped[np.ndarray, "c mg *K"]:
    """Return the kernel with its taps reversed and its channels exchanged."""
    m, per_group, *kernel_size = w.shape
    flipped = np.flip(w, tuple(range(2, w.ndim)))
    grouped = flipped.reshape(groups, m // groups, per_group, *kernel_size).swapaxes(1, 2)
    return grouped.reshape(groups * per_group, m // groups, *kernel_size)
