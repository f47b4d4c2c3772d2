"""Faults in the convolution itself: its geometry, its channels, its tails."""

import numpy as np

from convproof.errors import GeometryError
from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("conv2d", "shape")
def stride_axes_swapped(x, w, bias, *, stride, padding, dilation, groups):
    """The strides of height and width change places."""
    return _right.conv2d(x, w, bias, stride[::-1], padding, dilation, groups)


@mutant("conv2d", "shape")
def padding_axes_swapped(x, w, bias, *, stride, padding, dilation, groups):
    """The paddings of height and width change places, where the kernel then fits."""
    try:
        return _right.conv2d(x, w, bias, stride, padding[::-1], dilation, groups)
    except GeometryError:
        return _right.conv2d(x, w, bias, stride, padding, dilation, groups)


@mutant("conv2d", "shape")
def dilation_ignored(x, w, bias, *, stride, padding, dilation, groups):
    """Taps are read as neighbours whatever the dilation."""
    return _right.conv2d(x, w, bias, stride, padding, 1, groups)


@mutant("conv2d", "shape")
def dilation_axes_swapped(x, w, bias, *, stride, padding, dilation, groups):
    """The dilations of height and width change places, where the kernel then fits."""
    try:
        return _right.conv2d(x, w, bias, stride, padding, dilation[::-1], groups)
    except GeometryError:
        return _right.conv2d(x, w, bias, stride, padding, dilation, groups)


@mutant("conv2d", "exact")
def flipped_kernel(x, w, bias, **options):
    """A convolution in the place of a cross-correlation."""
    return _right.conv2d(x, w[:, :, ::-1, ::-1], bias, **options)


@mutant("conv2d", "exact")
def groups_in_the_wrong_order(x, w, bias, *, groups, **options):
    """The last group's weights read the first group's channels."""
    parts = np.split(x, groups, axis=1)[::-1]
    return _right.conv2d(np.concatenate(parts, axis=1), w, bias, groups=groups, **options)


@mutant("conv2d", "exact")
def channels_interleaved_over_the_groups(x, w, bias, *, groups, **options):
    """A group reads every G-th channel instead of adjacent ones."""
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    return _right.conv2d(x[:, order], w, bias, groups=groups, **options)


@mutant("conv2d", "exact")
def last_tap_dropped(x, w, bias, **options):
    """A loop over the taps ends one early."""
    w = w.copy()
    w[..., -1, -1] = 0
    return _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def bias_on_the_wrong_axis(x, w, bias, **options):
    """The bias is added along the width."""
    y = _right.conv2d(x, w, None, **options)
    if bias is None:
        return y
    return y + np.resize(bias, y.shape[-1]).astype(y.dtype)


@mutant("conv2d", "exact")
def bias_added_twice(x, w, bias, **options):
    """The bias is added by the kernel and by its caller."""
    return _right.conv2d(x, w, None if bias is None else 2 * bias, **options)


@mutant("conv1d", "exact")
def output_reversed(x, w, bias, **options):
    """The outputs are written from the last to the first."""
    return _right.conv1d(x, w, bias, **options)[..., ::-1]


@mutant("conv3d", "shape")
def depth_and_width_stride_exchanged(x, w, bias, *, stride, **options):
    """The strides are read from the last axis to the first."""
    return _right.conv3d(x, w, bias, stride=stride[::-1], **options)


@mutant("conv2d", "exact")
def bias_along_the_width_where_sizes_coincide(x, w, bias, **options):
    """The bias broadcasts along the width where that is as long."""
    y = _right.conv2d(x, w, None, **options)
    if bias is None:
        return y
    return y + (bias if len(bias) == y.shape[3] > 1 else bias[:, None, None])


@mutant("conv2d", "exact")
def tail_beyond_16_channels_skipped(x, w, bias, **options):
    """Channels beyond the 16th, a vector's width, are not read."""
    w = w.copy()
    w[:, 16:] = 0
    return _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def fifth_tap_skipped(x, w, bias, **options):
    """An unrolled loop knows four rows of taps."""
    w = w.copy()
    w[:, :, 4:] = 0
    return _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def outputs_beyond_the_16th_left_at_zero(x, w, bias, **options):
    """Rows beyond the 16th, a tile's height, are not computed."""
    y = _right.conv2d(x, w, bias, **options)
    y[:, :, 16:] = 0
    return y


@mutant("conv2d", "exact", "np-conv2d#2")
def width_padding_taken_from_the_height(x, w, bias, *, stride, padding, dilation, groups):
    """The width is padded as the height is, and cut to the right size: height for width."""
    y = _right.conv2d(x, w, bias, stride, padding, dilation, groups)
    other = _right.conv2d(x, w, bias, stride, (padding[0], padding[0] + 3), dilation, groups)
    return y if padding[0] == padding[1] else other[..., : y.shape[3]].copy()


@mutant("conv2d", "exact", "a vector load without a mask for C % 8")
def tail_of_channels_not_masked(x, w, bias, *, groups, **options):
    """Channels beyond the last multiple of 8 are read twice where there are more than 8."""
    if groups > 1 or x.shape[1] <= 8 or x.shape[1] % 8 == 0:
        return _right.conv2d(x, w, bias, groups=groups, **options)
    whole = x.shape[1] // 8 * 8
    tail = _right.conv2d(x[:, whole:], w[:, whole:], None, groups=1, **options)
    return _right.conv2d(x, w, bias, groups=1, **options) + tail


@mutant("conv2d", "exact", "composable_kernel#3722")
def zeros_beyond_32_rows(x, w, bias, **options):
    """A tile index that runs out: what lies beyond is zero."""
    y = _right.conv2d(x, w, bias, **options)
    y[:, :, 32:] = 0
    return y


@mutant("conv2d", "exact", "pytorch#173068: only 1x1 kernels are right")
def all_taps_but_the_first_at_the_same_place(x, w, bias, **options):
    """A template whose offset is computed once: every tap reads what the first reads."""
    summed = np.zeros_like(w)
    summed[:, :, 0, 0] = w.sum(axis=(2, 3))
    return _right.conv2d(x, summed, bias, **options)


@mutant("conv2d", "exact")
def padding_at_the_high_end_only(x, w, bias, *, padding, **options):
    """Both paddings are put behind the data."""
    ends = [(0, 0), (0, 0), *((0, 2 * p) for p in padding)]
    return _right.conv2d(np.pad(x, ends), w, bias, padding=0, **options)


@mutant("conv2d", "exact")
def padding_by_reflection_of_the_edge(x, w, bias, *, padding, **options):
    """The border repeats the edge instead of holding zeros."""
    ends = [(0, 0), (0, 0), *((p, p) for p in padding)]
    return _right.conv2d(np.pad(x, ends, mode="edge"), w, bias, padding=0, **options)


@mutant("conv1d", "shape")
def ceil_in_the_place_of_floor(x, w, bias, *, stride, padding, dilation, groups):
    """The size is rounded up: a last window that hangs over the padded input."""
    span = dilation[0] * (w.shape[2] - 1) + 1
    over = -(x.shape[2] + 2 * padding[0] - span) % stride[0]
    padded = np.pad(x, [(0, 0), (0, 0), (padding[0], padding[0] + over)])
    return _right.conv1d(padded, w, bias, stride, 0, dilation, groups)


@mutant("conv3d", "exact")
def depth_taps_reversed(x, w, bias, **options):
    """The kernel is flipped along one axis of three."""
    return _right.conv3d(x, w[:, :, ::-1].copy(), bias, **options)


@mutant("conv2d", "exact")
def stride_phase_off_by_one(x, w, bias, *, stride, padding, dilation, groups):
    """With a stride the windows start one later, where that leaves as many of them."""
    y = _right.conv2d(x, w, bias, stride, padding, dilation, groups)
    later = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 0)])[:, :, 1:] if stride[0] > 1 else x
    moved = _right.conv2d(later, w, bias, stride, padding, dilation, groups)
    return moved if moved.shape == y.shape else y


@mutant("conv2d", "exact")
def bias_in_the_reverse_order(x, w, bias, **options):
    """The last channel's bias is added to the first channel."""
    return _right.conv2d(x, w, None if bias is None else bias[::-1].copy(), **options)


@mutant("conv2d", "exact", "MIOpen#936: a kernel chosen by the batch")
def images_after_the_second_use_the_weights_flipped(x, w, bias, **options):
    """Another kernel takes over where the batch is above two, and is wrong."""
    y = _right.conv2d(x, w, bias, **options)
    y[2:] = _right.conv2d(x[2:], w[:, :, ::-1, ::-1].copy(), bias, **options)
    return y


@mutant("conv2d", "rejects")
def kernel_wider_than_the_input_is_answered(x, w, bias, *, stride, padding, dilation, groups):
    """The input is padded until the kernel fits, where it does not."""
    rows = zip(x.shape[2:], w.shape[2:], padding, dilation)
    lacking = [max(0, t * (r - 1) + 1 - n - 2 * p) for n, r, p, t in rows]
    padded = np.pad(x, [(0, 0), (0, 0), *((0, n) for n in lacking)])
    return _right.conv2d(padded, w, bias, stride, padding, dilation, groups)


@mutant("conv2d", "rejects")
def further_channels_silently_dropped(x, w, bias, *, groups, **options):
    """Channels that the weights do not read are cut off instead of refused."""
    return _right.conv2d(x[:, : w.shape[1] * groups], w, bias, groups=groups, **options)


@mutant("conv2d", "shape")
def raises_where_the_stride_exceeds_the_kernel(x, w, bias, *, stride, **options):
    """A check that was meant for pooling."""
    if any(s > r for s, r in zip(stride, w.shape[2:])):
        msg = "stride must not exceed the kernel"
        raise ValueError(msg)
    return _right.conv2d(x, w, bias, stride=stride, **options)


@mutant("conv2d", "shape")
def raises_on_a_single_image(x, w, bias, **options):
    """A batch of one loses its axis, and then no longer fits."""
    if len(x) == 1:
        msg = "expected 4 axes, got 3"
        raise ValueError(msg)
    return _right.conv2d(x, w, bias, **options)


@mutant("conv1d", "empty", "GPTQModel#3073: empties")
def an_empty_batch_raises(x, w, bias, **options):
    """A launch with no block."""
    if len(x) == 0:
        msg = "grid must be at least 1"
        raise RuntimeError(msg)
    return _right.conv1d(x, w, bias, **options)
