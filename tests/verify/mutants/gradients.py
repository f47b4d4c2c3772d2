"""Faults in the gradients of the convolution, as users write them."""

import numpy as np

from convproof import get_implementation
from tests.verify.mutants.registry import mutant

_right = get_implementation("reference")


@mutant("conv2d_input", "shape")
def floor_remainder_lost(input_size, w, y_bar, *, stride, padding, dilation, groups):
    sizes = [
        (o - 1) * s + t * (r - 1) + 1 - 2 * p
        for o, s, t, r, p in zip(y_bar.shape[2:], stride, dilation, w.shape[2:], padding)
    ]
    return _right.conv2d_input(
        (*input_size[:2], *(max(n, 1) for n in sizes)), w, y_bar, stride, padding, dilation, groups
    )


@mutant("conv2d_input", "exact")
def floor_remainder_rows_zeroed(input_size, w, y_bar, *, stride, padding, dilation, groups):
    x_bar = _right.conv2d_input(input_size, w, y_bar, stride, padding, dilation, groups)
    for axis, (o, s, t, r) in enumerate(
        zip(y_bar.shape[2:], stride, dilation, w.shape[2:]), start=2
    ):
        covered = (o - 1) * s + t * (r - 1) + 1 - 2 * padding[axis - 2]
        x_bar[(slice(None),) * axis + (slice(max(covered, 0), None),)] = 0
    return x_bar


@mutant("conv2d_input", "exact")
def kernel_not_flipped_in_the_input_gradient(input_size, w, y_bar, **options):
    return _right.conv2d_input(
        input_size, np.ascontiguousarray(w[:, :, ::-1, ::-1]), y_bar, **options
    )


@mutant("conv2d_input", "exact")
def stride_and_dilation_exchanged_in_the_input_gradient(
    input_size, w, y_bar, *, stride, dilation, **options
):
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
    x_bar = _right.conv2d_input(input_size, w, y_bar, groups=groups, **options)
    per_group = input_size[1] // groups
    return np.concatenate([x_bar[:, :per_group]] * groups, axis=1)


@mutant("conv2d_weight", "exact")
def only_the_first_image_in_the_weight_gradient(x, weight_size, y_bar, **options):
    return _right.conv2d_weight(x[:1], weight_size, y_bar[:1], **options)


@mutant("conv2d_weight", "exact")
def mean_over_the_batch_in_the_weight_gradient(x, weight_size, y_bar, **options):
    return _right.conv2d_weight(x, weight_size, y_bar, **options) / np.float32(len(x))


@mutant("conv2d_weight", "exact")
def last_row_of_outputs_missing_in_the_weight_gradient(x, weight_size, y_bar, **options):
    y_bar = y_bar.copy()
    y_bar[:, :, -1] = 0
    return _right.conv2d_weight(x, weight_size, y_bar, **options)


@mutant("conv2d_weight", "exact")
def input_and_cotangent_channels_exchanged(x, weight_size, y_bar, **options):
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    return w_bar.swapaxes(0, 1).reshape(weight_size)


@mutant("conv2d_weight", "special")
def nan_turned_to_zero_in_the_weight_gradient(x, weight_size, y_bar, **options):
    return np.nan_to_num(
        _right.conv2d_weight(x, weight_size, y_bar, **options), posinf=np.inf, neginf=-np.inf
    )


@mutant("conv2d_bias", "exact")
def bias_gradient_averaged(y_bar):
    return _right.conv2d_bias(y_bar) / np.float32(y_bar[:, 0].size)


@mutant("conv2d_bias", "exact")
def bias_gradient_of_the_first_image(y_bar):
    return _right.conv2d_bias(y_bar[:1])


@mutant("conv2d_weight", "exact")
def images_after_the_third_missing_in_the_weight_gradient(x, weight_size, y_bar, **options):
    return _right.conv2d_weight(x[:3], weight_size, y_bar[:3], **options)


@mutant("conv1d_input", "exact")
def cotangent_read_backward(input_size, w, y_bar, **options):
    return _right.conv1d_input(input_size, w, np.ascontiguousarray(y_bar[..., ::-1]), **options)


@mutant("conv1d_weight", "untouched")
def cotangent_scaled_in_place(x, weight_size, y_bar, **options):
    w_bar = _right.conv1d_weight(x, weight_size, y_bar, **options)
    y_bar *= 2
    return w_bar


@mutant("conv3d_input", "exact")
def depth_and_height_of_the_kernel_exchanged(input_size, w, y_bar, **options):
    if w.shape[2] != w.shape[3]:
        return _right.conv3d_input(input_size, w, y_bar, **options)
    return _right.conv3d_input(input_size, np.ascontiguousarray(w.swapaxes(2, 3)), y_bar, **options)


@mutant("conv3d_weight", "rounding")
def half_sums_in_the_weight_gradient(x, weight_size, y_bar, **options):
    halves = (a.astype(np.float16) for a in (x, y_bar))
    x, y_bar = halves
    return _right.conv3d_weight(x, weight_size, y_bar, **options).astype(np.float32)


@mutant("conv3d_bias", "special")
def nan_skipped_in_the_bias_gradient(y_bar):
    return np.nansum(y_bar, axis=(0, 2, 3, 4))


@mutant("conv2d_bias", "untouched")
def bias_gradient_summed_in_place(y_bar):
    y_bar[0] += y_bar[1:].sum(axis=0)
    return y_bar[0].sum(axis=(1, 2))
