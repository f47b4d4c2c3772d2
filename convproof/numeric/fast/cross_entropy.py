"""Cross entropy: ``log sum(exp(x - max x)) - (x - max x)[target]``, and ``softmax(x) - onehot``."""

import numpy as np
from jaxtyping import Int64, Shaped

from convproof.layers import CrossEntropy
from convproof.numeric.dtypes import accumulator, common_dtype, needs_floats, result_dtype
from convproof.numeric.targets import check_targets


def forward(
    layer: CrossEntropy, x: Shaped[np.ndarray, "*x"], target: Int64[np.ndarray, "*target"]
) -> Shaped[np.ndarray, "*y"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_floats(dtype, "cross_entropy")
    axis, rows, at = _shifted(x.astype(accumulator(dtype)), target)
    sums = np.exp(rows).sum(axis=axis, keepdims=True)
    y = (np.log(sums) - np.take_along_axis(rows, at, axis)).squeeze(axis)
    if layer.reduction != "none":
        y = y.sum() if layer.reduction == "sum" else y.mean()
    return np.asarray(y, result_dtype(dtype))


def input_vjp(
    layer: CrossEntropy,
    x: Shaped[np.ndarray, "*x"],
    y_bar: Shaped[np.ndarray, "*y"],
    target: Int64[np.ndarray, "*target"],
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    needs_floats(dtype, "cross_entropy")
    axis, rows, at = _shifted(x.astype(accumulator(dtype)), target)
    x_bar: np.ndarray = np.exp(rows)
    x_bar /= x_bar.sum(axis=axis, keepdims=True)
    np.put_along_axis(x_bar, at, np.take_along_axis(x_bar, at, axis) - 1, axis)
    cotangent = y_bar.astype(x_bar.dtype)
    if layer.reduction == "mean":
        cotangent /= target.size
    x_bar *= cotangent if cotangent.ndim < target.ndim else np.expand_dims(cotangent, axis)
    return x_bar.astype(result_dtype(dtype))


def _shifted(
    x: Shaped[np.ndarray, "*x"], target: Int64[np.ndarray, "*target"]
) -> tuple[int, Shaped[np.ndarray, "*x"], Int64[np.ndarray, "*one"]]:
    """Return the classes' axis, ``x - max x`` along it, and the targets as indices along it."""
    axis = min(1, x.ndim - 1)
    check_targets(target, x.shape[axis])
    return axis, x - x.max(axis=axis, keepdims=True), np.expand_dims(target, axis)
