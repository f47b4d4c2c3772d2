"""Faults in products on the tensor cores: barriers, tails, layouts, tables, swizzles, phases.

These kernels are launched for large products; here they are, however small one is.
"""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from convproof.mutants import Mutant
from convproof_gpu import choices, tensor_products
from convproof_gpu.mutants.patched import patched
from convproof_gpu.tiles import TensorTile

_TILE, _MAPS, _KERNELS = "tensor_contraction.cuh", "tensor_products.cuh", "conv_tensor.cu"
_LEAST = TensorTile(64, 64)


def _always(*fault: str, parts: int = 1) -> Mutant:
    """Return a mutant whose kernels are launched for any product, its depth in so many parts."""
    mutant = patched(*fault)

    def faulty(*arrays: Any, **options: Any) -> Any:
        with (
            patch.object(choices, "tile_of", lambda *_: _LEAST),
            patch.object(tensor_products, "parted", lambda *_: (0.0, parts)),
        ):
            return mutant.code(*arrays, **options)

    faulty.__doc__, faulty.__name__ = mutant.code.__doc__, mutant.name
    return replace(mutant, code=faulty)


MUTANTS = [
    _always(
        "tensor_kernel_without_a_barrier_before_the_products", "conv2d", "shape", _TILE,
        "    __syncthreads();\n    if (slab % AHEAD == 0", "    if (slab % AHEAD == 0",
        "Words are multiplied while others still copy and split them.",
    ),
    _always(
        "tensor_kernel_with_the_low_words_of_the_next_slab", "conv2d", "shape", _TILE,
        "const float* const low = low_of + slab % 2",
        "const float* const low = low_of + (slab + 1) % 2",
        "Low words are multiplied while those of the next slab are written over them.",
    ),
    _always(
        "tensor_kernel_that_splits_what_it_has_not_copied", "conv2d", "shape", _TILE,
        "    cp_async_wait<0>();\n", "",
        "Words are on their way when they are split and multiplied.",
    ),
    _always(
        "tensor_kernel_without_a_barrier_before_the_sums", "conv2d", "shape", _TILE,
        "c & 3) * 8);\n  };\n  __syncthreads();\n", "c & 3) * 8);\n  };\n",
        "Sums are put where others still multiply the last slab.",
    ),
    _always(
        "tensor_kernel_without_a_barrier_before_the_sums_change_hands", "conv2d", "shape", _TILE,
        "sum[i][j + 1]);\n    }\n  __syncthreads();\n", "sum[i][j + 1]);\n    }\n",
        "Sums are stored while others still hand them over.",
    ),
    _always(
        "tensor_kernel_with_rows_beyond_the_tail", "conv2d", "shape", _TILE,
        "r < ROWS && first_row + r < map.rows;",
        "r < ROWS && first_row + r <= map.rows;",
        "A row too many is written.",
    ),
    _always(
        "tensor_kernel_that_reads_a_row_too_many", "conv2d", "shape", _TILE,
        "(line + 16 * j < map.rows - first_row)", "(line + 16 * j <= map.rows - first_row)",
        "A row that is not there is copied.",
    ),
    _always(
        "tensor_kernel_that_reads_beyond_the_depth", "conv2d", "shape", _TILE,
        "there = depth < end - start;", "there = depth <= end - start;",
        "Of a slab that ends within, the unit after the last is copied.",
    ),
    _always(
        "tensor_kernel_with_a_source_of_other_channels", "conv2d", "shape", _MAPS,
        "padded((of.channels + UNIT - 1) / UNIT * UNIT)", "padded((of.channels + 7) / 8 * 8)",
        "Where a unit has four channels, eight are taken to lie side by side.",
    ),
    _always(
        "tensor_kernel_that_lays_a_source_out_with_other_channels", "conv2d", "shape", _KERNELS,
        "padded = (channels + EACH - 1) / EACH * EACH", "padded = (channels + 7) / 8 * 8",
        "The same where the source is laid out.",
    ),
    _always(
        "tensor_kernel_with_a_source_without_zeros", "conv2d", "shape", _KERNELS,
        "(channel + c < channels) & (first + p < volume)", "first + p < volume",
        "The zeros that fill a unit are elements of the next channels.",
    ),
    _always(
        "tensor_kernel_with_taps_as_far_apart_as_channels", "conv2d", "shape", _MAPS,
        "modular(at.step, s.source) * static_cast<unsigned>(padded)", "modular(at.step, s.source)",
        "A tap's step is counted in elements, not in positions.",
    ),
    _always(
        "tensor_kernel_with_every_second_unit", "conv2d", "exact", _TILE,
        "if (d < end) chunk = map.chunk(product, d);",
        "if (d < end) chunk = map.chunk(product, d - d % (2 * UNIT<Word>));",
        "Two neighbouring units of a slab are one.",
    ),
    _always(
        "tensor_kernel_without_padding_below", "conv2d", "shape", _TILE,
        "static_cast<unsigned>(chunk.step[d]) < static_cast<unsigned>(sizes[d]);",
        "static_cast<unsigned>(chunk.step[d]) + 1u < static_cast<unsigned>(sizes[d]) + 1u;",
        "Positions below the source are read.",
    ),
    _always(
        "tensor_kernel_with_the_bias_of_the_first_group", "conv2d", "exact", _KERNELS,
        "widened(b[product * sizes.rows + r])", "widened(b[r])",
        "Every group has the first one's bias.",
    ),
    _always(
        "tensor_kernel_with_the_bias_of_the_next_position", "conv2d", "exact", _KERNELS,
        "widened(b[at / volume % channels])", "widened(b[at % channels])",
        "The sum of the parts has the biases in turn.",
        parts=2,
    ),
    _always(
        "tensor_kernel_with_the_order_of_another_channel", "conv2d", "exact", _KERNELS,
        "apart[d] * (d > 0 ? many[d - 1].rest(rest) : rest);",
        "apart[d] * (d > 0 ? many[d - 1].by - 1 - many[d - 1].rest(rest) : rest);",
        "The taps are laid out in reverse.",
    ),
    _always(
        "tensor_kernel_without_a_swizzle_where_columns_are_read", "conv2d", "exact", _TILE,
        "a + swizzled(base + lane % 16, 8 * s + 4 * (lane / 16))",
        "a + (base + lane % 16) * 32 + 8 * s + 4 * (lane / 16)",
        "Columns are read where they would lie unswizzled.",
    ),
    _always(
        "tensor_kernel_with_phases_one_position_off", "conv2d_input", "shape", _MAPS,
        "this->s.first[d] + this->s.spread[d] * q[d];",
        "(this->s.first[d] + 1) % this->s.spread[d] + this->s.spread[d] * q[d];",
        "Every phase writes the results of the next.",
    ),
    _always(
        "tensor_kernel_with_neighbouring_taps_in_a_phase", "conv2d_input", "exact", _KERNELS,
        "tap[d] + apart[d] * (d > 0 ? many[d - 1].rest(rest) : rest);",
        "(tap[d] + (d > 0 ? many[d - 1].rest(rest) : rest)) % kernel[d];",
        "A phase meets the taps one after another.",
    ),
    _always(
        "tensor_kernel_without_a_swizzle_where_units_are_columns", "conv2d_weight", "exact", _TILE,
        "a[word(base + g + 8 * (e & 1), 8 * s + t + 4 * (e >> 1))]",
        "a[(8 * s + t + 4 * (e >> 1)) * COLUMNS + base + g + 8 * (e & 1)]",
        "Channels are read where they would lie unswizzled.",
    ),
    _always(
        "tensor_kernel_with_rows_of_another_length", "conv2d_weight", "shape", _MAPS,
        "long_row() const { return static_cast<unsigned>(length); }",
        "long_row() const { return static_cast<unsigned>(depths); }",
        "A row of y_bar begins where the depths of the one before end, without its zeros.",
    ),
    _always(
        "tensor_kernel_with_rows_of_the_first_image", "conv2d_weight", "exact", _KERNELS,
        "y_bar[(n * rows + row) * volume.by + q]", "y_bar[row * volume.by + q]",
        "Every image has the first one's rows.",
    ),
    _always(
        "tensor_kernel_with_the_depths_of_another_slab", "conv2d_weight", "exact", _TILE,
        "lefts[entry] = d < end ? map.beyond(d) : 0;",
        "lefts[entry] = d + 4 < end ? map.beyond(d + 4) : 0;",
        "A depth of x meets one of y_bar that is four further.",
    ),
    _always(
        "tensor_kernel_without_the_last_part", "conv2d_weight", "exact", _KERNELS,
        "parts + (static_cast<long long>(split) * size + at.to)",
        "parts + (static_cast<long long>(split > 0 ? split - 1 : 0) * size + at.to)",
        "The first part is added in the last one's place.",
        parts=2,
    ),
]  # fmt: skip
