"""Faults in the border of circular convolutions: remainders, axes, copies, planes."""

from functools import partial

from convproof_gpu.mutants.patched import patched
from convproof_gpu.wing import Wing

_circular = partial(patched, supports=Wing.supports)
_WRAPPING, _ADJOINT = "wrapping.cuh", "wrap_input_vjp.cu"

MUTANTS = [
    _circular(
        "kernel_with_the_remainder_of_cpp", "conv2d", "shape", _WRAPPING,
        "i[d] = left < 0 ? left + input[d] : left;", "i[d] = left;",
        "A position below the input is copied from before the array, or from another row.",
    ),
    _circular(
        "kernel_with_a_mirrored_border", "conv2d", "exact", _WRAPPING,
        "(p[d] - low[d]) % input[d];", "(low[d] - p[d]) % input[d];",
        "The copies run backwards.",
    ),
    _circular(
        "kernel_with_the_border_of_the_first_axis", "conv2d", "exact", _WRAPPING,
        "(p[d] - low[d]) % input[d];", "(p[d] - low[0]) % input[d];",
        "Every axis has the first one's low end.",
    ),
    _circular(
        "kernel_that_forgets_the_copies_below", "conv2d_input", "exact", _WRAPPING,
        "box.begin[d] = (i[d] + low[d]) % input[d];", "box.begin[d] = i[d] + low[d];",
        "An input does not add up its copies in the low end.",
    ),
    _circular(
        "kernel_that_forgets_the_last_copy", "conv2d_input", "exact", _WRAPPING,
        "box.end[d] = bordered[d];", "box.end[d] = bordered[d] - 1;",
        "The last position along every axis has no gradient.",
    ),
    _circular(
        "kernel_with_a_border_beyond_the_end", "conv2d_input", "shape", _WRAPPING,
        "box.end[d] = bordered[d];", "box.end[d] = bordered[d] + 1;",
        "An input adds up a copy that is not there.",
    ),
    _circular(
        "kernel_that_adds_no_copy_but_the_last", "conv2d_input", "exact", _ADJOINT,
        "{ sum += image[p]; }", "{ sum = image[p]; }",
        "The last copy replaces the sum.",
    ),
    _circular(
        "kernel_with_the_gradient_by_the_first_planes_border", "conv2d_input", "exact", _ADJOINT,
        "y_bar + unflat(number, wrapping.input, i) * volume(wrapping.bordered);",
        "y_bar + unflat(number, wrapping.input, i) * 0;",
        "Every feature map has the gradient of the first one.",
    ),
]  # fmt: skip
