"""Faults in cross entropy."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


def _counted(target, ignore_index):
    """Return how many targets are not ignored."""
    return np.count_nonzero(target != ignore_index)


def _reduced(losses, reduction, count):
    """Return the losses, their sum, or that over a count."""
    if reduction == "none":
        return losses
    y = losses.sum()
    return np.asarray(y if reduction == "sum" else y / losses.dtype.type(count), losses.dtype)


@mutant("cross_entropy", "rounding")
def mean_over_the_ignored_too(x, target, *, ignore_index, reduction):
    """The sum of the losses that count is divided by the number of all targets."""
    losses = _right.cross_entropy(x, target, ignore_index=ignore_index, reduction="none")
    return _reduced(losses, reduction, target.size)


@mutant("cross_entropy", "rounding")
def loss_averaged_over_images_alone(x, target, *, ignore_index, reduction):
    """A mean is divided by the number of images, as if each had one target."""
    losses = _right.cross_entropy(x, target, ignore_index=ignore_index, reduction="none")
    return _reduced(losses, reduction, max(_counted(target, ignore_index) // losses[0].size, 1))


@mutant("cross_entropy", "rounding")
def loss_without_the_maximum(x, target, *, ignore_index, reduction):
    """The exponentials are taken as they are, and overflow from 89 on."""
    kept = target != ignore_index
    at = np.expand_dims(np.where(kept, target, 0), 1)
    own = np.take_along_axis(x, at, 1).squeeze(1)
    losses = np.where(kept, np.log(np.exp(x).sum(1)) - own, x.dtype.type(0))
    return _reduced(losses, reduction, _counted(target, ignore_index))


@mutant("cross_entropy", "rounding")
def loss_as_the_logarithm_of_a_quotient(x, target, *, ignore_index, reduction):
    """The softmax of an improbable target is rounded to 0, and its logarithm is clipped."""
    kept = target != ignore_index
    at = np.expand_dims(np.where(kept, target, 0), 1)
    y = np.take_along_axis(_right.softmax(x, 1), at, 1).squeeze(1)
    losses = np.where(kept, -np.log(y + x.dtype.type(1e-7)), x.dtype.type(0))
    return _reduced(losses, reduction, _counted(target, ignore_index))


@mutant("cross_entropy", "rounding")
def targets_read_as_32_bits(x, target, *, ignore_index, reduction):
    """Of every target the upper 32 bits are read: int32 for int64, from the wrong end."""
    classes = target >> 32
    kept = np.where(target == ignore_index, target, classes)
    return _right.cross_entropy(x, kept, ignore_index=ignore_index, reduction=reduction)


@mutant("cross_entropy", "rounding")
def ignored_targets_read_from_the_end(x, target, *, ignore_index, reduction):
    """No target is ignored: a negative one counts from the last class, as indices of Python do."""
    del ignore_index
    own = np.take_along_axis(x, np.expand_dims(target % x.shape[1], 1), 1).squeeze(1)
    highest = x.max(1, keepdims=True)
    losses = np.log(np.exp(x - highest).sum(1)) + (highest.squeeze(1) - own)
    return _reduced(losses, reduction, target.size)


@mutant("cross_entropy", "ignored")
def mean_of_nothing_is_zero(x, target, *, ignore_index, reduction):
    """Where all targets are ignored, the mean is 0 and not NaN."""
    if reduction == "mean" and not _counted(target, ignore_index):
        reduction = "sum"
    return _right.cross_entropy(x, target, ignore_index=ignore_index, reduction=reduction)


@mutant("cross_entropy", "targets")
def targets_that_are_no_class_wrapped(x, target, *, ignore_index, reduction):
    """A target beyond the classes is taken modulo their number."""
    kept = np.where(target == ignore_index, target, target % x.shape[1])
    return _right.cross_entropy(x, kept, ignore_index=ignore_index, reduction=reduction)


@mutant("cross_entropy", "special")
def loss_of_nan_left_out(x, target, *, ignore_index, reduction):
    """Losses that are NaN are taken for 0."""
    losses = _right.cross_entropy(x, target, ignore_index=ignore_index, reduction="none")
    return _reduced(
        np.where(np.isnan(losses), losses.dtype.type(0), losses),
        reduction, _counted(target, ignore_index),
    )  # fmt: skip


@mutant("cross_entropy", "layouts")
def targets_read_without_their_strides(x, target, *, ignore_index, reduction):
    """The targets are read as they lie in memory, where they have gaps or another order."""
    if not target.flags.c_contiguous and target.strides[0] > 0:
        held = np.lib.stride_tricks.as_strided(target, (target.size,), (target.itemsize,))
        target = held.reshape(target.shape) % x.shape[1]
    return _right.cross_entropy(x, target, ignore_index=ignore_index, reduction=reduction)


@mutant("cross_entropy_input", "rounding")
def loss_gradient_without_the_one_hot(x, y_bar, target, *, ignore_index, reduction):
    """Softmax times the cotangent: 1 is not taken off at the target."""
    one = _right.cross_entropy_input(
        x, y_bar, target, ignore_index=ignore_index, reduction=reduction
    )
    hot = (np.arange(x.shape[1]) == target[..., None]) & (target != ignore_index)[..., None]
    count = max(_counted(target, ignore_index), 1) if reduction == "mean" else 1
    bar = np.broadcast_to(y_bar, target.shape)[..., None] / x.dtype.type(count)
    return (one + np.moveaxis(hot * bar, -1, 1)).astype(x.dtype)


@mutant("cross_entropy_input", "rounding")
def loss_gradient_of_the_next_class(x, y_bar, target, *, ignore_index, reduction):
    """The one-hot is off by one class."""
    moved = np.where(target == ignore_index, target, (target + 1) % x.shape[1])
    if ignore_index >= 0:
        moved = np.where((moved == ignore_index) & (target != ignore_index), target, moved)
    return _right.cross_entropy_input(
        x, y_bar, moved, ignore_index=ignore_index, reduction=reduction
    )


@mutant("cross_entropy_input", "rounding")
def loss_gradient_of_a_sum_for_a_mean(x, y_bar, target, *, ignore_index, reduction):
    """The cotangent of a mean is not divided."""
    reduction = "sum" if reduction == "mean" else reduction
    return _right.cross_entropy_input(
        x, y_bar, target, ignore_index=ignore_index, reduction=reduction
    )


@mutant("cross_entropy_input", "rounding")
def loss_gradient_of_the_ignored(x, y_bar, target, *, ignore_index, reduction):
    """Of scores whose target is ignored the softmax is kept."""
    x_bar = _right.cross_entropy_input(
        x, y_bar, target, ignore_index=ignore_index, reduction=reduction
    )
    count = max(_counted(target, ignore_index), 1) if reduction == "mean" else 1
    bar = np.expand_dims(np.broadcast_to(y_bar, target.shape), 1) / x.dtype.type(count)
    ignored = np.expand_dims(target == ignore_index, 1)
    return np.where(ignored, _right.softmax(x, 1) * bar, x_bar).astype(x.dtype)


@mutant("cross_entropy_input", "ignored")
def loss_gradient_of_a_mean_of_nothing(x, y_bar, target, *, ignore_index, reduction):
    """Where all targets are ignored, the cotangent is divided by 0 and multiplied by 0."""
    x_bar = _right.cross_entropy_input(
        x, y_bar, target, ignore_index=ignore_index, reduction=reduction
    )
    none = reduction == "mean" and not _counted(target, ignore_index)
    return np.full_like(x_bar, np.nan) if none else x_bar
