"""SciPy's correlation and convolution of two signals as an implementation of the layer.

Stride and dilation are taken apart into phases, with ``L = lcm(s, t)``::

    o = (L/s) i + a,   k = (L/t) j + b   =>   s o + t k = L (i + j) + s a + t b

so that for each ``a`` and ``b``, with ``x'[i] = x[L i + s a + t b]`` and the like::

    y'     += correlate(x', w', "valid")
    x_bar' += convolve(y_bar', w', "full")
    w_bar' += correlate(x', y_bar', "valid")

are sums over the products of the layer alone: no zeros are put between, which a NaN would meet.
One pair of channels at a time, over all axes at once (``method="direct"``), in the arrays' format.
"""

from collections.abc import Iterator
from functools import singledispatch
from itertools import product
from math import lcm
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Shaped

from convproof.errors import MissingExtraError, UnsupportedError

try:
    from scipy import signal
except ImportError:
    raise MissingExtraError("scipy", "scipy") from None  # noqa: EM101  # names, no message

from convproof.axes import Axis
from convproof.layers import Bias, Conv, Convolve, Layer, LocallyConnected, Shape
from convproof.numeric.dtypes import BFLOAT16

_ONE_AXIS_ALONE = (np.dtype(np.float16), BFLOAT16, np.dtype(object))


class ScipyImplementation:
    """The four verbs of a convolution, on NumPy arrays of floats or integers.

    Padding may differ at the two ends, and may be circular.
    """

    name = "scipy"
    supports: frozenset[str] = frozenset({"asymmetric", "circular", "integer"})

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        """Return ``y``."""
        return compute(layer, x, *arrays)

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        """Return ``x_bar``; of ``x`` the shape suffices."""
        if isinstance(layer, Bias):
            return y_bar.copy()
        conv, shape = _conv(layer), tuple(x) if isinstance(x, tuple) else x.shape
        (w,) = arrays[:1]
        axes = conv.axes(shape[2:])
        padded = np.zeros((*shape[:2], *(axis.padded_size for axis in axes)), y_bar.dtype)
        for n, m, c, tap in _pairs(conv, shape[0]):
            for at in _phases(axes):
                part = _asked("convolve", y_bar[n, m][at.y], w[m, tap][at.w], "full")
                padded[n, c][at.x] += part
        return _unpadded(conv, padded, shape)

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        """Return ``w_bar``."""
        conv = _conv(layer)
        images, axes = _padded(conv, x), conv.axes(x.shape[2:])
        w_bar = np.zeros(conv.weight_shape, y_bar.dtype)
        for n, m, c, tap in _pairs(conv, x.shape[0]):
            for at in _phases(axes):
                part = _asked("correlate", images[n, c][at.x], y_bar[n, m][at.y], "valid")
                w_bar[m, tap][at.w] += part
        return w_bar

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        """Return ``b_bar``, a sum."""
        if not isinstance(layer, Bias):
            _conv(layer)
        channels = (layer.channel_axis if isinstance(layer, Bias) else 1) % y_bar.ndim
        axes = tuple(axis for axis in range(y_bar.ndim) if axis != channels)
        return y_bar.sum(axes, dtype=y_bar.dtype)


implementation = ScipyImplementation()


@singledispatch
def compute(layer: Layer, x: np.ndarray, *arrays: np.ndarray) -> np.ndarray:
    """Return what SciPy's functions give for the layer."""
    del x, arrays
    raise _unsupported(layer)


@compute.register
def _(
    layer: Conv,
    x: Shaped[np.ndarray, "n c *I"],
    w: Shaped[np.ndarray, "m cg *K"],
    b: Shaped[np.ndarray, " m"] | None = None,
) -> Shaped[np.ndarray, "n m *O"]:
    conv = _conv(layer)
    images, axes = _padded(conv, x), conv.axes(x.shape[2:])
    y = np.zeros(conv.output_shape(x.shape), x.dtype)
    for n, m, c, tap in _pairs(conv, x.shape[0]):
        for at in _phases(axes):
            y[n, m][at.y] += _asked("correlate", images[n, c][at.x], w[m, tap][at.w], "valid")
    return y if b is None else y + b.reshape(-1, *(1,) * (y.ndim - 2))


@compute.register
def _(layer: Bias, x: np.ndarray, b: Shaped[np.ndarray, " c"]) -> np.ndarray:
    moved: np.ndarray = np.moveaxis(x, layer.channel_axis, -1) + b
    return np.moveaxis(moved, -1, layer.channel_axis)


@compute.register
def _(layer: Convolve, x: np.ndarray, h: np.ndarray) -> np.ndarray:
    return _asked("convolve", x, h, layer.mode)


def _conv(layer: Layer) -> Conv:
    if not isinstance(layer, Conv) or isinstance(layer, LocallyConnected):
        raise _unsupported(layer)
    return layer


def _unsupported(layer: Layer) -> UnsupportedError:
    return UnsupportedError(
        f"scipy.signal correlates and convolves two signals; it has no {type(layer).__name__}."
    )


def _asked(
    name: Literal["correlate", "convolve"], a: np.ndarray, b: np.ndarray, mode: str
) -> np.ndarray:
    if a.ndim > 1 and a.dtype in _ONE_AXIS_ALONE:
        msg = f"scipy.signal.{name} takes arrays of {a.dtype} along one axis alone, not {a.ndim}."
        raise UnsupportedError(msg)
    answer: np.ndarray = getattr(signal, name)(a, b, mode=mode, method="direct")
    return answer


def _pairs(conv: Conv, batch: int) -> Iterator[tuple[int, int, int, int]]:
    """Return every image, output and input channel that meet, and the channel's place in ``w``."""
    reads, writes = conv.in_channels // conv.groups, conv.out_channels // conv.groups
    for n in range(batch):
        for m in range(conv.out_channels):
            for tap in range(reads):
                yield n, m, m // writes * reads + tap, tap


class Phase(NamedTuple):
    """The positions of one phase in the padded input, the output and the taps, per axis."""

    x: tuple[slice, ...]
    y: tuple[slice, ...]
    w: tuple[slice, ...]


def _phases(axes: tuple[Axis, ...]) -> Iterator[Phase]:
    for rows in product(*(list(_phases_of(axis)) for axis in axes)):
        yield Phase(*zip(*rows, strict=True))


def _phases_of(axis: Axis) -> Iterator[tuple[slice, slice, slice]]:
    s, t = axis.stride, axis.dilation
    period = lcm(s, t)
    for a in range(min(period // s, axis.output_size)):
        for b in range(min(period // t, axis.kernel_size)):
            outputs = len(range(a, axis.output_size, period // s))
            taps = len(range(b, axis.kernel_size, period // t))
            first = s * a + t * b
            read = slice(first, first + period * (outputs + taps - 2) + 1, period)
            yield read, slice(a, None, period // s), slice(b, None, period // t)


def _padded(conv: Conv, x: np.ndarray) -> np.ndarray:
    ends = ((0, 0), (0, 0), *(axis.padding for axis in conv.axes(x.shape[2:])))
    return np.pad(x, ends, mode="wrap" if conv.padding_mode == "circular" else "constant")


def _unpadded(conv: Conv, padded: np.ndarray, shape: Shape) -> np.ndarray:
    """Return the adjoint of ``_padded``: what was wrapped is added back."""
    for axis, ((low, _), n) in enumerate(
        zip((each.padding for each in conv.axes(shape[2:])), shape[2:], strict=True), start=2
    ):
        moved = np.moveaxis(padded, axis, 0)
        if conv.padding_mode == "circular":
            wrapped = np.zeros((n, *moved.shape[1:]), padded.dtype)
            np.add.at(wrapped, np.arange(-low, len(moved) - low) % n, moved)
            moved = wrapped
        else:
            moved = moved[low : low + n]
        padded = np.moveaxis(moved, 0, axis)
    return np.ascontiguousarray(padded)
