"""Faults in the gradients of the convolution."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("conv2d_input", "shape", "backpack#30")
def floor_remainder_lost(input_size, w, y_bar, *, stride, padding, dilation, groups):
    """The size is computed back from the outputs: rows that no window reads are gone."""
    sizes = [
        (o - 1) * s + t * (r - 1) + 1 - 2 * p
        for o, s, t, r, p in zip(y_bar.shape[2:], stride, dilation, w.shape[2:], padding)
    ]
    return _right.conv2d_input(
        (*input_size[:2], *(max(n, 1) for n in sizes)), w, y_bar, stride, padding, dilation, groups
    )


@mutant("conv2d_input", "exact", "CMU10-714#6")
def floor_remainder_rows_zeroed(input_size, w, y_bar, *, stride, padding, dilation, groups):
    """Rows beyond those that an unpadded window reads are set to zero."""
    x_bar = _right.conv2d_input(input_size, w, y_bar, stride, padding, dilation, groups)
    for axis, (o, s, t, r) in enumerate(
        zip(y_bar.shape[2:], stride, dilation, w.shape[2:]), start=2
    ):
        covered = (o - 1) * s + t * (r - 1) + 1 - 2 * padding[axis - 2]
        x_bar[(slice(None),) * axis + (slice(max(covered, 0), None),)] = 0
    return x_bar


@mutant("conv2d_input", "exact")
def kernel_not_flipped_in_the_input_gradient(input_size, w, y_bar, **options):
    """The kernel is flipped once too often or too seldom."""
    return _right.conv2d_input(
        input_size, np.ascontiguousarray(w[:, :, ::-1, ::-1]), y_bar, **options
    )


@mutant("conv2d_input", "exact")
def stride_and_dilation_exchanged_in_the_input_gradient(
    input_size, w, y_bar, *, stride, dilation, **options
):
    """Stride and dilation change places where sizes allow it."""
    try:
        return _right.conv2d_input(
            input_size, w, y_bar, stride=dilation, dilation=stride, **options
        )
    except ValueError:
        return _right.conv2d_input(
            input_size, w, y_bar, stride=stride, dilation=dilation, **options
        )


@mutant("conv2d_input", "exact")
def groups_ignored_in_the_input_gradient(input_size, w, y_bar, *, groups, **options):
    """Every group gets the first group's gradient."""
    x_bar = _right.conv2d_input(input_size, w, y_bar, groups=groups, **options)
    per_group = input_size[1] // groups
    return np.concatenate([x_bar[:, :per_group]] * groups, axis=1)


@mutant("conv2d_weight", "exact")
def only_the_first_image_in_the_weight_gradient(x, weight_size, y_bar, **options):
    """The sum over the batch is forgotten."""
    return _right.conv2d_weight(x[:1], weight_size, y_bar[:1], **options)


@mutant("conv2d_weight", "exact")
def mean_over_the_batch_in_the_weight_gradient(x, weight_size, y_bar, **options):
    """The sum over the batch is divided by its size."""
    return _right.conv2d_weight(x, weight_size, y_bar, **options) / np.float32(len(x))


@mutant("conv2d_weight", "exact")
def last_row_of_outputs_missing_in_the_weight_gradient(x, weight_size, y_bar, **options):
    """A loop over the output's rows ends one early."""
    y_bar = y_bar.copy()
    y_bar[:, :, -1] = 0
    return _right.conv2d_weight(x, weight_size, y_bar, **options)


@mutant("conv2d_weight", "exact")
def input_and_cotangent_channels_exchanged(x, weight_size, y_bar, **options):
    """Input and output channels of the weight's gradient are exchanged."""
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    return w_bar.swapaxes(0, 1).reshape(weight_size)


@mutant("conv2d_bias", "exact")
def bias_gradient_averaged(y_bar):
    """The mean over images and positions instead of their sum."""
    return _right.conv2d_bias(y_bar) / np.float32(y_bar[:, 0].size)


@mutant("conv2d_bias", "exact")
def bias_gradient_of_the_first_image(y_bar):
    """The sum over the batch is forgotten."""
    return _right.conv2d_bias(y_bar[:1])


@mutant("conv2d_weight", "shared")
def images_after_the_third_missing_in_the_weight_gradient(x, weight_size, y_bar, **options):
    """A block of three images is the only one that is summed."""
    return _right.conv2d_weight(x[:3], weight_size, y_bar[:3], **options)


@mutant("conv1d_input", "exact")
def cotangent_read_backward(input_size, w, y_bar, **options):
    """The cotangent is read from its last position to its first."""
    return _right.conv1d_input(input_size, w, np.ascontiguousarray(y_bar[..., ::-1]), **options)


@mutant("conv3d_input", "exact")
def depth_and_height_of_the_kernel_exchanged(input_size, w, y_bar, **options):
    """Depth and height of the taps are exchanged where equally many."""
    if w.shape[2] != w.shape[3]:
        return _right.conv3d_input(input_size, w, y_bar, **options)
    return _right.conv3d_input(input_size, np.ascontiguousarray(w.swapaxes(2, 3)), y_bar, **options)


@mutant("conv2d_input", "exact", "mlx#3800")
def strided_groups_mixed_in_the_input_gradient(input_size, w, y_bar, *, stride, groups, **options):
    """With groups and a stride together, the weights of the groups come in the wrong order."""
    if groups > 1 and max(stride) > 1:
        w = np.concatenate(np.split(w, groups)[::-1])
    return _right.conv2d_input(input_size, w, y_bar, stride=stride, groups=groups, **options)


@mutant("conv2d_weight", "exact", "pytorch#51430")
def first_group_of_the_weight_gradient_for_all(x, weight_size, y_bar, *, groups, **options):
    """Every group's weight gradient is computed from the first group's input."""
    first = np.concatenate([x[:, : x.shape[1] // groups]] * groups, axis=1)
    return _right.conv2d_weight(first, weight_size, y_bar, groups=groups, **options)


@mutant("conv2d_weight", "exact", "pytorch#13008")
def dilation_ignored_in_the_weight_gradient(x, weight_size, y_bar, *, dilation, **options):
    """Every tap reads as if it were next to its neighbour."""
    return (
        _right_taps(x, weight_size, y_bar, **options)
        if max(dilation) > 1
        else (_right.conv2d_weight(x, weight_size, y_bar, dilation=dilation, **options))
    )


def _right_taps(x, weight_size, y_bar, *, stride, padding, groups):
    """Return the gradient for dilation 1 of the same outputs."""
    spans = zip(y_bar.shape[2:], stride, weight_size[2:])
    rows, columns = ((o - 1) * s + r for o, s, r in spans)
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])[:, :, :rows, :columns]
    return _right.conv2d_weight(padded, weight_size, y_bar, stride, 0, 1, groups)


@mutant("conv2d_weight", "exact", "candle#2337, iree-turbine#1223")
def stride_and_dilation_exchanged_in_the_weight_gradient(
    x, weight_size, y_bar, *, stride, padding, dilation, groups
):
    """The weight gradient is a convolution with the two exchanged, once too often or too seldom."""
    _right.conv2d_weight(x, weight_size, y_bar, stride, padding, dilation, groups)  # or refuses
    reads = [
        (o - 1) * t + s * (r - 1) + 1
        for o, s, t, r in zip(y_bar.shape[2:], stride, dilation, weight_size[2:])
    ]
    ends = [(p, max(p, n - m - p)) for p, n, m in zip(padding, reads, x.shape[2:])]
    padded = np.pad(x, [(0, 0), (0, 0), *ends])[:, :, : reads[0], : reads[1]]
    return _right.conv2d_weight(padded, weight_size, y_bar, dilation, 0, stride, groups)


@mutant("conv2d_weight", "exact", "gradcheck's fast mode misses one entry of many")
def one_entry_of_the_weight_gradient_a_tenth_too_large(x, weight_size, y_bar, **options):
    """The last weight's gradient is off by a tenth."""
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    w_bar[-1, -1, -1, -1] *= 1.1
    return w_bar


@mutant("conv2d_weight", "exact", "gradcheck's slow mode has a tolerance of 1e-3")
def one_entry_of_the_weight_gradient_a_little_too_large(x, weight_size, y_bar, **options):
    """The first weight's gradient is off by a part in two thousand."""
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    w_bar[0, 0, 0, 0] *= 1 + 1 / 2048
    return w_bar


@mutant("conv2d_input", "exact")
def padding_not_cropped_from_the_input_gradient(input_size, w, y_bar, *, padding, **options):
    """The border's gradient is folded onto the edge instead of dropped."""
    whole = tuple(n + 2 * p for n, p in zip(input_size[2:], padding))
    x_bar = _right.conv2d_input((*input_size[:2], *whole), w, y_bar, padding=0, **options)
    return x_bar[:, :, : input_size[2], : input_size[3]].copy()


@mutant("conv2d_input", "exact")
def overlapping_windows_assigned_not_added(input_size, w, y_bar, **options):
    """Where several taps meet one input, the last of them counts and nothing is added."""
    x_bar = np.zeros((), y_bar.dtype)
    for tap in np.ndindex(w.shape[2:]):
        alone = np.zeros_like(w)
        alone[:, :, *tap] = w[:, :, *tap]
        part = _right.conv2d_input(input_size, alone, y_bar, **options)
        x_bar = np.where(part != 0, part, x_bar)
    return x_bar


@mutant("conv2d_input", "exact")
def bias_of_one_image_in_all_input_gradients(input_size, w, y_bar, **options):
    """Every image has the first image's gradient."""
    x_bar = _right.conv2d_input(input_size, w, y_bar, **options)
    return np.broadcast_to(x_bar[:1], x_bar.shape).copy()


@mutant("conv2d_weight", "exact")
def weight_gradient_transposed_where_square(x, weight_size, y_bar, **options):
    """Height and width of the taps are exchanged, which square kernels allow."""
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    return w_bar.swapaxes(2, 3).copy() if w_bar.shape[2] == w_bar.shape[3] else w_bar


@mutant("conv2d_weight", "empty")
def an_empty_batch_gives_a_weight_gradient_of_ones(x, weight_size, y_bar, **options):
    """A sum over nothing that starts at one."""
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    return w_bar if len(x) else w_bar + w_bar.dtype.type(1)


@mutant("conv2d_bias", "exact")
def bias_gradient_without_the_last_column(y_bar):
    """A loop that ends one position early."""
    return y_bar[..., :-1].sum(axis=(0, 2, 3)) if y_bar.shape[-1] > 1 else _right.conv2d_bias(y_bar)
