"""The three products of a convolution tap by tap, for groups of few channels.

Depthwise convolution has one channel per group: its matrix products would be a row times a matrix
for each channel. Instead every tap is one multiplication and addition over all groups at once::

    y[g,m,o] += w[g,m,c,k] x_padded[g,c, s o + t k]

Images and channels are taken in parts that stay in the cache.
"""

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np
from jaxtyping import Shaped

from convproof.numeric.fast.columns import Relation

PART_BYTES = 256 << 10  # of one output: a share of the second-level cache


def correlated(
    relation: Relation,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *K"],
    groups: int,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y``."""
    n, m = len(x), len(w)
    y = np.zeros((n, groups, m // groups, *relation.cells), x.dtype)
    kernel = w.reshape(groups, m // groups, *w.shape[1:])
    for image, some, channels in _parts(relation, y, x.shape[1]):
        part, padded = y[image, some], relation.padded(x[image : image + 1, channels])
        term = np.empty_like(part)
        for c, tap, reads in _taps(relation, padded, len(part)):
            np.multiply(_weights(kernel[some], c, tap), reads[:, None], out=term)
            part += term
    return y.reshape(n, m, *relation.cells)


def spread(
    relation: Relation,
    w: Shaped[np.ndarray, "m cg *K"],
    y_bar: Shaped[np.ndarray, "n m *O"],
    groups: int,
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar``."""
    n, m = y_bar.shape[:2]
    x_bar = np.empty((n, w.shape[1] * groups, *relation.input_size), w.dtype)
    kernel = w.reshape(groups, m // groups, *w.shape[1:])
    cotangents = y_bar.reshape(n, groups, m // groups, *relation.cells)
    for image, some, channels in _parts(relation, cotangents, x_bar.shape[1]):
        part = cotangents[image, some]
        padded = relation.border_of_zeros(1, channels.stop - channels.start, w.dtype)
        for c, tap, reads in _taps(relation, padded, len(part)):
            weights = _weights(kernel[some], c, tap)
            for k in range(part.shape[1]):
                np.add(reads, weights[:, k] * part[:, k], out=reads)
        x_bar[image, channels] = relation.unpadded(padded)[0]
    return x_bar


def paired(
    relation: Relation,
    x: Shaped[np.ndarray, "n c *I"],
    y_bar: Shaped[np.ndarray, "n m *O"],
    groups: int,
) -> Shaped[np.ndarray, "m cg *K"]:
    """Return ``w_bar``."""
    n, m = y_bar.shape[:2]
    per_group = x.shape[1] // groups
    w_bar = np.zeros((groups, m // groups, per_group, *relation.kernel_size), x.dtype)
    cotangents = y_bar.reshape(n, groups, m // groups, *relation.cells)
    for image, some, channels in _parts(relation, cotangents, x.shape[1]):
        part, padded = cotangents[image, some], relation.padded(x[image : image + 1, channels])
        term = np.empty(part.shape, x.dtype)
        sums = term.reshape(*part.shape[:2], prod(relation.cells))
        for c, tap, reads in _taps(relation, padded, len(part)):
            np.multiply(part, reads[:, None], out=term)
            weight: tuple[Any, ...] = (some, slice(None), c, *tap)
            w_bar[weight] += sums.sum(axis=2)
    return w_bar.reshape(m, per_group, *relation.kernel_size)


def _parts(
    relation: Relation, y: Shaped[np.ndarray, "n g mg *O"], channels: int
) -> Iterator[tuple[int, slice, slice]]:
    """Yield every image with some of the groups and their input channels."""
    n, groups = y.shape[:2]
    per_group = channels // groups
    one = prod(relation.cells) * y.shape[2] * y.itemsize
    step = max(1, PART_BYTES // one)
    for image, first in product(range(n), range(0, groups, step)):
        last = min(first + step, groups)
        yield image, slice(first, last), slice(first * per_group, last * per_group)


def _taps(
    relation: Relation, padded: Shaped[np.ndarray, "1 c *P"], groups: int
) -> Iterator[tuple[int, tuple[int, ...], np.ndarray]]:
    """Yield channel and tap with the view ``(groups, *cells)`` of what the tap reads."""
    windows = relation.windows(padded, writeable=padded.flags.writeable)
    per_group = padded.shape[1] // groups
    for c, tap in product(range(per_group), product(*map(range, relation.kernel_size))):
        row: tuple[Any, ...] = (slice(c, None, per_group), *tap, 0)
        yield c, tap, windows[row]


def _weights(
    kernel: Shaped[np.ndarray, "g mg cg *K"], c: int, tap: tuple[int, ...]
) -> Shaped[np.ndarray, "g mg *ones"]:
    here: tuple[Any, ...] = (slice(None), slice(None), c, *tap)
    weights: np.ndarray = kernel[here]
    return weights.reshape(*weights.shape, *(1,) * len(tap))
