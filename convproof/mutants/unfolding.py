"""Faults in unfolding and folding."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("unfold", "exact")
def taps_column_major(x, *, kernel_size, **options):
    """The taps of a window come column by column."""
    y = _right.unfold(x, kernel_size=kernel_size, **options)
    r, q = kernel_size
    columns = y.reshape(len(y), x.shape[1], r, q, -1).swapaxes(2, 3)
    return columns.reshape(y.shape).copy()


@mutant("unfold", "exact")
def channels_after_the_taps(x, *, kernel_size, **options):
    """Rows are ordered by tap and then by channel, as channels-last code has them."""
    y = _right.unfold(x, kernel_size=kernel_size, **options)
    taps = kernel_size[0] * kernel_size[1]
    return y.reshape(len(y), x.shape[1], taps, -1).swapaxes(1, 2).reshape(y.shape).copy()


@mutant("unfold_input", "exact")
def unfold_gradient_averaged_over_the_windows(x, y_bar, **options):
    """What overlaps is averaged instead of added."""
    counts = _right.unfold_input(x, np.ones_like(y_bar), **options)
    return _right.unfold_input(x, y_bar, **options) / np.maximum(counts, 1)


@mutant("fold", "exact")
def overlap_assigned_in_fold(x, *, kernel_size, **options):
    """Where windows overlap the last tap stays, and nothing is added."""
    taps = kernel_size[0] * kernel_size[1]
    rows = x.reshape(len(x), -1, taps, x.shape[2])
    y = np.zeros((), x.dtype)
    for k in range(taps):
        alone = np.zeros_like(rows)
        alone[:, :, k] = rows[:, :, k]
        part = _right.fold(alone.reshape(x.shape), kernel_size=kernel_size, **options)
        y = np.where(part != 0, part, y)
    return y


@mutant("fold", "exact")
def fold_divided_by_the_taps(x, *, kernel_size, **options):
    """A sum that was meant to be a mean."""
    count = x.dtype.type(kernel_size[0] * kernel_size[1])
    return _right.fold(x, kernel_size=kernel_size, **options) / count


@mutant("fold_input", "exact")
def fold_gradient_positions_backward(x, y_bar, **options):
    """The windows are read from the last to the first."""
    return _right.fold_input(x, y_bar, **options)[..., ::-1].copy()
