"""Faults in max, average, adaptive and global pooling, and in maxout."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("max_pool2d", "exact")
def border_of_zeros_in_a_maximum(x, *, padding, **options):
    """The padding takes part as zeros, which beat what is negative."""
    ends = [(0, 0), (0, 0), *((p, p) for p in padding)]
    y = _right.max_pool2d(x, padding=padding, **options)
    if max(padding) == 0 or options["ceil_mode"]:
        return y
    return _right.max_pool2d(np.pad(x, ends), padding=0, **options)


@mutant("max_pool2d", "special")
def nan_ignored_by_the_maximum(x, **options):
    """A comparison that is false for NaN lets the next number win."""
    clean = np.where(np.isnan(x), x.dtype.type(-np.inf), x) if x.dtype.kind == "f" else x
    return _right.max_pool2d(clean, **options)


@mutant("max_pool2d", "shape")
def ceil_mode_ignored(x, *, ceil_mode, **options):
    """The size is always rounded down."""
    del ceil_mode
    return _right.max_pool2d(x, ceil_mode=False, **options)


@mutant("max_pool2d", "exact")
def dilation_of_the_pool_ignored(x, *, kernel_size, dilation, **options):
    """The window holds the span's first taps instead of the dilated ones."""
    y = _right.max_pool2d(x, kernel_size=kernel_size, dilation=dilation, **options)
    dense = tuple(t * (r - 1) + 1 for r, t in zip(kernel_size, dilation))
    if options["ceil_mode"] or any(2 * p > n for p, n in zip(options["padding"], dense)):
        return y
    return _right.max_pool2d(x, kernel_size=dense, dilation=1, **options)


@mutant("max_pool2d_input", "exact")
def overlapping_maxima_assigned_not_added(x, y_bar, **options):
    """An input that is the maximum of several windows gets the last one's cotangent only."""
    return _assigned(_right.max_pool2d_input, x, y_bar, options)


def _assigned(gradient, x, y_bar, options):
    """Return what is left where every window writes its gradient over those before it."""
    x_bar = np.zeros_like(x)
    for o in np.ndindex(y_bar.shape[2:]):
        alone, ones = np.zeros_like(y_bar), np.zeros_like(y_bar)
        alone[:, :, *o], ones[:, :, *o] = y_bar[:, :, *o], 1
        written = gradient(x, ones, **options) != 0
        x_bar = np.where(written, gradient(x, alone, **options), x_bar)
    return x_bar


@mutant("max_pool2d_input", "ties")
def last_maximum_takes_a_tie(x, y_bar, *, padding, **options):
    """Of equal maxima the last one takes the gradient."""
    flipped = [np.ascontiguousarray(a[:, :, ::-1, ::-1]) for a in (x, y_bar)]
    if any(_ragged(x, y_bar, padding=padding, **options)):
        return _right.max_pool2d_input(x, y_bar, padding=padding, **options)
    x_bar = _right.max_pool2d_input(*flipped, padding=padding, **options)
    return x_bar[:, :, ::-1, ::-1].copy()


def _ragged(x, y_bar, *, kernel_size, stride, padding, dilation, ceil_mode):
    """Yield whether an axis leaves a remainder, with which windows are not symmetric."""
    rows = zip(x.shape[2:], y_bar.shape[2:], kernel_size, stride, padding, dilation)
    for n, o, r, s, p, t in rows:
        yield ceil_mode or (o - 1) * s + t * (r - 1) + 1 != n + 2 * p


@mutant("max_pool1d_input", "ties")
def all_ties_take_the_gradient(x, y_bar, *, kernel_size, stride, padding, dilation, ceil_mode):
    """Every input equal to its window's maximum takes the whole cotangent."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    options |= {"dilation": dilation, "ceil_mode": ceil_mode}
    y = _right.max_pool1d(x, **options)
    x_bar = np.zeros_like(x)
    for o in range(y.shape[2]):
        for k in range(kernel_size[0]):
            i = stride[0] * o + dilation[0] * k - padding[0]
            if 0 <= i < x.shape[2]:
                x_bar[..., i] += np.where(x[..., i] == y[..., o], y_bar[..., o], 0)
    return x_bar


@mutant("avg_pool2d", "exact", "onnx#5276, onnxruntime#16203")
def overhang_counted_in_the_divisor(x, *, kernel_size, ceil_mode, **options):
    """With ceil_mode the part of the last window beyond the padded input counts in the mean."""
    if not (ceil_mode and options["count_include_pad"]) or "divisor_override" in options:
        return _right.avg_pool2d(x, kernel_size=kernel_size, ceil_mode=ceil_mode, **options)
    whole = kernel_size[0] * kernel_size[1]
    return _right.avg_pool2d(
        x, kernel_size=kernel_size, ceil_mode=True, divisor_override=whole, **options
    )


@mutant("avg_pool2d", "exact")
def count_include_pad_ignored(x, *, count_include_pad, **options):
    """The padding always counts."""
    del count_include_pad
    return _right.avg_pool2d(x, count_include_pad=True, **options)


@mutant("avg_pool2d", "exact")
def divisor_override_ignored(x, *, divisor_override=None, **options):
    """The divisor that was asked for is not used."""
    del divisor_override
    return _right.avg_pool2d(x, **options)


@mutant("avg_pool2d_input", "exact")
def mean_gradient_not_divided(x, y_bar, **options):
    """Every input gets its windows' whole cotangents."""
    return _right.avg_pool2d_input(x, y_bar, **{**options, "divisor_override": 1})


@mutant("avg_pool1d", "exact")
def divisor_of_the_first_window_for_all(x, **options):
    """Windows at the border divide as those inside, or the other way round."""
    y = _right.avg_pool1d(x, **options)
    ones = _right.avg_pool1d(np.ones_like(x), **{**options, "count_include_pad": True})
    return y / np.where(ones == 0, 1, ones) * ones[..., :1]


@mutant("adaptive_avg_pool2d", "exact")
def windows_end_at_the_floor(x, *, output_size):
    """A window ends at floor((o + 1) I / O), and loses the position it shares with the next."""
    rows = []
    for o in range(output_size[0]):
        low, high = o * x.shape[2] // output_size[0], (o + 1) * x.shape[2] // output_size[0]
        rows.append(x[:, :, low : max(high, low + 1)].mean(axis=2, keepdims=True))
    return _right.adaptive_avg_pool2d(np.concatenate(rows, axis=2), output_size=output_size)


@mutant("adaptive_max_pool1d", "exact")
def windows_of_one_size(x, *, output_size):
    """Windows are as long as the first, and the input's tail is read by none."""
    n, o = x.shape[2], output_size[0]
    if n < o:
        return _right.adaptive_max_pool1d(x, output_size=output_size)
    size = n // o
    return _right.max_pool1d(x[..., : size * o].copy(), size)


@mutant("adaptive_max_pool2d_input", "exact")
def adaptive_maxima_assigned_not_added(x, y_bar, *, output_size):
    """Windows of an adaptive pool are taken for disjoint: a shared maximum gets one cotangent."""
    return _assigned(_right.adaptive_max_pool2d_input, x, y_bar, {"output_size": output_size})


@mutant("adaptive_avg_pool1d_input", "exact")
def shared_positions_counted_once(x, y_bar, *, output_size):
    """A position that two windows share gets the second one's share only."""
    n, x_bar = x.shape[2], np.zeros_like(x)
    for o in range(output_size[0]):
        low, high = o * n // output_size[0], -(-(o + 1) * n // output_size[0])
        x_bar[..., low:high] = y_bar[..., o : o + 1] / x.dtype.type(high - low)
    return x_bar


@mutant("global_avg_pool2d", "exact")
def divided_by_the_height_only(x):
    """The mean over the rows of the sums over the columns."""
    return x.mean(axis=2, keepdims=True).sum(axis=3, keepdims=True)


@mutant("global_avg_pool2d_input", "exact")
def global_mean_gradient_not_divided(x, y_bar):
    """Every position gets the map's whole cotangent."""
    return np.broadcast_to(y_bar, x.shape).copy()


@mutant("global_max_pool2d", "exact")
def magnitude_in_place_of_the_maximum(x):
    """The largest magnitude, which is the maximum of what is positive."""
    flat = x.reshape(*x.shape[:2], -1)
    where = np.abs(flat).argmax(axis=2)[..., None]
    return np.take_along_axis(flat, where, axis=2)[..., None].copy()


@mutant("global_max_pool1d_input", "exact")
def gradient_to_every_position_of_the_map(x, y_bar):
    """The maximum's cotangent is spread as a mean's."""
    return np.broadcast_to(y_bar / x.dtype.type(x.shape[2]), x.shape).copy()


@mutant("maxout", "exact")
def units_of_interleaved_channels(x, *, pool_size):
    """A unit takes every u-th channel instead of adjacent ones."""
    units = x.shape[1] // pool_size
    return x.reshape(len(x), pool_size, units, *x.shape[2:]).max(axis=1)


@mutant("maxout_input", "exact")
def maxout_gradient_to_the_first_channel(x, y_bar, *, pool_size):
    """The first channel of a unit takes the gradient, whichever is largest."""
    x_bar = np.zeros_like(x)
    x_bar[:, ::pool_size] = y_bar
    return x_bar
