r"""How far a correct tanh, softmax or local response normalisation may be from the exact one.

Each exponential, hyperbolic tangent and power is allowed 4 units in the last place, ``8 u``, as
NumPy's own accuracy tests allow; a sum of ``n`` terms of one sign adds ``(n - 1) u`` (Jeannerod
and Rump 2013), every other operation one ``u``. Powers of ``u`` above the first are absorbed by
one more ``u``.

=========  =====================================================================================
tanh       ``20 u |y|``; its derivative ``30 u A B |y_bar|``
softmax    ``d = n + 16 + 2 max|x - max x|`` units of an exponential over its sum:
           ``(d + 1) u y``; its derivative ``(3 d + n + 8) u y max|y_bar|``
norm       ``s = k + alpha/size sum x^2`` has ``e = size + 5`` units, a power of it
           ``beta e + 8``: ``(beta e + 12) u |y|``; its derivative
           ``((beta + 1) e + 28 + size) u T``, where ``T`` adds up the sizes of all its terms
=========  =====================================================================================
"""

from functools import singledispatch

import numpy as np

from convproof.layers import Layer, LocalResponseNorm, Softmax, Tanh


@singledispatch
def smooth_bound(
    layer: Layer, x: np.ndarray, y_bar: np.ndarray, y: np.ndarray, u: float, *, derivative: bool
) -> np.ndarray:
    """Return the largest error per element of ``y``, or of ``x_bar`` if ``derivative``.

    Args:
        layer: tanh, softmax or local response normalisation.
        x: the input, in a wide format.
        y_bar: the cotangent.
        y: the exact output.
        u: unit roundoff of the arithmetic.
        derivative: whether the bound is that of ``x_bar``.
    """
    del x, y_bar, y, u, derivative
    msg = f"no bound is derived for {layer}"
    raise TypeError(msg)


@smooth_bound.register
def _(
    layer: Tanh, x: np.ndarray, y_bar: np.ndarray, y: np.ndarray, u: float, *, derivative: bool
) -> np.ndarray:
    del x
    if derivative:
        return np.asarray(30 * u * layer.amplitude * layer.slope * np.abs(y_bar))
    return np.asarray(20 * u * np.abs(y))


@smooth_bound.register
def _(
    layer: Softmax, x: np.ndarray, y_bar: np.ndarray, y: np.ndarray, u: float, *, derivative: bool
) -> np.ndarray:
    n = x.shape[layer.dim]
    below = np.abs(x - x.max(axis=layer.dim, keepdims=True))
    units = n + 16 + 2 * below.max(axis=layer.dim, keepdims=True)
    if derivative:
        largest = np.abs(y_bar).max(axis=layer.dim, keepdims=True)
        return np.asarray((3 * units + n + 8) * u * y * largest)
    return np.asarray((units + 1) * u * y)


@smooth_bound.register
def _(
    layer: LocalResponseNorm,
    x: np.ndarray,
    y_bar: np.ndarray,
    y: np.ndarray,
    u: float,
    *,
    derivative: bool,
) -> np.ndarray:
    units = layer.size + 5
    if not derivative:
        return np.asarray((layer.beta * units + 12) * u * np.abs(y))
    channels, h = x.shape[1], layer.size // 2
    gap = np.arange(channels)[None] - np.arange(channels)[:, None]
    near = ((gap + h >= 0) & (gap + h < layer.size)).astype(x.dtype)  # near[c, j]: j in c's window
    scale = layer.k + layer.alpha / layer.size * np.einsum("cj,nj...->nc...", near, x * x)
    pulled = np.einsum("jc,nj...->nc...", near, np.abs(y_bar * x) * scale ** (-layer.beta - 1))
    terms = np.abs(y_bar) * scale**-layer.beta
    terms = terms + 2 * layer.alpha * layer.beta / layer.size * np.abs(x) * pulled
    return np.asarray(((layer.beta + 1) * units + 28 + layer.size) * u * terms)
