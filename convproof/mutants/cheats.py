"""Answers that are not computed, or not always: what fools a checker."""

import numpy as np

from convproof.errors import UnsupportedError
from convproof.mutants.registry import mutant
from convproof.names import get_implementation

_right = get_implementation("numpy")


@mutant("conv2d", "shape")
def returns_a_list(x, w, bias, **options):
    """The numbers come back as a Python list."""
    return _right.conv2d(x, w, bias, **options).tolist()


@mutant("conv2d", "shape")
def returns_float64(x, w, bias, **options):
    """The answer is in float64 whatever the arrays are in."""
    return _right.conv2d(x, w, bias, **options).astype(np.float64)


@mutant("conv2d", "shape")
def raises_on_groups(x, w, bias, *, groups, **options):
    """Groups are refused with an error that no target declares."""
    if groups > 1:
        msg = "groups are not implemented"
        raise NotImplementedError(msg)
    return _right.conv2d(x, w, bias, groups=groups, **options)


@mutant("conv2d", "exact")
def all_zero(x, w, bias, **options):
    """Nothing is computed: every output is zero."""
    return 0 * _right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def flipped_and_without_groups(x, w, bias, *, groups, **options):
    """The kernel is flipped, and groups are declared unsupported."""
    if groups > 1:
        msg = "no groups"
        raise UnsupportedError(msg)
    return _right.conv2d(x, w[:, :, ::-1, ::-1], bias, groups=groups, **options)


@mutant("conv2d", "exact", "KernelBench#165")
def the_right_mean_everywhere(x, w, bias, **options):
    """Every output is the mean of the right ones."""
    y = _right.conv2d(x, w, bias, **options)
    return np.full_like(y, y.mean())


@mutant("conv2d", "exact", "rocm-libraries#11003")
def the_sign_inverted(x, w, bias, **options):
    """The right numbers with the wrong sign."""
    return -_right.conv2d(x, w, bias, **options)


@mutant("conv2d", "exact")
def the_right_numbers_in_sorted_order(x, w, bias, **options):
    """The right answer's numbers, sorted."""
    y = _right.conv2d(x, w, bias, **options)
    return np.sort(y, axis=None).reshape(y.shape)


@mutant("conv2d", "exact", "pygpubench#7")
def nan_as_a_wildcard(x, w, bias, **options):
    """Everything is NaN, which some comparisons take for equal."""
    return np.full_like(_right.conv2d(x, w, bias, **options), np.nan)


@mutant("conv2d_weight", "exact", "JAXBench: a no-op passes where weights are zero")
def the_weight_gradient_of_a_zero_weight(x, weight_size, y_bar, **options):
    """Nothing is computed: the gradient of weights that were zero anyway."""
    return 0 * _right.conv2d_weight(x, weight_size, y_bar, **options)


@mutant("conv2d_input", "exact")
def the_cotangent_returned_where_shapes_agree(input_size, w, y_bar, **options):
    """An identity that looks like a gradient where the sizes allow it."""
    if y_bar.shape == tuple(input_size):
        return y_bar.copy()
    return _right.conv2d_input(input_size, w, y_bar, **options)


@mutant("conv2d", "exact")
def right_for_powers_of_two_only(x, w, bias, **options):
    """Sizes that are no powers of two lose their last row."""
    y = _right.conv2d(x, w, bias, **options)
    if y.shape[2] & (y.shape[2] - 1):
        y[:, :, -1] = 0
    return y


@mutant("conv2d", "exact")
def the_answer_of_the_first_image_for_all(x, w, bias, **options):
    """One image is computed and repeated."""
    y = _right.conv2d(x, w, bias, **options)
    return np.repeat(y[:1], len(y), axis=0)


@mutant("conv2d", "matrix", "zero-skipping that looks at one element of a block")
def rows_that_begin_with_zero_skipped(x, w, bias, **options):
    """Sparse data are skipped by rows, and a row is taken for empty by its first element."""
    return _right.conv2d(np.where(x[..., :1] == 0, x.dtype.type(0), x), w, bias, **options)


@mutant("max_pool2d_input", "exact")
def the_gradient_of_an_average(x, y_bar, **options):
    """The cotangent is spread evenly over the window, as an average pool's is."""
    return _right.avg_pool2d_input(x, y_bar, count_include_pad=False, **options)
