"""Cross entropy: ``log sum(exp(x - max x)) - (x - max x)[target]``, and ``softmax(x) - onehot``.

Lines whose target is ``ignore_index`` are multiplied away by a mask, which a mean also counts.
"""

import numpy as np
from jaxtyping import Bool, Int64, Shaped

from convproof.layers import CrossEntropy
from convproof.numeric.dtypes import accumulator, common_dtype, needs_floats, result_dtype
from convproof.numeric.targets import check_targets


def forward(
    layer: CrossEntropy, x: Shaped[np.ndarray, "*x"], target: Int64[np.ndarray, "*target"]
) -> Shaped[np.ndarray, "*y"]:
    """Return ``y``."""
    dtype = common_dtype(x=x)
    needs_floats(dtype, "cross_entropy")
    axis, rows, at, kept = _shifted(layer, x.astype(accumulator(dtype)), target)
    sums = np.exp(rows).sum(axis=axis, keepdims=True)
    y = (np.log(sums) - np.take_along_axis(rows, at, axis)).squeeze(axis)
    y = np.where(kept, y, y.dtype.type(0))
    if layer.reduction != "none":
        y = y.sum()
    if layer.reduction == "mean":
        with np.errstate(invalid="ignore"):  # 0 / 0: no mean of nothing
            y /= y.dtype.type(np.count_nonzero(kept))
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
    axis, rows, at, kept = _shifted(layer, x.astype(accumulator(dtype)), target)
    x_bar: np.ndarray = np.exp(rows)
    x_bar /= x_bar.sum(axis=axis, keepdims=True)
    np.put_along_axis(x_bar, at, np.take_along_axis(x_bar, at, axis) - 1, axis)
    cotangent = y_bar.astype(x_bar.dtype)
    if layer.reduction == "mean":
        cotangent /= max(np.count_nonzero(kept), 1)
    x_bar *= cotangent if cotangent.ndim < target.ndim else np.expand_dims(cotangent, axis)
    np.copyto(x_bar, 0, where=np.expand_dims(~kept, axis))
    return x_bar.astype(result_dtype(dtype))


def _shifted(
    layer: CrossEntropy, x: Shaped[np.ndarray, "*x"], target: Int64[np.ndarray, "*target"]
) -> tuple[int, Shaped[np.ndarray, "*x"], Int64[np.ndarray, "*one"], Bool[np.ndarray, "*target"]]:
    """Return the classes' axis, ``x - max x`` along it, indices along it, and which lines count."""
    axis = min(1, x.ndim - 1)
    check_targets(target, x.shape[axis], layer.ignore_index)
    kept = np.asarray(target != layer.ignore_index)
    at = np.expand_dims(np.where(kept, target, 0), axis)
    return axis, x - x.max(axis=axis, keepdims=True), at, kept
