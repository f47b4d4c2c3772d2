"""How far two right computations of one network may lie apart: derived, node by node.

With ``D`` the distance of two inputs and ``local`` the error of one right layer on its own::

    D_y     <= |df/dx| D_x + 2 local
    D_x_bar <= |df/dx|^T D_y_bar + |d(df/dx)| D_x |y_bar| + 2 local

Both are evaluated where they are largest, at ``|x| + D_x`` and ``|y_bar| + D_y_bar``. ReLUs and
maxima must go the same way in both computations, which is asserted: then they only move numbers.
The local errors are those of ``convproof.numeric.rounding`` and ``smooth``, in the dtype of the
values. Forward nothing is assumed of ReLUs and maxima: they bring no two inputs further apart.
A masked convolution is one whose weights are moved to their places, and its derivatives back.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from convproof.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Bias,
    Conv,
    GlobalAvgPool,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Softmax,
    Tanh,
)
from convproof.networks.composed import Composed
from convproof.networks.graph import INPUT, Network, Node
from convproof.networks.masked import MaskedConv
from convproof.networks.rbf import Negate, Rbf
from convproof.networks.wiring import Concat, Dropout, Flatten
from convproof.numeric.fast import implementation as fast
from convproof.numeric.rounding import FORMATS, bound
from convproof.numeric.smooth import smooth_bound
from tests.networks.distances import Pair, distances, distances_backward

Arrays = dict[str, np.ndarray]
OWN = {"float64": 1 + 2.0**-20, "float32": 1 + 2.0**-8}  # the bounds' own sums, of fewer than
# 2^30 and 2^15 terms that are all positive, are rounded by less
CURVED = 3  # two smooth layers apart, and once more for where they are evaluated


@dataclass
class Deviation:
    """Bounds of a network's values and derivatives, from one of the two computations.

    Attributes:
        net: of whose composed layers a bound is derived: masked convolutions, and distances.
        parameters: of both.
        values: of one, by the names of the nodes.
        apart: bounds on the distance of the values.
        derivatives: bounds on the distance of the parameters' derivatives; of the image as "input".
    """

    net: Network
    parameters: Arrays
    values: Arrays
    apart: Arrays = field(default_factory=dict)
    derivatives: Arrays = field(default_factory=dict)

    def forward(self) -> None:
        """Fill ``apart``."""
        self.apart = {INPUT: np.zeros_like(self.values[INPUT])}
        for node in self.net:
            reads = [self.apart[name] for name in node.reads]
            x, y = self.values[node.reads[0]], self.values[node.name]
            layer = _computed_by(node.layer)
            self.apart[node.name] = _up(_forward(layer, x, y, reads, self._own(node)), x)

    def backward(self, cotangents: Arrays) -> None:
        """Fill ``derivatives``, from the cotangents of the outputs, which are the same in both."""
        bars: dict[str, list[np.ndarray]] = {n: [bar] for n, bar in cotangents.items()}
        apart = {n: [np.zeros_like(bar)] for n, bar in cotangents.items()}
        for node in reversed(self.net.nodes):
            if node.name not in bars:
                continue
            y_bar, e = _summed(bars.pop(node.name), apart.pop(node.name))
            for name, x_bar, e_x in self._node(node, y_bar, e):
                bars.setdefault(name, []).append(x_bar)
                apart.setdefault(name, []).append(_up(e_x, x_bar))
        self.derivatives[INPUT] = _summed(bars[INPUT], apart[INPUT])[1]

    def _node(
        self, node: Node, y_bar: np.ndarray, e: np.ndarray
    ) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Return of each node that is read: its name, its cotangent, and the bound on that."""
        if isinstance(node.layer, Concat):
            widths = np.cumsum([self.net.shapes[name][0] for name in node.reads])[:-1]
            parts = zip(np.split(y_bar, widths, 1), np.split(e, widths, 1), strict=True)
            return [(name, *part) for name, part in zip(node.reads, parts, strict=True)]
        name, layer = node.reads[0], _computed_by(node.layer)
        x, d = self.values[name], self.apart[name]
        if isinstance(layer, Flatten | Dropout):
            return [(name, y_bar.reshape(x.shape), e.reshape(x.shape))]
        if isinstance(layer, Conv | Linear):
            self._weights(node, x, d, y_bar, e)
        weight = self._own(node)[:1]
        if isinstance(layer, Composed):
            x_bar = layer.input_vjp(fast, x, y_bar, {})
        else:
            x_bar = fast.input_vjp(layer, x, y_bar, *weight)
        y, d_y = self.values[node.name], self.apart[node.name]
        return [(name, x_bar, _backward(layer, (x, d), (y, d_y), (y_bar, e), weight))]

    def _weights(
        self, node: Node, x: np.ndarray, d: np.ndarray, y_bar: np.ndarray, e: np.ndarray
    ) -> None:
        layer, terms = _computed_by(node.layer), y_bar.size
        X, G = np.abs(x) + d, np.abs(y_bar) + e
        moved = fast.weight_vjp(layer, np.abs(x), e) + fast.weight_vjp(layer, d, G)
        bounds = moved + 2 * _of_sum(fast.weight_vjp(layer, X, G), terms)
        if isinstance(node.layer, MaskedConv):
            bounds = node.layer.kernel_vjp(fast, bounds, None)
        self.derivatives[f"{node.name}.weight"] = _up(bounds, x)
        if f"{node.name}.bias" in self.parameters:
            axis = -1 if isinstance(layer, Linear) else 1
            bias = Bias(channels=y_bar.shape[axis], channel_axis=axis)
            own = 2 * _of_sum(fast.bias_vjp(bias, G), terms)
            self.derivatives[f"{node.name}.bias"] = _up(fast.bias_vjp(bias, e) + own, x)

    def _own(self, node: Node) -> tuple[np.ndarray, ...]:
        names = node.layer.parameter_shapes
        own = tuple(self.parameters[f"{node.name}.{name}"] for name in names)
        if isinstance(node.layer, MaskedConv):
            return node.layer.kernel(fast, own[0]), *own[1:]
        return own


def assert_same_way(net: Network, one: Arrays, other: Arrays) -> None:
    """Assert that every ReLU and every maximum is decided alike."""
    for node in net:
        a, b = one[node.reads[0]], other[node.reads[0]]
        if isinstance(node.layer, ReLU):
            np.testing.assert_array_equal(a > 0, b > 0, err_msg=node.name)
        if isinstance(node.layer, MaxPool):
            layer = replace(node.layer, return_indices=True)
            ways = [fast.forward(layer, x)[1] for x in (a, b)]
            np.testing.assert_array_equal(ways[0], ways[1], err_msg=node.name)


def _computed_by(layer: Layer) -> Layer:
    """Return the layer that computes it, from weights that ``_own`` has put in their places."""
    return layer.conv if isinstance(layer, MaskedConv) else layer


def _of_sum(magnitude: np.ndarray, terms: int) -> np.ndarray:
    """Return the error of a sum of products whose sizes sum up to ``magnitude``."""
    counts = np.asarray(float(terms))
    return bound(magnitude, counts, precision=magnitude.dtype.name, dtype=magnitude.dtype)


def _up(bounds: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return bounds with room for their own rounding."""
    return np.asarray(bounds * OWN[like.dtype.name]).astype(like.dtype)


def _unit(x: np.ndarray) -> float:
    return FORMATS[x.dtype.name].unit


def _summed(bars: list[np.ndarray], apart: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum over the readers and its bound."""
    sizes = np.sum([np.abs(bar) + e for bar, e in zip(bars, apart, strict=True)], axis=0)
    rounded = 2 * _of_sum(sizes, len(bars)) if len(bars) > 1 else 0.0
    return np.sum(bars, axis=0), _up(np.sum(apart, axis=0) + rounded, bars[0])


def _forward(
    layer: Layer, x: np.ndarray, y: np.ndarray, reads: list[np.ndarray], own: tuple[Any, ...]
) -> np.ndarray:
    d = reads[0]
    if isinstance(layer, Concat):
        return np.concatenate(reads, 1)
    if isinstance(layer, Flatten | Dropout):
        return d.reshape(y.shape)
    if isinstance(layer, ReLU):
        return np.where(x > -d, d, 0)
    if isinstance(layer, MaxPool):
        return np.asarray(fast.forward(layer, d))
    if isinstance(layer, Negate):
        return d
    if isinstance(layer, Rbf):
        return distances(layer, x, d)
    X = np.abs(x) + d
    if isinstance(layer, Conv | Linear):
        weight, *bias = map(np.abs, own)
        moved = fast.forward(replace(layer, bias=False), d, weight)
        return np.asarray(
            moved + 2 * _of_sum(fast.forward(layer, X, weight, *bias), weight[0].size + 1)
        )
    if isinstance(layer, AvgPool | GlobalAvgPool | AdaptiveAvgPool):
        return np.asarray(
            fast.forward(layer, d) + 2 * _of_sum(fast.forward(layer, X), x[0, 0].size + 2)
        )
    own_error = CURVED * smooth_bound(layer, x, x, y, _unit(x), derivative=False)
    return np.asarray(_slope(layer, x, d, y) + own_error)


def _slope(layer: Layer, x: np.ndarray, d: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return ``|df/dx| D_x`` of a smooth layer."""
    if isinstance(layer, Tanh):
        return np.asarray(_steepest(layer, x, d) * d)
    if isinstance(layer, Softmax):
        return np.asarray(y * np.expm1(2 * d.max(-1, keepdims=True)))
    assert isinstance(layer, LocalResponseNorm)
    norm = _Norm(layer, x, d)
    return np.asarray(
        norm.s**-layer.beta * d + layer.beta * norm.X * norm.s ** (-layer.beta - 1) * norm.d_s
    )


def _steepest(layer: Tanh, x: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Return the largest slope between ``x - D_x`` and ``x + D_x``: ``A S / cosh(S x)^2``."""
    nearest = layer.slope * np.maximum(np.abs(x) - d, 0)
    return np.asarray(layer.amplitude * layer.slope / np.cosh(nearest) ** 2)


class _Norm:
    """``s = k + (alpha/size) sum x^2``, least; its distance; and the windows of the channels."""

    def __init__(self, layer: LocalResponseNorm, x: np.ndarray, d: np.ndarray) -> None:
        gap = np.arange(x.shape[1])[None] - np.arange(x.shape[1])[:, None] + layer.size // 2
        self.near = ((gap >= 0) & (gap < layer.size)).astype(float)
        share = layer.alpha / layer.size
        self.X = np.abs(x) + d
        self.s = layer.k + share * self.over(np.maximum(np.abs(x) - d, 0) ** 2)
        self.d_s = 2 * share * self.over(self.X * d)

    def over(self, x: np.ndarray) -> np.ndarray:
        """The sum over the window of each channel."""
        return np.asarray(np.einsum("cj,nj...->nc...", self.near, x))

    def back(self, y: np.ndarray) -> np.ndarray:
        """The sum over the windows that each channel is in."""
        return np.asarray(np.einsum("jc,nj...->nc...", self.near, y))


def _backward(
    layer: Layer, at: Pair, out: Pair, bar: Pair, weight: tuple[np.ndarray, ...]
) -> np.ndarray:
    (x, d), (y, d_y), (y_bar, e) = at, out, bar
    G = np.abs(y_bar) + e
    if isinstance(layer, ReLU):
        return np.where(x > 0, e, 0)
    if isinstance(layer, Negate):
        return e
    if isinstance(layer, Rbf):
        return distances_backward(layer, (x, d), (y_bar, e))
    if isinstance(layer, Tanh):
        steepest = _steepest(layer, x, d)
        curve = 2 * layer.slope * np.tanh(layer.slope * (np.abs(x) + d)) * steepest  # 2 t t'
        moved = steepest * e + curve * d * G
        return np.asarray(moved + CURVED * smooth_bound(layer, x, G, y, _unit(x), derivative=True))
    if isinstance(layer, Softmax):
        pulled = ((y + d_y) * e + d_y * G).sum(-1, keepdims=True)
        moved = d_y * 2 * G.max(-1, keepdims=True) + (y + d_y) * (e + pulled)
        return np.asarray(moved + CURVED * smooth_bound(layer, x, G, y, _unit(x), derivative=True))
    if isinstance(layer, LocalResponseNorm):
        return _norm_backward(layer, x, d, y, y_bar, e)
    sizes = tuple(map(np.abs, weight))
    moved = fast.input_vjp(layer, x, e, *sizes)
    return np.asarray(moved + 2 * _of_sum(fast.input_vjp(layer, x, G, *sizes), x.size + y.size))


def _norm_backward(
    layer: LocalResponseNorm,
    x: np.ndarray,
    d: np.ndarray,
    y: np.ndarray,
    y_bar: np.ndarray,
    e: np.ndarray,
) -> np.ndarray:
    """``x_bar_j = y_bar_j s_j^-b - (2 a b / n) x_j sum_c y_bar_c x_c s_c^(-b-1)``, term by term."""
    norm, b, G = _Norm(layer, x, d), layer.beta, np.abs(y_bar) + e
    s, X, factor = norm.s, norm.X, 2 * layer.alpha * layer.beta / layer.size
    first = s**-b * e + b * s ** (-b - 1) * norm.d_s * G
    inner = X * e * s ** (-b - 1) + G * (d * s ** (-b - 1) + X * (b + 1) * s ** (-b - 2) * norm.d_s)
    second = factor * (d * norm.back(G * X * s ** (-b - 1)) + X * norm.back(inner))
    return np.asarray(
        first + second + CURVED * smooth_bound(layer, x, G, y, _unit(x), derivative=True)
    )
