"""The derivation at given points: the readings of the triples, evaluated.

These are the products of the matrices that the derivation prints, taken straight from the
triples, exact on integers and fractions::

    y = T(w) x        x_bar = T(w)^T y_bar        w_bar = U(x)^T y_bar
"""

import numpy as np
from jaxtyping import Shaped

from convproof.geometry import Geometry, unshared
from convproof.layers import Bias, Conv, LocallyConnected
from convproof.triples import Triples


def forward(
    layer: Conv,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *K"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    """Return ``y[o] = sum w[k] x[i]`` over the triples, plus the bias."""
    shape, triples = layer.output_shape(x.shape), _triples(layer, x.shape)
    y = _scatter(triples.output, w.ravel()[triples.tap] * _rows(x)[:, triples.input], shape)
    return y if b is None else y + b.reshape(-1, *(1,) * (x.ndim - 2))


def input_vjp(
    layer: Conv,
    x: np.ndarray | tuple[int, ...],
    y_bar: Shaped[np.ndarray, "n m *O"],
    w: Shaped[np.ndarray, "m cg *K"],
) -> Shaped[np.ndarray, "n c *I"]:
    """Return ``x_bar[i] = sum w[k] y_bar[o]`` over the triples."""
    shape = x if isinstance(x, tuple) else x.shape
    triples = _triples(layer, shape)
    products = w.ravel()[triples.tap] * _rows(y_bar)[:, triples.output]
    return _scatter(triples.input, products, shape)


def weight_vjp(
    layer: Conv, x: Shaped[np.ndarray, "n c *I"], y_bar: Shaped[np.ndarray, "n m *O"]
) -> Shaped[np.ndarray, "m cg *K"]:
    """Return ``w_bar[k] = sum x[i] y_bar[o]`` over the triples and the batch."""
    triples = _triples(layer, x.shape)
    products = _rows(x)[:, triples.input] * _rows(y_bar)[:, triples.output]
    per_image = _scatter(triples.tap, products, (len(x), *layer.weight_shape))
    return np.asarray(per_image.sum(axis=0))


def bias_vjp(layer: Bias, y_bar: Shaped[np.ndarray, "n m *O"]) -> Shaped[np.ndarray, " m"]:
    """Return ``b_bar[m] = sum y_bar[o]`` over the outputs of channel ``m`` and the batch."""
    channel = np.repeat(np.arange(layer.channels), int(np.prod(y_bar.shape[2:])))
    per_image = _scatter(channel, _rows(y_bar), (len(y_bar), layer.channels))
    return np.asarray(per_image.sum(axis=0))


def _triples(layer: Conv, shape: tuple[int, ...]) -> Triples:
    geometry: Geometry = layer.geometry(shape[2:])
    return unshared(geometry) if isinstance(layer, LocallyConnected) else geometry.triples()


def _rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), int(np.prod(x.shape[1:])))  # -1 is undefined where there is no image


def _scatter(leg: np.ndarray, products: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the sums of ``products`` by the index in ``leg``, one row per image."""
    total = np.zeros((int(np.prod(shape[1:])), shape[0]), products.dtype)
    np.add.at(total, leg, products.T)
    return np.ascontiguousarray(total.T).reshape(shape)
