"""Faults of arithmetic: precision, integers, special values."""

import numpy as np

from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


def _cut(array, bits):
    """Return the array in float32 without its last bits, in the array's own dtype."""
    kept = np.uint32(2**32 - 2**bits)
    return (array.astype(np.float32).view(np.uint32) & kept).view(np.float32).astype(array.dtype)


@mutant("conv2d", "exact")
def float16_accumulation(x, w, bias, **options):
    """Operands and sums are in half."""
    y = _right.conv2d(
        *(None if a is None else a.astype(np.float16) for a in (x, w, bias)), **options
    )
    return y.astype(x.dtype)


@mutant("conv2d", "rounding")
def operands_cut_to_tf32(x, w, bias, **options):
    """Operands lose 13 bits: TF32, switched on without being asked for."""
    return _right.conv2d(_cut(x, 13), _cut(w, 13), bias, **options)


@mutant("conv2d", "exact")
def operands_cut_to_bfloat16(x, w, bias, **options):
    """Operands lose 16 bits."""
    return _right.conv2d(_cut(x, 16), _cut(w, 16), bias, **options)


@mutant("conv2d", "exact")
def a_constant_added(x, w, bias, **options):
    """Every output is too large by a few millionths."""
    return _right.conv2d(x, w, bias, **options) + np.float32(3e-6)


@mutant("conv2d", "special")
def nan_turned_to_zero(x, w, bias, **options):
    """NaN in the answer is replaced by zero."""
    return np.nan_to_num(_right.conv2d(x, w, bias, **options), posinf=np.inf, neginf=-np.inf)


@mutant("conv2d", "special")
def inf_clamped(x, w, bias, **options):
    """Infinity is replaced by the largest finite number."""
    largest = np.finfo(np.float32).max
    return np.clip(_right.conv2d(x, w, bias, **options), -largest, largest)


@mutant("conv2d", "special")
def padding_by_multiplication(x, w, bias, *, stride, padding, dilation, groups):
    """The padding is what lies there times zero: NaN where that is not finite."""
    mask = np.zeros((*x.shape[:2], *(n + 2 * p for n, p in zip(x.shape[2:], padding))), x.dtype)
    ends = [(0, 0), (0, 0), *((p, p) for p in padding)]
    inside = tuple(slice(p, p + n) for p, n in zip(padding, x.shape[2:]))
    mask[(..., *inside)] = 1
    wrapped = np.pad(x, ends, mode="edge") * mask
    return _right.conv2d(wrapped, w, bias, stride, 0, dilation, groups)


@mutant("conv2d", "special")
def nan_in_the_weights_cleaned(x, w, bias, **options):
    """NaN in the weights counts as zero."""
    return _right.conv2d(x, np.nan_to_num(w, posinf=np.inf, neginf=-np.inf), bias, **options)


@mutant("conv2d", "special")
def nan_in_the_bias_cleaned(x, w, bias, **options):
    """NaN in the bias counts as zero."""
    clean = None if bias is None else np.nan_to_num(bias, posinf=np.inf, neginf=-np.inf)
    return _right.conv2d(x, w, clean, **options)


@mutant("conv2d", "special")
def a_row_dropped_where_the_data_are_not_finite(x, w, bias, **options):
    """The first row is missing where the input holds NaN or infinity."""
    y = _right.conv2d(x, w, bias, **options)
    return y if np.isfinite(x).all() else y[:, :, 1:]


@mutant("conv2d", "determinism")  # the first theorem that asks with fractions
def twice_as_wide_on_fractions(x, w, bias, **options):
    """The answer is repeated where the input is not in whole numbers."""
    y = _right.conv2d(x, w, bias, **options)
    return y if (x == np.rint(x)).all() else np.concatenate([y, y], axis=3)


@mutant("conv2d_weight", "special")
def nan_turned_to_zero_in_the_weight_gradient(x, weight_size, y_bar, **options):
    """NaN in the weight's gradient is replaced by zero."""
    return np.nan_to_num(
        _right.conv2d_weight(x, weight_size, y_bar, **options), posinf=np.inf, neginf=-np.inf
    )


@mutant("conv3d_weight", "exact")
def half_sums_in_the_weight_gradient(x, weight_size, y_bar, **options):
    """The weight's gradient is summed in half."""
    halves = (a.astype(np.float16) for a in (x, y_bar))
    x, y_bar = halves
    return _right.conv3d_weight(x, weight_size, y_bar, **options).astype(np.float32)


@mutant("conv3d_bias", "special")
def nan_skipped_in_the_bias_gradient(y_bar):
    """Cotangents that are NaN are left out of the sum."""
    return np.nansum(y_bar, axis=(0, 2, 3, 4))


@mutant("conv2d", "exact", "int32 wrap, re-made at a reachable width: onnxruntime#32299")
def sums_wrap_at_sixteen_bits(x, w, bias, **options):
    """Whole numbers are summed in 16 bits, and wrap."""
    whole = all((a == np.rint(a)).all() for a in (x, w))
    y = _right.conv2d(x, w, bias, **options)
    return ((y + 2**15) % 2**16 - 2**15).astype(y.dtype) if whole else y


@mutant("conv2d_weight", "exact")
def operands_of_eight_bits_in_the_weight_gradient(x, weight_size, y_bar, **options):
    """Whole numbers are held in 8 bits, and wrap."""
    whole = (x == np.rint(x)).all() and (y_bar == np.rint(y_bar)).all()
    held = ((x + 128) % 256 - 128).astype(x.dtype) if whole else x
    return _right.conv2d_weight(held, weight_size, y_bar, **options)


@mutant("conv2d", "exact", "Winograd F(4,3) and FFT: exact sums in inexact arithmetic")
def winograd_by_four(x, w, bias, *, stride, padding, dilation, groups):
    """Winograd's F(4x4, 3x3), where it applies: its constants 1/6 and 1/24 are rounded."""
    plain = stride == (1, 1) and dilation == (1, 1) and groups == 1 and w.shape[2:] == (3, 3)
    if not plain or not np.isfinite(x).all() or not np.isfinite(w).all():
        return _right.conv2d(x, w, bias, stride, padding, dilation, groups)
    y = _winograd(x.astype(np.float32), w.astype(np.float32), padding).astype(x.dtype)
    return y if bias is None else y + bias.reshape(-1, 1, 1)


_G = np.array(
    [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6],
     [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]], np.float32,
)  # fmt: skip
_B = np.array(
    [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0],
     [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]], np.float32,
)  # fmt: skip
_A = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float32
)


def _winograd(x, w, padding):
    """Return the convolution by tiles of 4 x 4 outputs, Lavin and Gray 2016."""
    rows, columns = (n + 2 * p - 2 for n, p in zip(x.shape[2:], padding))
    down, across = -(-rows // 4), -(-columns // 4)
    ends = [(p, 4 * tiles + 2 - n - p) for n, p, tiles in zip(x.shape[2:], padding, (down, across))]
    tiles = np.pad(x, [(0, 0), (0, 0), *ends])
    filters = _G @ w @ _G.T
    y = np.zeros((len(x), len(w), 4 * down, 4 * across), np.float32)
    for i in range(down):
        for j in range(across):
            tile = _B @ tiles[:, :, 4 * i : 4 * i + 6, 4 * j : 4 * j + 6] @ _B.T
            summed = (tile[:, None] * filters[None]).sum(axis=2)
            y[:, :, 4 * i : 4 * i + 4, 4 * j : 4 * j + 4] = _A @ summed @ _A.T
    return y[:, :, :rows, :columns].copy()


@mutant("conv2d", "rounding")
def answer_kept_in_bfloat16(x, w, bias, **options):
    """The sum is right, and stored in 16 bits."""
    y = _right.conv2d(x, w, bias, **options)
    return y if (x == np.rint(x)).all() else _cut(y, 16)


@mutant("conv2d", "rounding")
def operands_cut_to_float16_on_fractions(x, w, bias, **options):
    """A silent downcast: KernelBench#155."""
    half = (a.astype(np.float16).astype(a.dtype) for a in (x, w))
    return _right.conv2d(*half, bias, **options)


@mutant("avg_pool2d", "rounding")
def means_in_half(x, **options):
    """Whole numbers are averaged as they are, fractions in half."""
    if (x == np.rint(x)).all():
        return _right.avg_pool2d(x, **options)
    return _right.avg_pool2d(x.astype(np.float16), **options).astype(x.dtype)


@mutant("conv_transpose2d", "special")
def nan_lost_in_the_scatter(x, w, bias, **options):
    """Inputs that are not numbers are passed over when they are spread."""
    clean = np.nan_to_num(x, posinf=np.inf, neginf=-np.inf)
    return _right.conv_transpose2d(clean, w, bias, **options)


@mutant("avg_pool2d", "special")
def mean_of_the_numbers_only(x, **options):
    """NaN is left out of a mean."""
    return _right.avg_pool2d(np.nan_to_num(x, posinf=np.inf, neginf=-np.inf), **options)
