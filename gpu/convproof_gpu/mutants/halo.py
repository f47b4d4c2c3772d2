"""Faults in convolutions whose source is staged once: barriers, stages, tails, places, taps.

These kernels are launched where they are asked for; here they are, wherever they can be, and in
words of tf32: the laws that refute are those of integers, which are such words. Faults that need
more channels or pixels than these laws draw are planted in ``tests/gpu/kernels/test_halo.py``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from convproof.index_maps import Correlated, Spread
from convproof.mutants import Mutant
from convproof_gpu import choices
from convproof_gpu.halo_plans import HaloTile, refused
from convproof_gpu.mutants.patched import patched
from convproof_gpu.tiles import tile_of

_TILE = "halo.cuh"
_LEAST = HaloTile(64, 1)


def where_taken(tile: HaloTile) -> Callable[..., Any]:
    """Return a ``tile_of`` that chooses the tile where it is taken, and else what it chooses."""

    def chosen(map_: Any, precision: Any, element: str, shared: int) -> Any:
        is_adjoint = isinstance(map_, Spread)
        if isinstance(map_, Correlated | Spread) and not refused(
            map_.sizes, element, tile, is_adjoint=is_adjoint, shared=shared
        ):
            return tile
        return tile_of(map_, precision, element, shared)

    return chosen


def _always(*fault: str) -> Mutant:
    """Return a mutant whose kernel is launched for any convolution that it takes."""
    mutant = patched(*fault)

    def faulty(*arrays: Any, **options: Any) -> Any:
        with patch.object(choices, "tile_of", where_taken(_LEAST)):
            return mutant.code(*arrays, **options)

    faulty.__doc__, faulty.__name__ = mutant.code.__doc__, mutant.name
    return replace(mutant, code=faulty)


MUTANTS = [
    _always(
        "halo_kernel_without_a_barrier_before_the_products", "conv2d", "shape", _TILE,
        "    __syncthreads();\n#pragma unroll\n    for (int i = 0; i < SQUARES; i++)\n      warp",
        "#pragma unroll\n    for (int i = 0; i < SQUARES; i++)\n      warp",
        "Words are multiplied while others still copy them.",
    ),
    _always(
        "halo_kernel_that_waits_for_a_slab_less", "conv2d", "shape", _TILE,
        "          cp_async_wait<1>();", "          cp_async_wait<2>();",
        "Weights of the next slab are on their way when they are multiplied.",
    ),
    _always(
        "halo_kernel_that_begins_before_its_source_is_there", "conv2d", "shape", _TILE,
        "  load();\n  cp_async_wait<1>();", "  load();\n  cp_async_wait<2>();",
        "The source is on its way when the first tap reads it.",
    ),
    _always(
        "halo_kernel_without_a_barrier_before_staging", "conv2d", "shape", _TILE,
        "  __syncthreads();\n  stage(0, 0, halo.staged);", "  stage(0, 0, halo.staged);",
        "Where positions lie is read while others still write it.",
    ),
    _always(
        "halo_kernel_without_a_barrier_before_the_sums", "conv2d", "shape", _TILE,
        "  cp_async_wait<0>();\n  __syncthreads();\n", "  cp_async_wait<0>();\n",
        "Sums are put where others still multiply the last slab.",
    ),
    _always(
        "halo_kernel_without_a_barrier_before_the_sums_change_hands", "conv2d", "shape", _TILE,
        "= sum[i][k];\n  __syncthreads();\n", "= sum[i][k];\n",
        "Sums are stored while others still hand them over.",
    ),
    _always(
        "halo_kernel_with_two_stages_of_weights", "conv2d", "shape", _TILE,
        "ahead % STAGES * (ROWS * LINE);\n      unsigned at",
        "ahead % 2 * (ROWS * LINE);\n      unsigned at",
        "Weights are copied over those that are multiplied.",
    ),
    _always(
        "halo_kernel_with_rows_beyond_the_tail", "conv2d", "shape", _TILE,
        "r < ROWS && first_row + r < map.rows;", "r < ROWS && first_row + r <= map.rows;",
        "A row too many is written.",
    ),
    _always(
        "halo_kernel_that_reads_a_row_too_many", "conv2d", "shape", _TILE,
        "(line + r < map.rows - first_row)", "(line + r <= map.rows - first_row)",
        "A row that is not there is copied.",
    ),
    _always(
        "halo_kernel_that_reads_a_unit_too_many", "conv2d", "shape", _TILE,
        "(unit < width)", "(unit <= width)",
        "Of the last channels, the unit of weights after the last is copied.",
    ),
    _always(
        "halo_kernel_without_padding_above", "conv2d", "exact", _TILE,
        "(static_cast<unsigned>(o[0]) < static_cast<unsigned>(map.s.source[0])) &",
        "(o[0] < map.s.source[0]) &",
        "Lines before the source are read.",
    ),
    _always(
        "halo_kernel_without_padding_beside", "conv2d", "shape", _TILE,
        "(static_cast<unsigned>(o[1]) < static_cast<unsigned>(map.s.source[1]));", "true;",
        "Beside a line are the ends of others.",
    ),
    _always(
        "halo_kernel_with_columns_beyond_the_tail", "conv2d", "shape", _TILE,
        " || x >= map.s.positions[1].by) return;", ") return;",
        "The positions between lines are written.",
    ),
    _always(
        "halo_kernel_with_the_first_image", "conv2d", "exact", _TILE,
        "((image * map.products + product) * map.volume", "(product * map.volume",
        "Every image has the first one's source.",
    ),
    _always(
        "halo_kernel_with_lines_for_columns_of_taps", "conv2d", "exact", _TILE,
        "first + below * j[0] + beyond * j[1];", "first + below * j[1] + beyond * j[0];",
        "A tap lies where that of the transposed kernel does.",
    ),
    _always(
        "halo_kernel_with_the_weights_of_the_first_tap", "conv2d", "exact", _TILE,
        "+ ahead_tap * width + unit)", "+ unit)",
        "Every tap of eight units of channels has the first one's weights.",
    ),
    _always(
        "halo_kernel_with_sums_unswizzled", "conv2d", "exact", _TILE,
        "float v = sums[place(r, thread)];", "float v = sums[r * PIXELS + thread];",
        "Sums are read where they would lie unswizzled.",
    ),
    _always(
        "halo_kernel_that_begins_at_the_last_tap", "conv2d_input", "shape", _TILE,
        "return first + below", "return below",
        "Taps that lie backwards begin where those do that lie forwards.",
    ),
]  # fmt: skip
