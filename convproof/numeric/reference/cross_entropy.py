"""Cross entropy: ``loss[n, i] = -log(exp(x[n, t, i]) / sum_c exp(x[n, c, i]))``, ``t`` the target.

With ``h = max_c x[c]`` and ``S = sum_c exp(x[c] - h)``, ``loss = (h - x[t]) + log S``. As
``d loss / d x[c] = exp(x[c] - h) / S - [c = t]``, ``x_bar[c]`` is that times ``loss_bar``; of a sum
``loss_bar = y_bar``, and ``y_bar / |n, i|`` of a mean. Where ``t`` is ``ignore_index``, the loss
and its derivative are 0, and ``|n, i|`` counts the others.
"""

from collections.abc import Iterator

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
    held = x.astype(accumulator(dtype))
    losses, kept = np.zeros(target.shape, held.dtype), 0
    for place, line, right in _lines(layer, held, target):
        kept += 1
        highest, _, total = _powers(line)
        losses[place] = (highest - line[right]) + np.log(total)
    if layer.reduction == "none":
        return losses.astype(result_dtype(dtype))
    y = held.dtype.type(0)
    for loss in losses.ravel():
        y += loss
    if layer.reduction == "mean":
        with np.errstate(invalid="ignore"):  # 0 / 0: no mean of nothing
            y /= held.dtype.type(kept)
    return np.array(y, result_dtype(dtype))


def input_vjp(
    layer: CrossEntropy,
    x: Shaped[np.ndarray, "*x"],
    y_bar: Shaped[np.ndarray, "*y"],
    target: Int64[np.ndarray, "*target"],
) -> Shaped[np.ndarray, "*x"]:
    """Return ``x_bar``."""
    dtype = common_dtype(x=x, y_bar=y_bar)
    needs_floats(dtype, "cross_entropy")
    held, cotangent = x.astype(accumulator(dtype)), y_bar.astype(accumulator(dtype))
    x_bar = np.zeros_like(held)
    classes = np.moveaxis(x_bar, min(1, x.ndim - 1), -1)
    lines = list(_lines(layer, held, target))
    for place, line, right in lines:
        loss_bar = cotangent[place] if layer.reduction == "none" else cotangent[()]
        if layer.reduction == "mean":
            loss_bar = loss_bar / held.dtype.type(len(lines))
        _, powers, total = _powers(line)
        for c, power in enumerate(powers):
            classes[*place, c] = (power / total - (c == right)) * loss_bar
    return x_bar.astype(result_dtype(dtype))


def _lines(
    layer: CrossEntropy, x: Shaped[np.ndarray, "*x"], target: Int64[np.ndarray, "*target"]
) -> Iterator[tuple[tuple[int, ...], list[np.floating], int]]:
    """Yield the place of every target that counts, the scores of its classes, and the target."""
    lines = np.moveaxis(x, min(1, x.ndim - 1), -1)
    check_targets(target, lines.shape[-1], layer.ignore_index)
    for place in np.ndindex(target.shape):
        if target[place] != layer.ignore_index:
            yield place, list(lines[place]), int(target[place])


def _powers(line: list[np.floating]) -> tuple[np.floating, list[np.floating], np.floating]:
    """Return the highest score, ``exp(x[c] - h)`` of all classes, and their sum."""
    highest = max(line)
    powers = [np.exp(score - highest) for score in line]
    return highest, powers, np.sum(powers, dtype=powers[0].dtype)
