"""Faults in convolutions of few channels: patches, barriers, tails, remainders, passes.

These kernels are launched for many outputs; here they are, however few there are.
"""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from convproof.mutants import Mutant
from convproof_gpu import few_channels, few_channels_input
from convproof_gpu.mutants.patched import patched

_COMMON, _FORWARD = "few_channels.cuh", "few_channels_forward.cu"
_WEIGHT, _INPUT = "few_channels_weight_vjp.cu", "few_channels_input_vjp.cu"


def _always(*fault: str) -> Mutant:
    """Return a mutant whose kernels are launched for convolutions of any number of outputs."""
    mutant = patched(*fault)

    def faulty(*arrays: Any, **options: Any) -> Any:
        least = patch.object(few_channels, "LEAST", 1)
        with least, patch.object(few_channels_input, "GAIN", 0):
            return mutant.code(*arrays, **options)

    faulty.__doc__, faulty.__name__ = mutant.code.__doc__, mutant.name
    return replace(mutant, code=faulty)


MUTANTS = [
    _always(
        "few_channels_kernel_without_padding_below", "conv2d", "shape", _COMMON,
        "0 <= at && at < width", "at < width",
        "Columns below the input are those of the row before.",
    ),
    _always(
        "few_channels_kernel_with_a_column_beyond_the_input", "conv2d", "shape", _COMMON,
        "0 <= at && at < width", "0 <= at && at <= width",
        "The column after the input is read instead of padding.",
    ),
    _always(
        "few_channels_kernel_with_a_row_beyond_the_input", "conv2d", "shape", _COMMON,
        "0 <= i && i < height", "0 <= i && i <= height",
        "The row after the input is read instead of padding.",
    ),
    _always(
        "few_channels_kernel_with_the_remainder_for_the_quotient", "conv2d", "shape", _COMMON,
        "(r * stride + j % stride) * pitch + j / stride",
        "(r * stride + j / stride % stride) * pitch + j % stride",
        "The columns of a patch are split by their quotient.",
    ),
    _always(
        "few_channels_kernel_without_a_barrier_before_computing", "conv2d", "shape", _FORWARD,
        "        __syncthreads();\n      }\n      if (works)", "      }\n      if (works)",
        "A patch is read while others still write it.",
    ),
    _always(
        "few_channels_kernel_without_a_barrier_before_staging", "conv2d", "shape", _FORWARD,
        "if (plan.held == 1) __syncthreads();", "",
        "A patch is written while others still read it.",
    ),
    _always(
        "few_channels_kernel_with_rows_beyond_the_tail", "conv2d", "shape", _FORWARD,
        "row + r >= s.output[1]) continue;", "row + r > s.output[1]) continue;",
        "A row too many is written.",
    ),
    _always(
        "few_channels_kernel_with_columns_beyond_the_tail", "conv2d", "shape", _FORWARD,
        "if (column + p < s.output[2]) at[p]", "if (column + p <= s.output[2]) at[p]",
        "A column too many is written.",
    ),
    _always(
        "few_channels_kernel_with_a_channel_beyond_the_tail", "conv2d", "shape", _FORWARD,
        "if (first_channel + channel + m >= s.out_channels ||",
        "if (first_channel + channel + m > s.out_channels ||",
        "A channel too many is written.",
    ),
    _always(
        "few_channels_kernel_with_stride_for_dilation", "conv2d", "shape", _FORWARD,
        "s.stride[1] * ROWS * line + s.dilation[1] * k;",
        "s.stride[1] * ROWS * line + s.stride[1] * k;",
        "Rows of taps are a stride apart.",
    ),
    _always(
        "few_channels_kernel_with_the_weights_of_the_first_plane", "conv2d", "exact", _FORWARD,
        "w[(m * planes + plane) * area + tap]", "w[m * planes * area + tap]",
        "Every input channel has the first one's weights.",
    ),
    _always(
        "few_channels_kernel_with_the_bias_of_the_first_channels", "conv2d", "exact", _FORWARD,
        "widened(b[to])", "widened(b[to % 2])",
        "The channels have the first two's bias in turn.",
    ),
    _always(
        "few_channels_kernel_without_the_last_column", "conv2d_weight", "exact", _WEIGHT,
        "if (p < left)", "if (p + 1 < left)",
        "The last column of outputs has no gradient.",
    ),
    _always(
        "few_channels_kernel_with_one_lane", "conv2d_weight", "exact", _WEIGHT,
        "for (int apart = 16; apart > 0; apart /= 2)",
        "for (int apart = 16; apart > 8; apart /= 2)",
        "A gradient is the sum of two lanes.",
    ),
    _always(
        "few_channels_kernel_that_computes_while_others_stage", "conv2d_weight", "shape", _WEIGHT,
        "    __syncthreads();\n\n    for (int line", "    for (int line",
        "A strip is read while others still write it.",
    ),
    _always(
        "few_channels_kernel_with_the_first_images_inputs", "conv2d_weight", "exact", _WEIGHT,
        "x + (inside ? ((n * s.in_channels + c)", "x + (inside ? (c",
        "Every cotangent meets the first image.",
    ),
    _always(
        "few_channels_kernel_that_writes_channels_beyond_the_tail", "conv2d_weight", "shape",
        _WEIGHT, "channel < s.out_channels && plane", "channel <= s.out_channels && plane",
        "The weights of a channel too many are written.",
    ),
    _always(
        "few_channels_input_kernel_without_a_barrier_before_computing", "conv2d_input", "shape",
        _INPUT, "    cp_async_wait<0>();\n    __syncthreads();\n", "    cp_async_wait<0>();\n",
        "Cotangents are read while others still copy them.",
    ),
    _always(
        "few_channels_input_kernel_that_waits_for_no_copy", "conv2d_input", "shape",
        _INPUT, "    cp_async_wait<0>();\n", "", "Cotangents are read before they are there.",
    ),
    _always(
        "few_channels_input_kernel_with_a_row_beyond_the_output", "conv2d_input", "shape", _INPUT,
        "0 <= o && o < height", "0 <= o && o <= height",
        "The row after the output is staged instead of zeros.",
    ),
    _always(
        "few_channels_input_kernel_with_a_column_beyond_the_output", "conv2d_input", "shape",
        _INPUT, "0 <= at && at < width", "0 <= at && at <= width",
        "The column after the output is staged instead of a zero.",
    ),
    _always(
        "few_channels_input_kernel_with_the_taps_of_the_first_phase", "conv2d_input", "exact",
        _INPUT, "step * first % stride != phase", "step * first % stride != 0",
        "Every row meets the taps of the first.",
    ),
    _always(
        "few_channels_input_kernel_with_the_weights_of_the_first_channel", "conv2d_input",
        "channels", _INPUT, "(m * s.in_channels + c) * taps + tap",
        "m * s.in_channels * taps + tap",
        "Every input channel has the first one's weights.",
    ),
    _always(
        "few_channels_input_kernel_with_a_row_beyond_the_tail", "conv2d_input", "shape", _INPUT,
        "i < 0 || i >= s.input[1]", "i < 0 || i > s.input[1]", "A row too many is written.",
    ),
    _always(
        "few_channels_input_kernel_with_a_column_beyond_the_tail", "conv2d_input", "shape", _INPUT,
        "left + j < s.input[2])", "left + j <= s.input[2])", "A column too many is written.",
    ),
    _always(
        "few_channels_input_kernel_that_writes_sums_where_others_read", "conv2d_input", "shape",
        _INPUT, "    __syncthreads();  // others may still read what lies there\n", "",
        "Sums are written over cotangents that others still read.",
    ),
    _always(
        "few_channels_input_kernel_that_reads_sums_too_early", "conv2d_input", "shape", _INPUT,
        "    __syncthreads();\n    if (c >=", "    if (c >=",
        "Sums are read while others still write them.",
    ),
    _always(
        "few_channels_input_kernel_without_the_last_of_three_rows", "conv2d_input", "exact",
        _INPUT, "i >= -2; i--", "i >= -1; i--", "Of three rows of taps the last misses a row.",
    ),
    _always(
        "few_channels_input_kernel_with_the_first_images_cotangents", "conv2d_input", "exact",
        _INPUT, "(n * s.out_channels + m) * outputs", "m * outputs",
        "Every gradient is of the first image.",
    ),
    _always(
        "few_channels_input_kernel_with_the_remainder_of_a_tap", "conv2d_input", "exact", _INPUT,
        "- k / S + j", "- k % S + j", "A tap meets the output of its phase.",
    ),
]  # fmt: skip
