"""Losses of a classifier: from arguments to specs."""

from convproof.layers import CrossEntropy
from convproof.layers.loss import Reduction
from convproof.names.families import without_weights


def _cross_entropy(axes: int, reduction: Reduction = "mean") -> CrossEntropy:
    """Return ``log sum_c exp(input[n, c]) - input[n, target[n]]``, or its mean or sum.

    Every target is a class: of another there is no loss, and none is passed over, as torch passes
    over its ``ignore_index``. NumPy's targets, and tensors of a CPU, are looked at, and such a one
    is refused; on a GPU its loss and derivative are NaN. There are no weights of classes, no
    smoothing, and no probabilities for targets.

    Args:
        input: scores ``(N, C, *spatial)``, or ``(C,)``.
        target: classes ``(N, *spatial)``, or without axes, in int64: ``0 <= target < C``.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every loss, in the target's shape.
    """
    del axes
    return CrossEntropy(reduction=reduction)


FUNCTIONS = without_weights("cross_entropy", _cross_entropy, indices="target")
