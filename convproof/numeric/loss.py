r"""How far a correct cross entropy, and its derivative, may be from the exact one.

With ``h = max_c x[c]``, ``S = sum_c exp(x[c] - h)``, ``L = log S`` and the softmax
``y[c] = exp(x[c] - h) / S``, a line of ``C`` scores has::

    loss = h + L - x[t],        x_bar[c] = loss_bar (y[c] - [c = t])

Functions are allowed ``8 u`` and sums of one sign of ``C`` terms ``(C - 1) u``, as in
``convproof.numeric.smooth``; ``x[c] - h`` is rounded, so the term of ``c`` is off by
``(h - x[c]) u`` more, and their sum by the mean ``W = sum_c y[c] (h - x[c])`` of these.

==========  ====================================================================================
loss        ``L`` is off by ``(C + 7 + W + 8 L) u``, and ``h + L - x[t]``, added in any order, by
            ``2 (|h| + L + |x[t]|) u``: together ``E``
sum, mean   ``sum E + (N + 2) u sum loss``, as no loss is negative, over the number that counts
x_bar       ``y[c]``, as a quotient or as ``exp(x[c] - h - L)``, has
            ``D = C + 16 + W + 10 L + 2 (|h| + |x[c]|)`` units; ``loss_bar`` two, the difference and
            the product one each: ``((D + 3) y[c] + 5 |y[c] - [c = t]|) u |loss_bar|``
==========  ====================================================================================

Where the arrays' format is not that of the sums, everything between may be stored in it once:
``x - h``, which its power multiplies, the powers, ``S``, ``L`` or ``log y``, ``y`` and a product
with it, a loss, its part of a mean, and the cotangent of a loss. Of these units, an element of
``y`` has ``W + 5 + 2 |log y[c]|``, and a loss ``W + 2`` and two of its own.

Units are of first order in ``u``. What is above it stays below the units left over, but in bfloat16
for improbable classes: there two of them hold ``k^2 u / 2``, of ``k`` units in the exponent, up to
``k = 32``. Cases lie below: ``|log y| < 22`` with ``x - h`` exact, or ``|log y| < 13``.
"""

import numpy as np

from convproof.layers import CrossEntropy
from convproof.layers.loss import class_axis


def loss_bound(
    layer: CrossEntropy,
    x: np.ndarray,
    target: np.ndarray,
    y_bar: np.ndarray,
    *,
    derivative: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest error per element, in units of the sums' roundoff and of the format's.

    Args:
        layer: the loss.
        x: the scores, in a wide format.
        target: the classes.
        y_bar: the cotangent.
        derivative: whether the bound is that of ``x_bar``.
    """
    axis = class_axis(x.shape)
    scores, classes = np.moveaxis(x, axis, -1), x.shape[axis]
    kept = np.asarray(target != layer.ignore_index)
    right = np.arange(classes) == target[..., None]
    highest = scores.max(-1, keepdims=True)
    below = highest - scores
    powers = np.exp(-below)
    sums = powers.sum(-1, keepdims=True)
    y, logs = powers / sums, np.log(sums)
    mean = (y * below).sum(-1, keepdims=True)
    common = classes + mean + 10 * logs + 2 * np.abs(highest)
    count = max(np.count_nonzero(kept), 1) if layer.reduction == "mean" else 1
    if derivative:
        spread = np.abs(y_bar) if layer.reduction == "none" else np.full(kept.shape, abs(y_bar))
        cotangent = (spread * kept / count)[..., None]
        away = np.abs(y - right)
        units = ((common + 19 + 2 * np.abs(scores)) * y + 5 * away) * cotangent
        held = ((mean + 5 + 2 * (below + logs)) * y + 3 * away) * cotangent
        return np.moveaxis(units, -1, axis), np.moveaxis(held, -1, axis)
    own = np.abs(np.where(right, scores, 0)).sum(-1)
    each = (common[..., 0] + 8 + 2 * own) * kept
    losses = (np.where(right, below, 0).sum(-1) + logs[..., 0]) * kept
    held = (mean[..., 0] + 2) * kept + 2 * losses
    if layer.reduction != "none":
        total = losses.sum()
        each = np.asarray((each.sum() + (kept.size + 2) * total) / count)
        held = np.asarray((held.sum() + 2 * total) / count)
    return each, held
