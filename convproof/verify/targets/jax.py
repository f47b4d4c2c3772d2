"""JAX's own layers as an implementation: forward by ``jax.lax``, VJPs by ``jax.vjp``, on the CPU.

Where JAX names a convention of its own:

* A maximum that several taps share gives its cotangent to the first of them in row-major order
  (``select_and_scatter`` with ``>=``), the padding included: where a window holds nothing but
  ``-inf``, its cotangent may be lost there. A NaN is the maximum of its window, but the cotangent
  goes to the first of the largest taps after the last NaN, if any. ``jnp.max`` would share it
  evenly, so global pooling is one window of ``reduce_window``.
* On the CPU, a float64 convolution of one channel per group is computed as a dense one: a NaN or
  infinity in one group reaches the others, as a product with zero. ``unfold`` is such a
  convolution, and in every format spreads them over the taps.
* Integers have no gradients: ``jax.vjp`` answers them with arrays of nothing (``float0``).
* A dilated max pooling has no gradient, and there is no adaptive pooling.

Every verb is one compiled program (``jax.jit``), as JAX is used; JAX keeps one per layer and shape,
and ``forget`` drops them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, singledispatch
from math import prod
from typing import Any

import numpy as np

from convproof.errors import MissingExtraError, UnsupportedError

try:
    import jax
    import jax.numpy as jnp
    from jax import lax
except ImportError:
    raise MissingExtraError("jax", "jax") from None  # noqa: EM101  # names, no message

from convproof.axes import Axis
from convproof.layers import (
    AvgPool,
    Bias,
    Conv,
    ConvTranspose,
    Fold,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    Linear,
    LocallyConnected,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Shape,
    Softmax,
    Tanh,
    Unfold,
)

Array = jax.Array


class JaxImplementation:
    """The four verbs, on NumPy or JAX arrays; the answer is of the kind that was given.

    Padding may differ at the two ends. Integers are answered by ``forward`` alone.
    """

    name = "jax"
    supports: frozenset[str] = frozenset({"asymmetric", "integer"})

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        """Return ``y``."""
        with _double_precision():
            return _like(x, _forward(layer, _array(x), *map(_array, arrays)))

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        """Return ``x_bar``, by ``jax.vjp``."""
        _needs_a_gradient(layer)
        with _double_precision():
            cotangent, held = _array(y_bar), [_array(array) for array in arrays]
            at = jnp.zeros(x, cotangent.dtype) if isinstance(x, tuple) else _array(x)
            return _like(y_bar, _input_vjp(layer, at, cotangent, *held))

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        """Return ``w_bar``, by ``jax.vjp``."""
        with _double_precision():
            return _like(y_bar, _parameter_vjp(layer, "weight", _array(x), _array(y_bar)))

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        """Return ``b_bar``, by ``jax.vjp``."""
        with _double_precision():
            cotangent = _array(y_bar)
            return _like(y_bar, _parameter_vjp(layer, "bias", cotangent, cotangent))


implementation = JaxImplementation()


def forget() -> None:
    """Drop every program that JAX has compiled: it keeps one per layer and shape."""
    jax.clear_caches()  # type: ignore[no-untyped-call]


@contextmanager
def _double_precision() -> Iterator[None]:
    """Compute on the CPU and allow 64 bits, here alone: the caller's own JAX keeps its settings."""
    enabled: Any = getattr(jax, "enable_x64", None)
    if not callable(enabled):  # an older JAX
        from jax import experimental

        enabled = getattr(experimental, "enable_x64")  # noqa: B009  # newer stubs have none
    with enabled(True), jax.default_device(jax.devices("cpu")[0]):
        yield


def _array(array: Any) -> Array:
    return jnp.array(array)  # a copy: on the CPU, JAX may otherwise read the caller's own memory


def _like(given: Any, answer: Array) -> Any:
    return np.array(answer) if isinstance(given, np.ndarray) else answer.block_until_ready()


@partial(jax.jit, static_argnums=0)
def _forward(layer: Layer, x: Array, *arrays: Array) -> Array:
    return compute(layer, x, *arrays)


@partial(jax.jit, static_argnums=0)
def _input_vjp(layer: Layer, x: Array, y_bar: Array, *arrays: Array) -> Array:
    return _vjp(lambda t: compute(layer, t, *arrays), x, y_bar)


@partial(jax.jit, static_argnums=(0, 1))
def _parameter_vjp(layer: Layer, name: str, x: Array, y_bar: Array) -> Array:
    at = jnp.zeros(layer.parameter_shapes[name], x.dtype)
    return _vjp(lambda t: compute(layer, x, t), at, y_bar)


def _vjp(function: Callable[[Array], Array], at: Array, y_bar: Array) -> Array:
    if not jnp.issubdtype(at.dtype, jnp.inexact):
        msg = f"jax has no gradients of integers, got arrays of {at.dtype}."
        raise UnsupportedError(msg)
    _, pull = jax.vjp(function, at)
    (gradient,) = pull(y_bar)
    return gradient  # type: ignore[no-any-return]


def _needs_a_gradient(layer: Layer) -> None:
    if isinstance(layer, MaxPool) and set(layer.dilation) != {1}:
        msg = f"jax has no gradient of a max pooling with dilation={layer.dilation}."
        raise UnsupportedError(msg)


@singledispatch
def compute(layer: Layer, x: Array, *arrays: Array) -> Array:
    """Return what JAX's function for the layer gives."""
    del x, arrays
    msg = f"jax has no {type(layer).__name__}."
    raise UnsupportedError(msg)


def _ends(axes: tuple[Axis, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(axis.padding for axis in axes)


def _with_bias(y: Array, b: Array | None) -> Array:
    return y if b is None else y + b.reshape(-1, *(1,) * (y.ndim - 2))


@compute.register
def _(layer: Conv, x: Array, w: Array, b: Array | None = None) -> Array:
    _zeros_alone(layer)
    ends = _ends(layer.axes(x.shape[2:]))
    y = lax.conv_general_dilated(
        x, w, layer.stride, ends, rhs_dilation=layer.dilation, feature_group_count=layer.groups
    )
    return _with_bias(y, b)


@compute.register
def _(layer: LocallyConnected, x: Array, w: Array, b: Array | None = None) -> Array:
    _zeros_alone(layer)
    if layer.groups != 1:
        msg = f"jax's locally connected layer has no groups, got groups={layer.groups}."
        raise UnsupportedError(msg)
    dims = len(layer.kernel_size)
    kernels = jnp.moveaxis(w, range(2, 2 + dims), range(-dims, 0))
    rows = kernels.reshape(w.shape[0], prod(w.shape[1:2] + layer.kernel_size), *layer.output_size)
    y = lax.conv_general_dilated_local(
        x, rows, layer.stride, _ends(layer.axes(x.shape[2:])), layer.kernel_size,
        rhs_dilation=layer.dilation,
    )  # fmt: skip
    return _with_bias(y, b)


def _zeros_alone(layer: Conv) -> None:
    if layer.padding_mode != "zeros":
        msg = f"jax's convolution pads with zeros alone, got padding_mode={layer.padding_mode!r}."
        raise UnsupportedError(msg)


@compute.register
def _(layer: ConvTranspose, x: Array, w: Array, b: Array | None = None) -> Array:
    groups, dims = layer.groups, len(layer.kernel_size)
    by_group = w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).swapaxes(1, 2)
    kernels = by_group.reshape(layer.out_channels, w.shape[0] // groups, *w.shape[2:])
    ends = [
        (axis.span - 1 - axis.padding[0], axis.span - 1 - axis.padding[1] + axis.output_padding)
        for axis in layer.axes(x.shape[2:])
    ]
    y = lax.conv_general_dilated(
        x, jnp.flip(kernels, range(2, 2 + dims)), (1,) * dims, ends, lhs_dilation=layer.stride,
        rhs_dilation=layer.dilation, feature_group_count=groups,
    )  # fmt: skip
    return _with_bias(y, b)


@compute.register
def _(layer: Bias, x: Array, b: Array | None = None) -> Array:
    if b is None:  # as where only x is asked about
        return x
    return jnp.moveaxis(jnp.moveaxis(x, layer.channel_axis, -1) + b, -1, layer.channel_axis)


@compute.register
def _(layer: Linear, x: Array, w: Array, b: Array | None = None) -> Array:
    del layer
    y = jnp.matmul(x, w.T)
    return y if b is None else y + b


def _reach(axis: Axis) -> tuple[int, int]:
    """Return the padding with what the last window of a ceil mode reads beyond it."""
    low, high = axis.padding
    read = axis.stride * (axis.output_size - 1) + axis.span
    return low, high + max(0, read - axis.padded_size)


def _over_windows(x: Array, start: Any, add: Any, layer: MaxPool | AvgPool, ends: Any) -> Array:
    return lax.reduce_window(  # type: ignore[no-any-return]
        x, np.asarray(start, x.dtype), add, (1, 1, *layer.kernel_size), (1, 1, *layer.stride),
        ((0, 0), (0, 0), *ends), window_dilation=(1, 1, *layer.dilation),
    )  # fmt: skip


def _least(dtype: Any) -> Any:
    return -np.inf if jnp.issubdtype(dtype, jnp.inexact) else np.iinfo(dtype).min


@compute.register
def _(layer: MaxPool, x: Array) -> Array:
    if layer.return_indices:
        msg = "jax's max pooling does not tell where the maxima lie."
        raise UnsupportedError(msg)
    ends = [_reach(axis) for axis in layer.axes(x.shape[2:])]
    return _over_windows(x, _least(x.dtype), lax.max, layer, ends)


@compute.register
def _(layer: AvgPool, x: Array) -> Array:
    axes = layer.axes(x.shape[2:])
    sums = _over_windows(x, 0, lax.add, layer, [_reach(axis) for axis in axes])
    if layer.divisor_override is not None:
        return sums / layer.divisor_override
    size, counted = x.shape[2:], [_reach(axis) for axis in axes]
    if layer.count_include_pad:  # the padding is counted, what the ceil mode adds to it is not
        size = tuple(axis.padded_size for axis in axes)
        counted = [
            (0, high - axis.padding[1]) for axis, (_, high) in zip(axes, counted, strict=True)
        ]
    return sums / _over_windows(jnp.ones((1, 1, *size), x.dtype), 0, lax.add, layer, counted)


@compute.register
def _(layer: GlobalMaxPool, x: Array) -> Array:
    del layer
    window = (1, 1, *x.shape[2:])
    start = np.asarray(_least(x.dtype), x.dtype)
    return lax.reduce_window(x, start, lax.max, window, (1,) * x.ndim, "VALID")  # type: ignore[no-any-return]


@compute.register
def _(layer: GlobalAvgPool, x: Array) -> Array:
    del layer
    return jnp.mean(x, axis=range(2, x.ndim), keepdims=True)


@compute.register
def _(layer: Unfold, x: Array) -> Array:
    y = lax.conv_general_dilated_patches(
        x, layer.kernel_size, layer.stride, _ends(layer.axes(x.shape[2:])),
        rhs_dilation=layer.dilation,
    )  # fmt: skip
    return y.reshape(*y.shape[:2], prod(y.shape[2:]))


@compute.register
def _(layer: Fold, x: Array) -> Array:
    shape: Shape = layer.output_shape(x.shape)
    return _vjp(lambda t: compute(layer.unfold, t), jnp.zeros(shape, x.dtype), x)


@compute.register
def _(layer: LocalResponseNorm, x: Array) -> Array:
    low, ones = layer.size // 2, (1,) * (x.ndim - 2)
    ends = ((0, 0), (low, layer.size - 1 - low), *((0, 0),) * (x.ndim - 2))
    start = np.asarray(0, x.dtype)
    squares = lax.reduce_window(x * x, start, lax.add, (1, layer.size, *ones), (1, 1, *ones), ends)
    scale = layer.k + layer.alpha / layer.size * squares
    return x / scale**layer.beta  # type: ignore[no-any-return]


@compute.register
def _(layer: ReLU, x: Array) -> Array:
    del layer
    return jax.nn.relu(x)


@compute.register
def _(layer: Tanh, x: Array) -> Array:
    return layer.amplitude * jnp.tanh(layer.slope * x)


@compute.register
def _(layer: Softmax, x: Array) -> Array:
    return jax.nn.softmax(x, axis=layer.dim)
