"""Faults in the products on the tensor cores: barriers, tails, tables, swizzles, phases, parts.

These kernels are launched for large products; here they are, however small one is.
"""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from convproof.mutants import Mutant
from convproof_gpu import products, tensor_products
from convproof_gpu.mutants.patched import patched
from convproof_gpu.tiles import TensorTile

_TILE, _MAPS, _KERNELS = "tensor_contraction.cuh", "tensor_products.cuh", "conv_tensor.cu"
_LEAST = TensorTile(64, 64)


def _always(*fault: str, parts: int = 1) -> Mutant:
    """Return a mutant whose kernels are launched for any product, its depth in so many parts."""
    mutant = patched(*fault)

    def faulty(*arrays: Any, **options: Any) -> Any:
        with (
            patch.object(products, "tile_of", lambda _: _LEAST),
            patch.object(tensor_products, "parted", lambda *_: (0.0, parts)),
        ):
            return mutant.code(*arrays, **options)

    faulty.__doc__, faulty.__name__ = mutant.code.__doc__, mutant.name
    return replace(mutant, code=faulty)


MUTANTS = [
    _always(
        "tensor_kernel_without_a_barrier_before_the_low_words", "conv2d", "shape", _TILE,
        "    cp_async_wait<0>();\n    __syncthreads();\n", "    cp_async_wait<0>();\n",
        "Words are split while others still copy them.",
    ),
    _always(
        "tensor_kernel_without_a_barrier_before_the_products", "conv2d", "shape", _TILE,
        "    warpgroup_visible();\n    __syncthreads();\n", "    warpgroup_visible();\n",
        "Low words are multiplied while others still write them.",
    ),
    _always(
        "tensor_kernel_without_a_barrier_before_the_sums_change_hands", "conv2d", "shape", _TILE,
        "= sum[i][j];\n  __syncthreads();\n", "= sum[i][j];\n",
        "Sums are stored while others still hand them over.",
    ),
    _always(
        "tensor_kernel_with_rows_beyond_the_tail", "conv2d", "shape", _TILE,
        "line < ROWS && first_row + line < map.rows;",
        "line < ROWS && first_row + line <= map.rows;",
        "A row too many is written.",
    ),
    _always(
        "tensor_kernel_with_missing_channels", "conv2d", "shape", _TILE,
        "meets & (k < chunk.channels)", "meets",
        "The channels that a chunk lacks are read.",
    ),
    _always(
        "tensor_kernel_with_the_table_of_another_slab", "conv2d", "shape", _TILE,
        "chunks[slab % 2 * (DEPTH / CHUNK) + thread] = chunk;",
        "chunks[slab / 2 % 2 * (DEPTH / CHUNK) + thread] = chunk;",
        "Of four slabs the second finds the first one's chunks.",
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
        "place[d] = tap[d] + apart[d] * (rest % many[d]);",
        "place[d] = tap[d] + apart[d] * (many[d] - 1 - rest % many[d]);",
        "The taps are laid out in reverse.",
    ),
    _always(
        "tensor_kernel_with_phases_one_position_off", "conv2d_input", "shape", _MAPS,
        "this->s.first[d] + this->s.spread[d] * q[d];",
        "(this->s.first[d] + 1) % this->s.spread[d] + this->s.spread[d] * q[d];",
        "Every phase writes the results of the next.",
    ),
    _always(
        "tensor_kernel_with_neighbouring_taps_in_a_phase", "conv2d_input", "exact", _KERNELS,
        "place[d] = tap[d] + apart[d] * (rest % many[d]);",
        "place[d] = (tap[d] + rest % many[d]) % kernel[d];",
        "A phase meets the taps one after another.",
    ),
    _always(
        "tensor_kernel_without_a_swizzle_where_columns_are_read", "conv2d_weight", "exact", _TILE,
        "a + swizzled(base + lane % 16, 8 * s + 4 * (lane / 16))",
        "a + (base + lane % 16) * 32 + 8 * s + 4 * (lane / 16)",
        "Columns are read where they would lie unswizzled.",
    ),
    _always(
        "tensor_kernel_without_the_last_part", "conv2d_weight", "exact", _KERNELS,
        "parts[static_cast<long long>(split) * n + at];\n  w_bar[to]",
        "parts[static_cast<long long>(split > 0 ? split - 1 : 0) * n + at];\n  w_bar[to]",
        "The first part is added in the last one's place.",
        parts=2,
    ),
]  # fmt: skip
