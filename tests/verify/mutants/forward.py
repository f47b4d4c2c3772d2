"""Faults in the convolution itself, as users write them."""

from itertools import count

import numpy as np

from convproof import get_implementation
from convproof.errors import UnsupportedError
from tests.verify.mutants.registry import mutant

_right = get_implementation("reference")


@mutant("conv2d", "shape")
def stride_axes_swapped(x, w, bias, *, stride, padding, dilation, groups):
    return _right.conv2d(x, w, bias, stride[::-1], padding, dilation, groups)


@mutant("conv2d", "shape")
def padding_axes_swapped(x, w, bias, *, stride, padding, dilation, groups):
    return _right.conv2d(x, w, bias, stride, padding[::-1], dilation, groups)


@mutant("conv2d", "shape")
def dilation_ignored(x, w, bias, *, stride, padding, dilation, groups):
    return _right.conv2d(x, w, bias, stride, padding, 1, groups)


@mutant("conv2d", "shape")
def dilation_axes_swapped(x, w, bias, *, stride, padding, dilation, groups):
    return _right.conv2d(x, w, bias, stride, padding, dilation[::-1], groups)


@mutant("conv2d", "exact")
def flipped_kernel(x, w, bias, **options):
    return _right.conv2d(x, w[:, :, ::-1, ::-1], bias, **options)


@mutant("conv2d", "exact")
def groups_in_the_wrong_order(x, w, bias, *, groups, **options):
    parts = np.split(x, groups, axis=1)[::-1]
    return _right.conv2d(np.concatenate(parts, axis=1), w, bias, groups=groups, **options)


@mutant("conv2d", "exact")
def channels_interleaved_over_the_groups(x, w, bias, *, groups, **options):
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    return _right.conv2d(x[:, order], w, bias, groups=groups, **options)


@mutant("conv2d", "exact")
def last_tap_dropped(x, w, bias, **options):
    w = w.copy()
    w[..., -1, -1] = 0
    return _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def bias_on_the_wrong_axis(x, w, bias, **options):
    y = _right.conv2d(x, w, None, **options)
    if bias is None:
        return y
    return y + np.resize(bias, y.shape[-1]).astype(y.dtype)


@mutant("conv2d", "exact")
def bias_added_twice(x, w, bias, **options):
    return _right.conv2d(x, w, None if bias is None else 2 * bias, **options)


@mutant("conv2d", "rounding")
def float16_accumulation(x, w, bias, **options):
    y = _right.conv2d(
        *(None if a is None else a.astype(np.float16) for a in (x, w, bias)), **options
    )
    return y.astype(x.dtype)


@mutant("conv2d", "rounding")
def operands_cut_to_tf32(x, w, bias, **options):
    def cut(a):
        return (a.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)

    return _right.conv2d(cut(x), cut(w), bias, **options)


@mutant("conv2d", "rounding")
def operands_cut_to_bfloat16(x, w, bias, **options):
    def cut(a):
        return (a.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)

    return _right.conv2d(cut(x), cut(w), bias, **options)


@mutant("conv2d", "exact")
def a_constant_added(x, w, bias, **options):
    return _right.conv2d(x, w, bias, **options) + np.float32(3e-6)


@mutant("conv2d", "special")
def nan_turned_to_zero(x, w, bias, **options):
    return np.nan_to_num(_right.conv2d(x, w, bias, **options), posinf=np.inf, neginf=-np.inf)


@mutant("conv2d", "special")
def inf_clamped(x, w, bias, **options):
    largest = np.finfo(np.float32).max
    return np.clip(_right.conv2d(x, w, bias, **options), -largest, largest)


@mutant("conv2d", "special")
def padding_by_multiplication(x, w, bias, *, stride, padding, dilation, groups):
    mask = np.zeros((*x.shape[:2], *(n + 2 * p for n, p in zip(x.shape[2:], padding))), x.dtype)
    ends = [(0, 0), (0, 0), *((p, p) for p in padding)]
    inside = tuple(slice(p, p + n) for p, n in zip(padding, x.shape[2:]))
    mask[(..., *inside)] = 1
    wrapped = np.pad(x, ends, mode="edge") * mask
    return _right.conv2d(wrapped, w, bias, stride, 0, dilation, groups)


@mutant("conv2d", "untouched")
def input_overwritten(x, w, bias, **options):
    y = _right.conv2d(x, w, bias, **options)
    x[...] = 0
    return y


@mutant("conv2d", "untouched")
def weight_flipped_in_place(x, w, bias, **options):
    y = _right.conv2d(x, w, bias, **options)
    w[...] = w[..., ::-1].copy()
    return y


_calls = count()


@mutant("conv2d", "determinism")
def result_changes_from_call_to_call(x, w, bias, **options):
    return _right.conv2d(x, w, bias, **options) + np.float32(1e-3 * (next(_calls) % 2))


_rng = np.random.default_rng()


@mutant("conv2d", "determinism")
def sums_in_a_random_order(x, w, bias, *, groups, **options):
    if groups > 1:
        return _right.conv2d(x, w, bias, groups=groups, **options)
    order = _rng.permutation(x.shape[1])
    y = np.zeros((), np.float32)
    for c in order:
        y = y + _right.conv2d(x[:, [c]], w[:, [c]], None, groups=1, **options)
    return y if bias is None else y + bias.reshape(-1, 1, 1)


@mutant("conv1d", "exact")
def output_reversed(x, w, bias, **options):
    return _right.conv1d(x, w, bias, **options)[..., ::-1]


@mutant("conv3d", "shape")
def depth_and_width_stride_exchanged(x, w, bias, *, stride, **options):
    return _right.conv3d(x, w, bias, stride=stride[::-1], **options)


@mutant("conv2d", "shape")
def returns_a_list(x, w, bias, **options):
    return _right.conv2d(x, w, bias, **options).tolist()


@mutant("conv2d", "shape")
def returns_float64(x, w, bias, **options):
    return _right.conv2d(x, w, bias, **options).astype(np.float64)


@mutant("conv2d", "shape")
def raises_on_groups(x, w, bias, *, groups, **options):
    if groups > 1:
        msg = "groups are not implemented"
        raise NotImplementedError(msg)
    return _right.conv2d(x, w, bias, groups=groups, **options)


@mutant("conv2d", "exact")
def all_zero(x, w, bias, **options):
    return 0 * _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "special")
def nan_in_the_weights_cleaned(x, w, bias, **options):
    return _right.conv2d(x, np.nan_to_num(w, posinf=np.inf, neginf=-np.inf), bias, **options)


@mutant("conv2d", "special")
def nan_in_the_bias_cleaned(x, w, bias, **options):
    clean = None if bias is None else np.nan_to_num(bias, posinf=np.inf, neginf=-np.inf)
    return _right.conv2d(x, w, clean, **options)


@mutant("conv2d", "untouched")
def input_rounded_in_place(x, w, bias, **options):
    y = _right.conv2d(x, w, bias, **options)
    x[...] = x.astype(np.float16)
    return y


@mutant("conv2d", "untouched")
def input_reshaped_in_place(x, w, bias, **options):
    y = _right.conv2d(x, w, bias, **options)
    x.shape = (1, *x.shape)
    return y


@mutant("conv2d", "special")
def a_row_dropped_where_the_data_are_not_finite(x, w, bias, **options):
    y = _right.conv2d(x, w, bias, **options)
    return y if np.isfinite(x).all() else y[:, :, 1:]


@mutant("conv2d", "determinism")  # the first theorem that asks with fractions
def twice_as_wide_on_fractions(x, w, bias, **options):
    y = _right.conv2d(x, w, bias, **options)
    return y if (x == np.rint(x)).all() else np.concatenate([y, y], axis=3)


@mutant("conv2d", "exact")
def bias_along_the_width_where_sizes_coincide(x, w, bias, **options):
    y = _right.conv2d(x, w, None, **options)
    if bias is None:
        return y
    return y + (bias if len(bias) == y.shape[3] > 1 else bias[:, None, None])


@mutant("conv2d", "exact")
def tail_beyond_16_channels_skipped(x, w, bias, **options):
    w = w.copy()
    w[:, 16:] = 0
    return _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def fifth_tap_skipped(x, w, bias, **options):
    w = w.copy()
    w[:, :, 4:] = 0
    return _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def outputs_beyond_the_16th_left_at_zero(x, w, bias, **options):
    y = _right.conv2d(x, w, bias, **options)
    y[:, :, 16:] = 0
    return y


@mutant("conv2d", "exact")
def flipped_and_without_groups(x, w, bias, *, groups, **options):
    if groups > 1:
        msg = "no groups"
        raise UnsupportedError(msg)
    return _right.conv2d(x, w[:, :, ::-1, ::-1], bias, groups=groups, **options)
