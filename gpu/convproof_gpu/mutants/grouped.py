"""Faults in convolutions of few channels to a group: borders, tails, weights, patches, parts.

These kernels are launched for many outputs; here they are, however few there are.
"""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from convproof.mutants import Mutant
from convproof_gpu import grouped
from convproof_gpu.mutants.patched import patched

_COMMON, _FORWARD, _WEIGHT = "grouped.cuh", "grouped_forward.cu", "grouped_weight_vjp.cu"


def _always(*fault: str) -> Mutant:
    """Return a mutant whose kernels are launched for convolutions of any number of outputs."""
    mutant = patched(*fault)

    def faulty(*arrays: Any, **options: Any) -> Any:
        with patch.object(grouped, "LEAST", 1):
            return mutant.code(*arrays, **options)

    faulty.__doc__, faulty.__name__ = mutant.code.__doc__, mutant.name
    return replace(mutant, code=faulty)


MUTANTS = [
    _always(
        "grouped_kernel_without_padding_below", "conv2d", "shape", _COMMON,
        "there && 0 <= column + k &&", "there &&",
        "Columns below the input are those of the row before.",
    ),
    _always(
        "grouped_kernel_with_a_column_beyond_the_input", "conv2d", "shape", _COMMON,
        "column + k < s.input[2]", "column + k <= s.input[2]",
        "The column after the last is read instead of padding.",
    ),
    _always(
        "grouped_kernel_with_a_row_beyond_the_input", "conv2d", "shape", _COMMON,
        "0 <= row && row < s.input[1]", "0 <= row && row <= s.input[1]",
        "The row after the last is read instead of padding.",
    ),
    _always(
        "grouped_kernel_with_outputs_beyond_the_last_row", "conv2d", "shape", _FORWARD,
        "if (strip.row + j < s.output[1])", "if (strip.row + j <= s.output[1])",
        "The row after the last one is written.",
    ),
    _always(
        "grouped_kernel_without_a_barrier_after_the_weights", "conv2d", "shape", _FORWARD,
        "  __syncthreads();\n", "",
        "Weights are read while others still write them.",
    ),
    _always(
        "grouped_kernel_with_the_weights_of_the_first_group", "conv2d", "exact", _FORWARD,
        ": ((g * s.out_channels + m) * s.in_channels + c)", ": (m * s.in_channels + c)",
        "Every group has the first one's weights.",
    ),
    _always(
        "grouped_kernel_with_the_bias_of_the_first_group", "conv2d", "exact", _FORWARD,
        "widened(b[g * s.out_channels + m])", "widened(b[m])",
        "Every group has the first one's bias.",
    ),
    _always(
        "grouped_kernel_with_the_inputs_of_the_first_channel", "conv2d", "exact", _FORWARD,
        "c++, plane += inputs)", "c++)",
        "All input channels of a group are the first.",
    ),
    _always(
        "grouped_kernel_with_the_same_weights_for_every_level", "conv2d", "exact", _FORWARD,
        "weights += PATCH * s.kernel[2] * CHANNELS)", "weights += CHANNELS)",
        "The rows of taps are one tap apart.",
    ),
    _always(
        "grouped_kernel_without_dilation", "conv2d", "exact", _FORWARD,
        "start[2] + k * s.dilation[2]", "start[2] + k",
        "The taps of a row are neighbours.",
    ),
    _always(
        "grouped_kernel_with_the_taps_not_flipped", "conv2d_input", "exact", _FORWARD,
        "* area + area - 1 - k\n", "* area + k\n",
        "The gradient is that of the flipped kernel.",
    ),
    _always(
        "grouped_kernel_with_a_tail_of_the_next_channel", "conv2d_weight", "shape", _WEIGHT,
        "answer[j][m] = j < left && m < s.out_channels ?", "answer[j][m] = m < s.out_channels ?",
        "Cotangents of the next channel are read for rows that there are not.",
    ),
    _always(
        "grouped_kernel_without_the_sharers", "conv2d_weight", "exact", _WEIGHT,
        "other < sharing.sharers", "other < 1",
        "Of the warps that share the strips the first one's sum is kept.",
    ),
    _always(
        "grouped_kernel_without_the_upper_lanes", "conv2d_weight", "exact", _WEIGHT,
        "for (int flip = 16; flip > 0; flip /= 2)", "for (int flip = 8; flip > 0; flip /= 2)",
        "Half of a warp's lanes are left out.",
    ),
    _always(
        "grouped_kernel_with_the_columns_for_the_rows", "conv2d_weight", "exact", _WEIGHT,
        "v[j + t / PATCH][t % PATCH]", "v[j + t % PATCH][t / PATCH]",
        "A patch is transposed.",
    ),
    _always(
        "grouped_kernel_without_a_barrier_before_the_patches", "conv2d_weight", "shape", _WEIGHT,
        "s.dilation[2]};\n  }\n  __syncthreads();\n", "s.dilation[2]};\n  }\n",
        "Patches are read while others still write them.",
    ),
]  # fmt: skip
