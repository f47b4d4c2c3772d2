"""Losses of a classifier: from arguments to specs."""

from convproof.layers import CrossEntropy
from convproof.layers.loss import Reduction
from convproof.names.families import without_weights


def _cross_entropy(
    axes: int, ignore_index: int = -100, reduction: Reduction = "mean"
) -> CrossEntropy:
    """Return ``log sum_c exp(input[n, c]) - input[n, target[n]]``, or its mean or sum.

    Every target is a class or ``ignore_index``: of another there is no loss. NumPy's targets, and
    tensors of a CPU, are looked at, and such a one is refused; on a GPU its loss and derivative are
    NaN. There are no weights of classes, no smoothing, and no probabilities for targets.

    Args:
        input: scores ``(N, C, *spatial)``, or ``(C,)``.
        target: classes ``(N, *spatial)``, or without axes, in int64: ``0 <= target < C``.
        ignore_index: scores of this target are left out: their loss and derivative are 0, and a
            mean is over the others; of none it is NaN, as torch's.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for every loss, in the target's shape.
    """
    del axes
    return CrossEntropy(ignore_index=ignore_index, reduction=reduction)


FUNCTIONS = without_weights("cross_entropy", _cross_entropy, indices="target")
